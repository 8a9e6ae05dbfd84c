"""Named explorations, each exhaustive within its own bounds.

The product of all bounds is too large for one exploration: port reuse, three routers, four hops of one endpoint and
two packets of the client at once are explored apart. What no scenario has: full tables, control blocks that can't go
on, requests longer than one octet and so the times of ORG-3 and ORG-11, a server that closes first, two server
addresses, UDP, packets that overtake each other on the first LAN, and more than a few frames at once on the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ipos_spec.errors import SpecError
from ipos_spec.states.model.bounds import Bounds


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name, what it is about, and how large its world is."""

    name: str
    documentation: str
    bounds: Bounds


class UnknownScenarioError(SpecError):
    """A name that no scenario has."""


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario(
                "single",
                "One migration of one connection, with every loss, repetition, duplicate and reordering.",
                Bounds(routers=2, requests=2, migrations=1, duplicates=2, repetitions=3, in_flight=4),
            ),
            Scenario(
                "return",
                "A to B to A, with duplicates.",
                Bounds(routers=2, requests=2, migrations=2, duplicates=1),
            ),
            Scenario(
                "triangle",
                "A to B to C to A, and every other way of three migrations among three routers.",
                Bounds(routers=3, requests=3, migrations=3, duplicates=0, repetitions=0, in_flight=2),
            ),
            Scenario(
                "back-and-forth",
                "A to B to A to B, with a duplicate.",
                Bounds(routers=2, requests=3, migrations=3, duplicates=1, repetitions=0, in_flight=2),
            ),
            Scenario(
                "reuse",
                "Two connections from the same port, two migrations.",
                Bounds(routers=2, connections=2, migrations=2, duplicates=0),
            ),
            Scenario(
                "reuse-duplicates",
                "Two connections from the same port, one migration, a duplicate, a SYN of long ago.",
                Bounds(routers=2, connections=2, migrations=1, duplicates=1, repetitions=0, in_flight=2, stale_syns=1),
            ),
            Scenario(
                "reuse-triangle",
                "Two connections from the same port, two migrations among three routers.",
                Bounds(routers=3, connections=2, migrations=2, duplicates=0, repetitions=0, in_flight=2),
            ),
            Scenario(
                "reuse-return",
                "Two connections of two requests from the same port, A to B to A, with a duplicate.",
                Bounds(routers=2, connections=2, requests=2, migrations=2, duplicates=1, repetitions=0, in_flight=2),
            ),
            Scenario(
                "reuse-after-return",
                "Two connections of two requests from the same port, three migrations.",
                Bounds(routers=2, connections=2, requests=2, migrations=3, duplicates=0, repetitions=0, in_flight=2),
            ),
            Scenario(
                "pipeline",
                "Two requests under way at once, two migrations.",
                Bounds(routers=2, requests=2, window=2, migrations=2, duplicates=0),
            ),
        )
    }
)

LARGE: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario(
                "triangle-duplicates",
                "Three migrations among three routers, with a duplicate and three frames at once.",
                Bounds(routers=3, requests=3, migrations=3, duplicates=1, repetitions=0, in_flight=3),
            ),
            Scenario(
                "reuse-triangle-requests",
                "Two connections of two requests from the same port, three migrations among three routers.",
                Bounds(routers=3, connections=2, requests=2, migrations=3, duplicates=0, repetitions=0, in_flight=2),
            ),
        )
    }
)
"""Minutes each: explored by hand (`nox -s model`)."""


def scenario(name: str) -> Scenario:
    """The scenario of this name. Raises UnknownScenarioError."""
    every = {**SCENARIOS, **LARGE}
    if name not in every:
        raise UnknownScenarioError(f"no scenario is called {name!r}; there are {', '.join(every)}")
    return every[name]
