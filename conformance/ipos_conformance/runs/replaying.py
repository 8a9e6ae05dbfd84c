"""The same cases again, with the same seed and launch command: what of the recorded failures is still there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ipos_conformance.case import Case
from ipos_conformance.errors import SuiteError
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.findings.signature import differing, signature
from ipos_conformance.verdicts import ExitCode, Verdict

_FAILURES = (Verdict.FAIL, Verdict.WARN, Verdict.XFAIL)


class Again(StrEnum):
    """What became of a recorded failure."""

    FIXED = "FIXED"
    STILL = "STILL"
    """The same failure."""
    OTHER = "OTHER"
    """The case fails in another way."""
    ERROR = "ERROR"
    """It could not be judged this time."""


@dataclass(frozen=True)
class Replayed:
    """One case, played so often. note: of the last time that was not FIXED; why it is OTHER or ERROR."""

    case: str
    ends: tuple[Again, ...]
    note: str = ""

    @property
    def end(self) -> Again:
        """All times together: a failure that shows once is there."""
        for worst in (Again.STILL, Again.OTHER, Again.ERROR):
            if worst in self.ends:
                return worst
        return Again.FIXED

    @property
    def failed(self) -> int:
        """How often it failed, in whatever way."""
        return sum(end in (Again.STILL, Again.OTHER) for end in self.ends)


def recorded(results: Results, chosen: Sequence[Case]) -> list[CaseResult]:
    """The results of cases, in running order. Raises SuiteError for one that passed or never ran."""
    by_id = {case.id: case for case in results.cases}
    passed = [case.id for case in chosen if by_id[case.id].verdict is Verdict.PASS]
    if passed:
        raise SuiteError(f"{passed[0]}: it passed, expected a case that did not")
    return [by_id[case.id] for case in chosen]


def replay(before: Sequence[CaseResult], run: Callable[[Path], Results], folder: Path, times: int) -> "Replay":
    """Run the cases so often. run: runs them, with results in a folder; folder: where those of each time go."""
    found = [run(folder if times == 1 else folder / str(number)) for number in range(1, times + 1)]
    return Replay(tuple(_replayed(case, found) for case in before), lost=any(one.lost for one in found))


@dataclass(frozen=True)
class Replay:
    """All of it. lost: whether the target was lost at least once."""

    cases: tuple[Replayed, ...]
    lost: bool

    @property
    def exit_code(self) -> ExitCode:
        """0 all is fixed, 1 something still fails, 3 something could not be judged, 4 the target was lost."""
        ends = {case.end for case in self.cases}
        if self.lost:
            return ExitCode.TARGET_LOST
        if {Again.STILL, Again.OTHER} & ends:
            return ExitCode.NOT_CONFORMANT
        return ExitCode.INCONCLUSIVE if Again.ERROR in ends else ExitCode.CONFORMANT

    def lines(self) -> Iterator[str]:
        """One for each case."""
        for case in self.cases:
            often = f", failed {case.failed} of {len(case.ends)} times" if len(case.ends) > 1 else ""
            yield f"{case.end:<5}  {case.case}{often}" + (f": {case.note}" if case.note else "")


def _replayed(before: CaseResult, found: Sequence[Results]) -> Replayed:
    after = [next((case for case in one.cases if case.id == before.id), None) for one in found]
    ends = [_end(before, case) for case in after]
    return Replayed(before.id, tuple(end for end, _ in ends), next((note for _, note in reversed(ends) if note), ""))


def _end(before: CaseResult, after: CaseResult | None) -> tuple[Again, str]:
    if after is None:
        return Again.ERROR, "the target was lost before"
    if after.verdict is Verdict.PASS:
        return Again.FIXED, ""
    if after.verdict not in _FAILURES:
        return Again.ERROR, f"{after.verdict}: {after.reason}"
    then, now = signature(before), signature(after)
    if before.verdict in _FAILURES and set(then) == set(now):
        return Again.STILL, ""
    return Again.OTHER, differing(then, now)
