"""Runs cases against a device under test, and turns each one's end into a verdict.

A case that waits for a timer is parked, and others run meanwhile; one that could not be judged is run again.
"""

import time
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from ipos_conformance.bench.health import Health, health, troubles
from ipos_conformance.case import Case
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.findings.evidence import Comparison
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.inbox import Inbox
from ipos_conformance.pause import Pause
from ipos_conformance.runs.events import CaseFinished, CaseParked, CaseStarted, Event, Waiting
from ipos_conformance.runs.recording import Keep, case_result, frames_of
from ipos_conformance.runs.smoke import TAG as SMOKE_TAG
from ipos_conformance.verdicts import Inconclusive, NotApplicable, Skipped, TargetLost, Verdict, Violation

_LAST_BREATH = 1.0
"""Seconds after which a process whose interfaces are gone has surely ended too."""
_BLINK = 0.02
"""Seconds for which nobody looks while everybody waits: a machine that stalls for longer is noticed."""
_ATTEMPTS = 3
_PARKED_AT_MOST = 16
"""Cases that wait at the same time: each has an endpoint or two in the target's tables meanwhile (TAB-4)."""
_AGAIN_AT_MOST = 20
"""Repetitions in one phase: a target or bench that leaves everything open has to come to its end, too."""
_CONVICTED = (Verdict.FAIL, Verdict.WARN)
_JUDGED = (Verdict.PASS, *_CONVICTED)


@dataclass(frozen=True)
class _End:
    """How an attempt ended."""

    verdict: Verdict
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    reason: str = ""
    compared: Comparison | None = None


@dataclass
class _Attempt:
    """A case under way. steps: its generator while it is parked; pause: what it waits for."""

    case: Case
    inbox: Inbox
    started: float
    health: Health
    number: int = 1
    earlier_troubles: tuple[str, ...] = ()
    steps: Generator[Pause, None, None] | None = None
    pause: Pause = field(default_factory=lambda: Pause(0.0))


class Engine:
    """One phase of a run: cases against one configuration of the target.

    begin   monotonic time at which the run began
    keep    of which cases the frames stand in the results
    revise  gives each result its last form, as by a baseline
    """

    def __init__(
        self,
        dut: Dut,
        phase: str,
        tell: Callable[[Event], None],
        begin: float,
        keep: Keep = Keep.FAILED,
        revise: Callable[[CaseResult], CaseResult] = lambda result: result,
    ) -> None:
        self._dut = dut
        self._phase = phase
        self._tell = tell
        self._begin = begin
        self._keep = keep
        self._revise = revise
        self._parked: list[_Attempt] = []
        self._results: list[CaseResult] = []
        self._again_left = _AGAIN_AT_MOST
        self._waited_in_vain = False
        self.lost = ""

    def run(self, cases: Sequence[Case], unready: str = "") -> list[CaseResult]:
        """Run all cases; their results in the order in which they ended.

        unready   why no case can be judged, if the target never answered; then none is run
        """
        # Trouble before the first case may be the target's end, which shows a little later.
        self.lost = (self._end_of_target() if unready else self._dut.target_end()) or ""
        left = list(in_running_order(cases))
        while left:
            case = left.pop(self._next_of(left))
            if case.exclusive:
                self._wake_all()
            while case.waits and self._is_full:
                self._wait_for_one()
            self._tell(CaseStarted(case))
            if self.lost or unready:
                self._finish(self._unjudged(case, unready))
                continue
            self._start(case)
            self._wake_due()
        self._wake_all()
        return self._results

    # One case

    def _start(self, case: Case, number: int = 1, earlier_troubles: tuple[str, ...] = ()) -> None:
        inbox = self._dut.start_case(case.id if number == 1 else f"{case.id}#{number}")
        attempt = _Attempt(case, inbox, time.monotonic(), health(self._dut.traffic.ports), number, earlier_troubles)
        self._advance(attempt, lambda: case.function(self._dut, **case.arguments))

    def _resume(self, attempt: _Attempt) -> None:
        self._parked.remove(attempt)
        self._dut.turn_to(attempt.inbox)
        overslept, steps = attempt.pause.overslept, attempt.steps
        if self.lost:
            self._conclude(attempt, _End(Verdict.INCONCLUSIVE, reason=f"the target was lost meanwhile: {self.lost}"))
        elif overslept > 0:
            self._conclude(
                attempt, _End(Verdict.INCONCLUSIVE, reason=f"our own bench went on {overslept:.2f} s too late")
            )
        else:
            self._advance(attempt, lambda: steps)

    def _advance(self, attempt: _Attempt, go_on: Callable[[], Generator[Pause, None, None] | None]) -> None:
        """Run a case up to its end or its next pause."""
        try:
            attempt.steps = go_on()
            if attempt.steps is not None:
                attempt.pause = next(attempt.steps)
                self._parked.append(attempt)
                self._tell(CaseParked(attempt.case, attempt.pause.due))
                return
            end = _End(Verdict.PASS)
        except StopIteration:
            end = _End(Verdict.PASS)
        except Exception as error:
            end = self._end_of(attempt.case, error)
        self._conclude(attempt, end)

    def _conclude(self, attempt: _Attempt, end: _End) -> None:
        end = self._after_cleaning(end)
        found = troubles(attempt.health, health(self._dut.traffic.ports))
        if end.verdict in _CONVICTED:
            found += tuple(text for doubt in attempt.inbox.doubts if (text := doubt()))
        if found and end.verdict in _JUDGED:
            end = _End(Verdict.INCONCLUSIVE, reason="; ".join(found))
        found = attempt.earlier_troubles + found
        if self._is_worth_another(attempt, end):
            self._again_left -= 1
            self._start(attempt.case, attempt.number + 1, (*found, end.reason))
            return
        self._finish(
            case_result(
                attempt.case,
                end.verdict,
                frames=frames_of(attempt.inbox, self._dut.clients) if self._keep.keeps(end.verdict) else (),
                expected=end.expected,
                actual=end.actual,
                comparison=end.compared,
                reason=end.reason,
                attempts=attempt.number,
                started=round(attempt.started - self._begin, 6),
                seconds=round(time.monotonic() - attempt.started, 6),
                phase=self._phase,
                timings=tuple(attempt.inbox.timings),
                health=tuple(dict.fromkeys(found)),
            )
        )

    def _is_worth_another(self, attempt: _Attempt, end: _End) -> bool:
        return (
            end.verdict is Verdict.INCONCLUSIVE
            and attempt.number < _ATTEMPTS
            and self._again_left > 0
            and not self.lost
            and not self._dut.judge.is_hopeless
        )

    def _finish(self, result: CaseResult) -> None:
        result = self._revise(result)
        self._results.append(result)
        self._tell(CaseFinished(result))

    def _unjudged(self, case: Case, unready: str) -> CaseResult:
        lost = f"the target was lost before: {self.lost}"
        verdict, reason = (Verdict.SKIP, lost) if self.lost else (Verdict.INCONCLUSIVE, unready)
        return case_result(case, verdict, reason=reason, phase=self._phase)

    # Parked cases

    def _wake_due(self) -> None:
        while (due := self._next_parked()) is not None and due.pause.due <= time.monotonic():
            self._resume(due)

    def _wake_all(self) -> None:
        """Nothing else is to be run: wait for those that are parked."""
        while self._parked:
            self._wait_for_one()

    def _wait_for_one(self) -> None:
        """Let the parked case go on that is due first."""
        due = min(self._parked, key=lambda attempt: attempt.pause.due)
        while not self.lost and (left := due.pause.due - time.monotonic()) > 0:
            self._tell(Waiting(len(self._parked)))
            self._watch(min(left, _BLINK))
        self._resume(due)

    @property
    def _is_full(self) -> bool:
        return len(self._parked) >= _PARKED_AT_MOST

    def _next_of(self, left: Sequence[Case]) -> int:
        """Which case is to run next: the first one, or one that need not be parked if enough others are."""
        others = (number for number, case in enumerate(left) if not case.waits and not case.exclusive)
        return next(others, 0) if self._is_full and left[0].waits else 0

    def _watch(self, seconds: float) -> None:
        """Stations answer, and the target's end is noticed, while everybody waits."""
        try:
            self._dut.traffic.collect_for(seconds)
        except BenchError as error:
            self.lost = self._end_of_target() or str(error)
        self.lost = self.lost or self._dut.target_end() or ""

    def _next_parked(self) -> _Attempt | None:
        return min(self._parked, key=lambda attempt: attempt.pause.due, default=None)

    # Ends

    def _end_of(self, case: Case, error: Exception) -> _End:
        match error:
            case Violation():
                return _End(
                    Verdict.FAIL if case.is_must else Verdict.WARN,
                    error.expected,
                    error.actual,
                    compared=error.compared,
                )
            case NotApplicable():
                return _End(Verdict.NOT_APPLICABLE, reason=str(error))
            case Skipped():
                return _End(Verdict.SKIP, reason=str(error))
            case Inconclusive():
                return _End(Verdict.INCONCLUSIVE, reason=str(error))
            case TargetLost():
                self.lost = str(error)
                return _End(Verdict.INCONCLUSIVE, reason=f"the target was lost during this case: {error}")
            case BenchError():
                return self._after_bench_error(error)
        last = traceback.extract_tb(error.__traceback__)[-1]
        return _End(Verdict.ERROR, reason=f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})")

    def _after_cleaning(self, end: _End) -> _End:
        try:
            self._dut.end_case()
        except BenchError as error:
            # What the case itself found stands; but if the target went with its interfaces, that has to be said.
            trouble = self._after_bench_error(error)
            return end if end.verdict is Verdict.FAIL else replace(trouble, verdict=Verdict.INCONCLUSIVE)
        return end

    def _after_bench_error(self, error: BenchError) -> _End:
        """An interface that has gone went with the target that had made it, or else the bench is at fault."""
        end = self._end_of_target()
        if end is None:
            return _End(Verdict.INCONCLUSIVE, reason=str(error))
        self.lost = end
        return _End(Verdict.INCONCLUSIVE, reason=f"the target was lost during this case: {end}")

    def _end_of_target(self) -> str | None:
        """How it ended, if it does within its last breath; waited for once in vain, the trouble is the bench's."""
        deadline = time.monotonic() + (0 if self._waited_in_vain else _LAST_BREATH)
        while (end := self._dut.target_end()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self._waited_in_vain = end is None
        return end


def in_running_order(cases: Sequence[Case]) -> Sequence[Case]:
    """What says soonest whether anything works comes first, and those that want to be alone last.

    In between, cases that wait long begin first, so that the others run meanwhile.
    """

    def rank(case: Case) -> int:
        if case.exclusive:
            return 3
        return 0 if SMOKE_TAG in case.tags else 1 if case.waits else 2

    return sorted(cases, key=rank)
