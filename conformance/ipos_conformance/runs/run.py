"""One run from target file to results: what the command line, the tests and other programs call."""

import contextlib
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ipos_conformance.bench import privileges
from ipos_conformance.bench.calibration import Calibration, calibrate
from ipos_conformance.bench.launch import bench
from ipos_conformance.case import Case, all_cases
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError, CaseEnd
from ipos_conformance.findings.environment import Environment, environment, suite
from ipos_conformance.findings.features import features, settings
from ipos_conformance.findings.results import CaseResult, Results, statements
from ipos_conformance.reports.output import Output
from ipos_conformance.runs.baseline import Baseline
from ipos_conformance.runs.engine import Engine
from ipos_conformance.runs.events import Event, Listener, RunFinished, RunStarted
from ipos_conformance.runs.phases import Phase, phases
from ipos_conformance.runs.recording import Keep, identity
from ipos_conformance.target import Target

_APPLICATION_START = 5.0
"""Seconds for which the application behind the target is waited for."""


def run(
    target: Target,
    cases: Sequence[Case],
    output: Path,
    listeners: Sequence[Listener],
    *,
    launch: Sequence[str] = (),
    seed: int | None = None,
    force: bool = False,
    keep: Keep = Keep.FAILED,
    command: Sequence[str] = (),
    baseline: Baseline | None = None,
    let_go: bool = False,
) -> Results:
    """Set the bench up, run the cases, write the results and all that is made of them into ``output``.

    launch    command in place of the target file's
    seed      of all random numbers; the results name it
    keep      of which cases the frames are kept
    command   how the suite itself was called, for the results
    baseline  failures that are expected
    let_go    give up root's rights once the sockets are open, where nothing has to be launched or opened again

    Raises BenchError. This process ends up in a private network namespace unless the interfaces are "existing".
    """
    seed = time.time_ns() % (1 << 32) if seed is None else seed
    files = Output(output, target)
    # The files come first: a terminal that has gone away must not cost the results.
    session = _Run(target, seed, files, [files, *listeners], force=force, keep=keep, baseline=baseline)
    session.let_go = let_go and _is_there_for_good(target, launch)
    return session.run(phases(target, cases, launch), [case.id for case in cases], launch, command)


class _Run:
    """Phase after phase, until one of them loses the target."""

    def __init__(
        self,
        target: Target,
        seed: int,
        files: Output,
        listeners: Sequence[Listener],
        *,
        force: bool,
        keep: Keep,
        baseline: Baseline | None,
    ) -> None:
        self._target = target
        self._seed = seed
        self._files = files
        self._listeners = listeners
        self._force = force
        self._keep = keep
        self._revise = baseline.revised if baseline else _as_it_is
        self._environment: Environment | None = None
        self._calibration: list[Calibration] = []
        self._begin = time.monotonic()
        self._lost = ""
        self.let_go = False

    def run(
        self, stages: Sequence[Phase], order: Sequence[str], launch: Sequence[str], command: Sequence[str]
    ) -> Results:
        """All cases; their results in the suite's order."""
        started = datetime.now(UTC)
        self._tell(RunStarted(self._target.target.name, len(order)))
        found = [result for phase in stages for result in self._phase(phase)]
        cases = tuple(sorted(found, key=lambda result: order.index(result.id)))
        run = Results(
            target=identity(self._target, stages[0].launch, launch),
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._begin, 3),
            seed=self._seed,
            command=tuple(command),
            known=len(all_cases()),
            suite=suite(),
            environment=self._environment,
            calibration=tuple(self._calibration),
            features=features(self._target, ((case.requirement, case.tags, case.verdict) for case in cases)),
            settings=settings(self._target),
            cases=cases,
            requirements=statements(),
            lost=self._lost,
        )
        self._tell(RunFinished(run))
        return run

    def _phase(self, phase: Phase) -> list[CaseResult]:
        target = self._target
        with bench(target, phase.launch, self._files.log, force=self._force) as place:
            reset(phase.reset)
            if self.let_go:
                privileges.let_go()
            self._environment = self._environment or environment(
                {lan: port.interface for lan, port in place.ports.items()}
            )
            dut = Dut(target, place.ports, self._seed, place.target_end, phase.scale, phase.bounds, phase.salt())
            unready = ready_or_why_not(dut, target.timing.start)
            if not unready:
                self._calibration.append(found_out := calibrate(phase.name, dut.judge.answer_time))
                dut.jitter = found_out.jitter
            engine = Engine(dut, phase.name, self._tell, self._begin, self._keep, self._revise)
            found = engine.run(phase.cases, unready)
        self._lost = self._lost or engine.lost
        return found

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


def _as_it_is(result: CaseResult) -> CaseResult:
    return result


def _is_there_for_good(target: Target, launch: Sequence[str]) -> bool:
    """Whether nothing of the bench is made by us, so that nobody needs root's rights after the first moment."""
    commands = (*target.target.launch, *target.target.reset, *launch)
    return target.target.interfaces == "existing" and not commands and target.quick is None


def _is_ready(dut: Dut, *, application: bool) -> bool:
    """Wait for the router, and a little for its application; without that, the target is still judged."""
    timing = dut.target.timing
    dut.start_case("is it ready")
    if not dut.judge.is_ready(time.monotonic() + timing.start):
        return False
    deadline = time.monotonic() + (min(timing.start, _APPLICATION_START) if application else 0)
    while time.monotonic() < deadline and dut.target_end() is None:
        with contextlib.suppress(CaseEnd):
            dut.start_case("is its application ready")
            dut.expect_exchange(dut.connect(), dut.large)
            deadline = 0
        dut.end_case()
    return True


def ready_or_why_not(dut: Dut, start: float, *, application: bool = True) -> str:
    """Empty, or why no case can be judged. A target that dies here is lost, which the engine finds out by itself.

    application  whether its application is waited for, too
    """
    try:
        if _is_ready(dut, application=application):
            return ""
    except BenchError as error:
        return str(error)
    return f"the target did not answer the barriers within {start} s"


def reset(command: tuple[str, ...]) -> None:
    """Have the target set up. Raises BenchError."""
    if command:
        status = subprocess.run(command, check=False).returncode  # noqa: S603
        if status != 0:
            raise BenchError(f"the target's reset command ended with status {status}")
