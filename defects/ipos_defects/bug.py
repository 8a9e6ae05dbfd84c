"""What a bug is, and the register of all: routers that break at strange input, for a fuzz harness to find."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Oracle = Literal["process", "log", "liveness", "model", "bystander", "resources"]
"""Who sees it: the process ends, its log says so, it answers no more, it says what it may not say, it harms somebody
else's connection, it takes more and more memory or descriptors."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One way in which a router can break.

    name         slug for the command line
    depth        packets of the shortest sequence that makes it show, to a router that was just started; answers to its
                 own ARP requests, time that passes, and what a bystander sends do not count
    oracle       by which it is seen first
    description  what the router does wrongly, and at what, one sentence
    plant        patches the bug into the running process, for good
    """

    name: str
    depth: int
    oracle: Oracle
    description: str
    plant: Callable[[], None]


BUGS: dict[str, Bug] = {}
"""All bugs by name; the modules beside this one fill it."""


def bug(depth: int, oracle: Oracle) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that plants a bug; its name is the slug, its docstring the description."""

    def register(plant: Callable[[], None]) -> Callable[[], None]:
        name = plant.__name__.replace("_", "-")
        BUGS[name] = Bug(name, depth, oracle, " ".join((plant.__doc__ or "").split()), plant)
        return plant

    return register
