"""Runs cases against a device under test, and turns each one's end into a verdict."""

import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime

from ipos_conformance.case import Case
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.events import CaseFinished, CaseStarted, Listener, RunFinished, RunStarted
from ipos_conformance.results import CaseResult, Results, TargetIdentity, case_result
from ipos_conformance.verdicts import Inconclusive, NotApplicable, TargetLost, Verdict, Violation

_LAST_BREATH = 1.0
"""Seconds after which a process whose interfaces are gone has surely ended too."""


class Engine:
    """One run. Listeners get its events in order.

    unready   why no case can be judged, if the target never answered; then none is run
    """

    def __init__(self, dut: Dut, identity: TargetIdentity, seed: int, listeners: Sequence[Listener]) -> None:
        self._dut = dut
        self._identity = identity
        self._seed = seed
        self._listeners = listeners
        self._lost = ""

    def run(self, cases: Sequence[Case], unready: str = "") -> Results:
        """Run all cases in order, and give the results, which are also in the last event."""
        started, begin = datetime.now(UTC), time.monotonic()
        self._tell(RunStarted(self._identity.name, len(cases)))
        # Trouble before the first case may be the target's end, which shows a little later.
        self._lost = (self._end_of_target() if unready else self._dut.target_end()) or ""
        outcomes = []
        for case in cases:
            self._tell(CaseStarted(case))
            outcome = self._outcome(case, unready)
            outcomes.append(outcome)
            self._tell(CaseFinished(outcome))
        results = Results(
            target=self._identity,
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - begin, 3),
            seed=self._seed,
            cases=tuple(outcomes),
            lost=self._lost,
        )
        self._tell(RunFinished(results))
        return results

    def _outcome(self, case: Case, unready: str) -> CaseResult:
        if self._lost:
            return case_result(case, Verdict.SKIP, reason=f"the target was lost before: {self._lost}")
        if unready:
            return case_result(case, Verdict.INCONCLUSIVE, reason=unready)
        return self._run(case)

    def _run(self, case: Case) -> CaseResult:
        begin = time.monotonic()
        verdict, expected, actual, reason = self._judge(case)
        try:
            self._dut.end_case()
        except BenchError as error:
            # What the case itself found stands; but if the target went with its interfaces, that has to be said.
            _, _, _, trouble = self._after_bench_error(error)
            verdict, reason = (verdict, reason) if verdict is Verdict.FAIL else (Verdict.INCONCLUSIVE, trouble)
        drops = self._dut.traffic.drops()
        if drops and verdict in (Verdict.PASS, Verdict.FAIL, Verdict.WARN):
            verdict, reason = Verdict.INCONCLUSIVE, f"our kernel dropped {drops} received frames during the case"
        return case_result(
            case,
            verdict,
            expected=expected,
            actual=actual,
            reason=reason,
            seconds=time.monotonic() - begin,
            frames=self._dut.traffic.evidence,
        )

    def _judge(self, case: Case) -> tuple[Verdict, tuple[str, ...], tuple[str, ...], str]:
        """Verdict, expected, actual, reason."""
        try:
            self._dut.start_case()
            case.function(self._dut, **case.arguments)
        except Violation as end:
            return Verdict.FAIL if case.is_must else Verdict.WARN, end.expected, end.actual, ""
        except NotApplicable as end:
            return Verdict.NOT_APPLICABLE, (), (), str(end)
        except Inconclusive as end:
            return Verdict.INCONCLUSIVE, (), (), str(end)
        except TargetLost as end:
            self._lost = str(end)
            return Verdict.INCONCLUSIVE, (), (), f"the target was lost during this case: {end}"
        except BenchError as error:
            return self._after_bench_error(error)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            return Verdict.ERROR, (), (), f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
        return Verdict.PASS, (), (), ""

    def _after_bench_error(self, error: BenchError) -> tuple[Verdict, tuple[str, ...], tuple[str, ...], str]:
        """An interface that has gone went with the target that had made it, or else the bench is at fault."""
        end = self._end_of_target()
        if end is None:
            return Verdict.ERROR, (), (), str(error)
        self._lost = end
        return Verdict.INCONCLUSIVE, (), (), f"the target was lost during this case: {end}"

    def _end_of_target(self) -> str | None:
        deadline = time.monotonic() + _LAST_BREATH
        while (end := self._dut.target_end()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return end

    def _tell(self, event: RunStarted | CaseStarted | CaseFinished | RunFinished) -> None:
        for listener in self._listeners:
            listener(event)
