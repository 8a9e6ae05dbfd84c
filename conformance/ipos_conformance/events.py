"""What the engine tells its listeners while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from ipos_conformance.case import Case
from ipos_conformance.results import CaseResult, Results


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
class CaseFinished:
    """After each case."""

    result: CaseResult


@dataclass(frozen=True)
class RunFinished:
    """After the last case."""

    results: Results


Event = RunStarted | CaseStarted | CaseFinished | RunFinished
Listener = Callable[[Event], None]
