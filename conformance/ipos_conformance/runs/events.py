"""What the engine tells its listeners while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from ipos_conformance.case import Case
from ipos_conformance.findings.results import CaseResult, Results


@dataclass(frozen=True)
class RunStarted:
    """Before the first case."""

    name: str
    cases: int


@dataclass(frozen=True)
class CaseStarted:
    """Before each case."""

    case: Case


@dataclass(frozen=True)
class CaseParked:
    """A case waits for a timer, and others run meanwhile. due: when it goes on, on the monotonic clock."""

    case: Case
    due: float


@dataclass(frozen=True)
class Waiting:
    """Again and again while there is nothing to do but to wait. cases: how many are parked."""

    cases: int


@dataclass(frozen=True)
class CaseFinished:
    """After each case."""

    result: CaseResult


@dataclass(frozen=True)
class RunFinished:
    """After the last case."""

    results: Results


Event = RunStarted | CaseStarted | CaseParked | Waiting | CaseFinished | RunFinished
Listener = Callable[[Event], None]
