"""What belongs to one case while it runs or is parked: its frames, its clients, what it has to take back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Frame

if TYPE_CHECKING:
    from ipos_conformance.findings.evidence import Timing
    from ipos_conformance.stations.conversation import Conversation


@dataclass(eq=False)
class Inbox:
    """One case's own state; every case has its own, so that several can be under way.

    random     seeded by run and case: a case that is run again alone sends the same octets
    unclaimed  received frames that nobody has explained yet, in order of arrival
    evidence   every frame sent or received for it
    valid      what its stations built before it changed something
    open       connections to reset when it ends
    moved      connection packets of what the target has migrated away for it, to be taken back when it ends
    undo       what else it has to take back
    timings    what it measured against a timer
    doubts     what may speak against convicting the target: each says what does, or nothing
    active     whether the case has not ended yet
    """

    random: Random
    unclaimed: list[Frame] = field(default_factory=list)
    evidence: list[Frame] = field(default_factory=list)
    valid: Valid = field(default_factory=Valid)
    open: list["Conversation"] = field(default_factory=list)
    moved: list[TcpConnectionPacket] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)
    timings: list["Timing"] = field(default_factory=list)
    doubts: list[Callable[[], str]] = field(default_factory=list)
    active: bool = True


def inbox(seed: int, name: str) -> Inbox:
    """An empty one, whose random numbers depend on both alone."""
    return Inbox(Random(f"{seed}/{name}"))  # noqa: S311 - no secret
