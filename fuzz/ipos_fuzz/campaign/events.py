"""What a campaign tells whoever listens: terminal, files, tests."""

from collections.abc import Callable
from dataclasses import dataclass

from ipos_fuzz.campaign.record import Record
from ipos_fuzz.findings.finding import Finding


@dataclass(frozen=True)
class Started:
    """It begins, or goes on. seconds, cases: how much of it is wanted, None for no end; unasked: oracles left out."""

    record: Record
    seconds: float | None
    cases: int | None
    resumed: bool
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progressed:
    """A batch is over. elapsed: seconds of this run; rate: cases in a second, of late."""

    record: Record
    elapsed: float
    rate: float
    findings: int


@dataclass(frozen=True)
class Suspected:
    """Something is wrong, and is being proved now."""

    signature: str
    what: str


@dataclass(frozen=True)
class Tried:
    """A target is set up anew to show it again. tries: how many this makes."""

    signature: str
    tries: int


@dataclass(frozen=True)
class Found:
    """A finding was written. trouble: why it could not be, or empty."""

    finding: Finding
    trouble: str = ""


@dataclass(frozen=True)
class Doubted:
    """Something was seen and did not show again."""

    signature: str
    what: str


@dataclass(frozen=True)
class Reset:
    """The target is set up anew. why: in words."""

    why: str


@dataclass(frozen=True)
class Finished:
    """It is over. why: "time", "cases", "findings", "interrupted", or how the target was lost."""

    record: Record
    why: str
    findings: tuple[Finding, ...]
    new: int


Event = Started | Progressed | Suspected | Tried | Found | Doubted | Reset | Finished
Listener = Callable[[Event], None]
