"""What a defect is, and the register of all."""

from collections.abc import Callable
from dataclasses import dataclass

from ipos_reference.fast_path import FastPath


@dataclass(frozen=True, slots=True)
class Defect:
    """One way in which a router can be wrong.

    name         slug for the command line
    requirement  id of the requirement that it breaks
    description  what the router does wrongly, one sentence
    plant        patches the defect into the running process, for good
    """

    name: str
    requirement: str
    description: str
    plant: Callable[[], None]


DEFECTS: dict[str, Defect] = {}
"""All defects by name; the modules beside this one fill it."""


def patch(owner: object, name: str, value: object) -> None:
    """Put a defective piece in place of one that exists. Raises AttributeError if the reference has renamed it."""
    getattr(owner, name)
    setattr(owner, name, value)


def take_the_long_way() -> None:
    """Have every packet pass all the pieces that may be defective: the fast path forwards without them."""
    patch(FastPath, "forwarded", lambda _self, _octets, _now: None)


def defect(requirement: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that plants a defect; its name is the slug, its docstring the description."""

    def register(plant: Callable[[], None]) -> Callable[[], None]:
        name = plant.__name__.replace("_", "-")
        DEFECTS[name] = Defect(name, requirement, (plant.__doc__ or "").strip(), plant)
        return plant

    return register
