"""What a variation is, and the register of all: routers that differ from the reference and are right all the same."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variation:
    """One way in which a right router can differ.

    name         slug for the command line
    freedom      what leaves it free, one sentence
    description  what the router does, one sentence
    warnings     ids of the SHOULDs that it does not do, nothing else may be found
    plant        patches the variation into the running process, for good
    """

    name: str
    freedom: str
    description: str
    warnings: frozenset[str]
    plant: Callable[[], None]


VARIATIONS: dict[str, Variation] = {}
"""All variations by name; the modules beside this one fill it."""


def variation(freedom: str, *warnings: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that plants a variation; its name is the slug, its docstring the description.

    freedom    what leaves it free
    warnings   SHOULDs that it does not do
    """

    def register(plant: Callable[[], None]) -> Callable[[], None]:
        name = plant.__name__.replace("_", "-")
        VARIATIONS[name] = Variation(name, freedom, (plant.__doc__ or "").strip(), frozenset(warnings), plant)
        return plant

    return register
