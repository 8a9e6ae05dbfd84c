"""A campaign that is ended from outside, at any moment: at once, without a traceback, and nothing found is lost."""

import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import nullcontext

import pytest
from campaigns import Running, await_condition, run, running, target_file
from hypothesis import strategies
from ipos_fuzz.interruption import interruptible, uninterrupted
from ipos_fuzz.sources.strategies import draw
from kernel import MISSING

BUG = "short-acknowledgement"
VOLUME = ("--seed", 1, "--source", "volume")
AT_ONCE = 10.0
"""Seconds, on a machine that is busy; the target has its time to end, too."""


@pytest.fixture(scope="module")
def found(routers, tmp_path_factory):
    """The folder of a campaign that has found the bug."""
    words = (target_file(routers, BUG), *VOLUME, "--time", "60s", "--findings", 1)
    ended = run(tmp_path_factory.mktemp("campaign") / "out", *words)
    assert ended.status == 1, ended.output + ended.errors
    return ended.folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_what_is_being_proved_is_written_and_proved_when_it_is_met_again(routers, tmp_path, number):
    file = target_file(routers, BUG)
    with running(tmp_path / "out", file, *VOLUME, "--time", 0) as campaign:
        campaign.await_words("suspected")
        campaign.signal(number)
        begin = time.monotonic()
        ended = campaign.end()
        assert time.monotonic() - begin < AT_ONCE
    assert (ended.status, ended.errors) == (1, "")
    assert "ended: interrupted" in ended.output
    (finding,) = ended.findings
    assert (finding.oracle, finding.proof.unfinished, finding.proof.of) == ("process", "interrupted", 0)
    assert finding.packets > 0
    if number == signal.SIGTERM:
        return  # what follows is the same
    again = run(tmp_path / "out", file, *VOLUME, "--time", "60s", "--findings", 1)
    (proved,) = again.findings
    assert (again.status, proved.signature) == (1, finding.signature)
    assert (proved.proof.confirmed, proved.proof.unfinished, proved.packets) == (3, "", 1)


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_batch_is_broken_off_and_the_campaign_gone_on_with(routers, tmp_path):
    file = target_file(routers, "none")
    with running(tmp_path / "out", file, *VOLUME, "--time", 0) as campaign:
        campaign.await_words("0 findings")
        campaign.signal()
        ended = campaign.end()
    assert (ended.status, ended.errors, ended.findings) == (0, "", [])
    before = ended.campaign
    assert before["frames"] > 0
    again = run(tmp_path / "out", file, "--source", "volume", "--cases", 1, "--time", "60s")
    assert (again.status, "goes on, seed 1" in again.output) == (0, True)
    assert again.campaign["frames"] > before["frames"]


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_set_up_is_broken_off(routers, tmp_path):
    with running(tmp_path / "out", target_file(routers, "none"), "--launch", "sleep 60") as campaign:
        campaign.await_words("begins")
        time.sleep(0.3)
        campaign.signal()
        ended = campaign.end()
    assert (ended.status, ended.errors) == (3, "")


@pytest.mark.parametrize("within_it", [nullcontext, uninterrupted])
def test_what_is_being_written_is_finished_first(within_it):
    done = []

    def work() -> None:
        with uninterrupted():
            with within_it():
                os.kill(os.getpid(), signal.SIGTERM)
            done.append("written")
        done.append("after it")

    with interruptible(), pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["written"]


def test_what_can_t_be_written_does_not_make_the_interruption_forgotten():
    def fail() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGTERM)
            raise OSError

    with interruptible(), pytest.raises(KeyboardInterrupt):
        fail()


def test_what_is_being_drawn_is_drawn_first():
    """An interruption in Hypothesis may come out of it as something else."""
    drawn = []

    def example(number):
        drawn.append(number)
        signal.raise_signal(signal.SIGINT)
        return number

    with interruptible() as interruption, pytest.raises(KeyboardInterrupt):
        draw(strategies.integers().map(example), 20, 1)
    assert len(drawn) == 20
    assert interruption.came


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_that_python_swallows_comes_again(number):
    """Nothing can be raised out of what the garbage collector calls, and Hypothesis has it call something."""

    def hear(phase, _):
        if phase == "stop" and not came:
            came.append(True)
            signal.raise_signal(number)

    def work() -> None:
        gc.collect()
        assert came
        time.sleep(AT_ONCE)

    came = []
    gc.callbacks.append(hear)
    try:
        with interruptible(), pytest.raises(KeyboardInterrupt):
            work()
    finally:
        gc.callbacks.remove(hear)


def test_what_python_swallows_besides_is_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    def fail(*_):
        raise ValueError

    gc.callbacks.append(fail)
    try:
        with interruptible():
            gc.collect()
    finally:
        gc.callbacks.remove(fail)
    assert {one.exc_type for one in told} == {ValueError}


def test_signals_are_as_before_in_the_end():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}, sys.unraisablehook
    with interruptible(), uninterrupted():
        pass
    assert ({number: signal.getsignal(number) for number in numbers}, sys.unraisablehook) == before


def test_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("command", [("replay", "--times", 1000), ("minimise",)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_finding_that_is_tried_again_stays_as_it_is(found, tmp_path, monkeypatch, command, number):
    """Interrupted, it is neither there nor not; nothing stays of the try."""
    folder = shutil.copytree(found, tmp_path / "out")
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    trying = Running(tmp_path / "called", (*command, "--results", folder), lambda: None)
    try:
        await_condition(lambda: list(temporary.glob("*/*.log")) or trying.has_ended)
        trying.signal(number)
        ended = trying.end()
    finally:
        trying.kill()
    assert (ended.status, ended.output) == (3, "")
    assert ended.errors.startswith("ipos-fuzz: interrupted while ")
    assert ended.errors.count("\n") == 1
    assert list(temporary.iterdir()) == []
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
