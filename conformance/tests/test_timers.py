"""A time of the document on a target's clock: its window, when it is looked at, and what is never convicted."""

import time
from types import SimpleNamespace

import pytest
from ipos_conformance.bench.stalls import Stalls
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.inbox import inbox
from ipos_conformance.steps.timers import GRANULE, SHARE, Timer
from ipos_conformance.verdicts import Skipped, Violation

BEGAN = 1_000_000.0


def device(scale=1.0, jitter=0.0, longest_wait=1000.0):
    traffic = SimpleNamespace(inbox=inbox(0, "a case"), stalls=Stalls(), evidence=[])
    target = SimpleNamespace(timing=SimpleNamespace(longest_wait=longest_wait))
    return SimpleNamespace(
        scale=scale, jitter=jitter, traffic=traffic, target=target, scaled=lambda seconds: seconds * scale
    )


def frame(after, direction=Direction.RECEIVED):
    return Frame(Lan.FIRST, direction, BEGAN + after, bytes(60), 7)


def doubts(dut):
    return [text for doubt in dut.traffic.inbox.doubts if (text := doubt())]


def test_window_is_the_share_and_a_granule_wide_that_no_factor_scales():
    timer = Timer(device(scale=0.02), "a time", 900, BEGAN)
    assert timer.earliest == pytest.approx(18 * (1 - SHARE) - GRANULE)
    assert timer.latest == pytest.approx(18 * (1 + SHARE) + GRANULE)


def test_measured_jitter_widens_the_window():
    usual, shaky = (Timer(device(jitter=jitter), "a time", 30, BEGAN) for jitter in (0.0, 0.25))
    assert (shaky.earliest, shaky.latest) == (usual.earliest - 0.25, usual.latest + 0.25)


@pytest.mark.parametrize("after", [28.5, 30, 31.5])
def test_what_comes_in_the_window_is_on_time(after):
    dut = device()
    Timer(dut, "a time", 30, BEGAN).judge(frame(after))
    (noted,) = dut.traffic.inbox.timings
    assert (noted.what, noted.observed, noted.earliest, noted.latest) == ("a time", after, 28.4, 31.6)


@pytest.mark.parametrize("after", [28.3, 31.7])
def test_what_comes_outside_is_convicted(after):
    dut = device()
    with pytest.raises(Violation, match=r"a time between 28\.400 and 31\.600 s; got after"):
        Timer(dut, "a time", 30, BEGAN).judge(frame(after))
    assert doubts(dut) == []


def test_start_between_two_moments_is_judged_from_both():
    timer = Timer(device(), "a time", 30, time.time() - 10).started()
    assert timer.when_over().due - time.monotonic() == pytest.approx(timer.latest, abs=0.1)
    timer.judge(Frame(Lan.FIRST, Direction.RECEIVED, time.time() + 19, bytes(60), 7))


def test_lateness_that_our_own_stall_explains_is_doubted():
    dut = device()
    dut.traffic.stalls.note(BEGAN + 20, 0.5)
    with pytest.raises(Violation):
        Timer(dut, "a time", 30, BEGAN).judge(frame(31.7))
    assert doubts(dut) == ["a time was late, but our machine stalled for 0.500 s"]


@pytest.mark.parametrize(("when", "seconds"), [(-1, 0.5), (20, 0.05)], ids=["before", "too-short"])
def test_stall_that_explains_nothing_is_no_excuse(when, seconds):
    dut = device()
    dut.traffic.stalls.note(BEGAN + when, seconds)
    with pytest.raises(Violation):
        Timer(dut, "a time", 30, BEGAN).judge(frame(31.7))
    assert doubts(dut) == []


@pytest.mark.parametrize(("after", "doubtful"), [(28.3, False), (28.5, True)])
def test_asking_too_late_is_doubted(after, doubtful):
    dut = device()
    Timer(dut, "a time", 30, BEGAN).running()
    dut.traffic.evidence.append(frame(after, Direction.SENT))
    assert bool(doubts(dut)) is doubtful


@pytest.mark.parametrize(("after", "doubtful"), [(28.3, False), (28.5, True)])
def test_what_was_not_done_before_it_may_be_over_is_doubted(after, doubtful):
    dut = device()
    Timer(dut, "a time", 30, BEGAN).hurry()
    dut.traffic.inbox.evidence.append(frame(after))
    assert bool(doubts(dut)) is doubtful


def test_it_is_asked_before_the_window_begins():
    timer = Timer(device(), "a time", 30)
    pause = timer.shortly_before()
    assert pause.due < pause.latest <= time.monotonic() + timer.earliest


def test_time_shorter_than_what_a_timer_may_miss_is_skipped():
    with pytest.raises(Skipped, match="a time is too short"):
        Timer(device(scale=0.01), "a time", 5).shortly_before()


def test_time_longer_than_the_longest_wait_is_skipped():
    with pytest.raises(Skipped, match=r"waits 900 s for a timer; timing.longest_wait is 120 s"):
        Timer(device(longest_wait=120.0), "a time", 900)
