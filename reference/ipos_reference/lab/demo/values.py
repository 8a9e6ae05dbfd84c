"""What a step of the demonstration tells, as it happens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ipos_reference.addresses import Address


@dataclass(frozen=True, slots=True)
class Said:
    """What a client did and saw, in a line."""

    who: str
    line: str


@dataclass(frozen=True, slots=True)
class Crossed:
    """To be shown: what has crossed the LANs for one client's connection since the step began."""

    client: Address


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to hold. found: what there was instead; empty where that says nothing more."""

    right: bool
    what: str
    found: str = ""


Event = Said | Crossed | Check


@dataclass(frozen=True, slots=True)
class Step:
    """One step. why: which rules of the protocol make it so."""

    title: str
    why: str
    play: Callable[..., Iterator[Event]]
