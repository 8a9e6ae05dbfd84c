"""What a person is told while a run goes on."""

from dataclasses import dataclass

import pytest
from ipos_conformance.case import all_cases
from ipos_conformance.reports.progress import Progress
from ipos_conformance.reports.terminal import progress_lines
from ipos_conformance.runs.events import CaseFinished, CaseParked, CaseStarted, RunStarted, Waiting
from ipos_conformance.runs.recording import case_result
from ipos_conformance.verdicts import Verdict
from rich.console import Console

CASES = all_cases()[:50]


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def progress(clock):
    found = Progress(clock)
    found.take(RunStarted("a router", len(CASES)))
    return found


def finish(progress: Progress, count: int, verdict: Verdict = Verdict.PASS) -> None:
    for case in CASES[progress.begun : progress.begun + count]:
        progress.take(CaseStarted(case))
        progress.take(CaseFinished(case_result(case, verdict)))


def shown(progress: Progress, width: int) -> list[str]:
    console = Console(width=width, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(progress_lines(progress, width))
    return captured.get().splitlines()


def test_time_left_is_said_when_the_rate_is_known(progress, clock):
    clock.now += 1
    finish(progress, 10)
    assert progress.left is None
    clock.now += 1
    finish(progress, 10)
    assert progress.left == pytest.approx(3.0)


def test_a_timer_may_take_longer_than_what_is_to_come(progress, clock):
    progress.take(CaseStarted(CASES[0]))
    progress.take(CaseParked(CASES[0], clock.now + 60))
    clock.now += 2
    finish(progress, 20)
    assert progress.left == pytest.approx(58.0)
    progress.take(CaseFinished(case_result(CASES[0], Verdict.PASS)))
    assert progress.left == pytest.approx(29 * 2 / 21)


@pytest.mark.parametrize("width", [80, 160])
def test_lines_fit_the_terminal_and_say_everything(progress, clock, width):
    clock.now += 65
    finish(progress, 20)
    finish(progress, 4, Verdict.FAIL)
    progress.take(CaseStarted(CASES[24]))
    first, second = shown(progress, width)
    assert max(len(first), len(second)) <= width
    assert "24/50 20 PASS 4 FAIL" in first
    assert first.endswith("1:05, about 1:05 left")
    assert second.startswith(CASES[24].requirement.id)
    assert CASES[24].id[:40] in second


def test_what_waits_is_said(progress, clock):
    progress.take(CaseStarted(CASES[0]))
    progress.take(CaseParked(CASES[0], clock.now + 60))
    progress.take(Waiting(1))
    assert shown(progress, 80)[1].strip() == "1 wait for timers"
