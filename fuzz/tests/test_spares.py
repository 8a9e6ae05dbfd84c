"""Targets that are set up ahead: each is taken or taken down, and where two can't be, one is set up as it is due."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from ipos_conformance.errors import BenchError
from ipos_fuzz.findings.spares import Spares, Stage

NO_STAND: Any = None
WAITS = 10.0
"""Seconds after which a thread is taken for not coming."""


@dataclass
class Bench:
    """Sets stages up, unless it fails, and knows what became of them.

    begun   number and thread of each that was begun with
    down    numbers of those that were taken down
    fails   places, from 0 in the order in which they are begun with, at which it raises
    """

    fails: range = range(0)
    begun: list[tuple[int, str]] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    is_ahead: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_up(self, number: int) -> Stage:
        with self._lock:
            place = len(self.begun)
            self.begun.append((number, threading.current_thread().name))
        self.is_ahead.release()
        if place in self.fails:
            raise BenchError(f"no room for {number}")
        stack = ExitStack()
        stack.callback(self.down.append, number)
        return Stage(NO_STAND, [], stack)

    def await_begun(self, count: int) -> None:
        for _ in range(count):
            assert self.is_ahead.acquire(timeout=WAITS)


def numbers(bench: Bench) -> list[int]:
    return sorted(number for number, _ in bench.begun)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    assert [thread for thread in threading.enumerate() if thread.name.startswith("spare")] == []


def test_next_one_is_set_up_while_one_is_tried(bench):
    with closing(Spares(bench.set_up)) as spares:
        with spares.take().down:
            bench.await_begun(2)
            assert all(thread.startswith("spare") for _, thread in bench.begun)
        with spares.take().down:
            bench.await_begun(1)
    assert len(bench.begun) == 3


def test_those_that_are_there_at_the_same_time_have_numbers_of_their_own(bench):
    """Of the files to which targets print, say: three tries under way, and one that waits."""
    with closing(Spares(bench.set_up)) as spares:
        stages = [spares.take() for _ in range(3)]
        bench.await_begun(4)
        assert len(set(numbers(bench))) == 4
        for stage in stages:
            stage.down.close()


def test_each_is_taken_down_once_by_whoever_has_it(bench):
    with closing(Spares(bench.set_up)) as spares:
        taken = [spares.take() for _ in range(2)]
        assert bench.down == []
    assert len(bench.down) == 1  # the one that nobody took
    for stage in taken:
        stage.down.close()
    assert sorted(bench.down) == numbers(bench)


def test_nothing_is_set_up_before_somebody_takes_one(bench):
    Spares(bench.set_up).close()
    assert bench.begun == []


def test_where_a_spare_fails_targets_are_set_up_one_by_one_by_who_takes_them(bench):
    bench.fails = range(1)
    me = threading.current_thread().name
    with closing(Spares(bench.set_up)) as spares:
        spares.take().down.close()
        spares.take().down.close()
    ahead, own = bench.begun[:2], bench.begun[2:]
    assert [thread for _, thread in own] == [me, me]
    assert {number for number, _ in ahead}.isdisjoint(number for number, _ in own)
    assert len(bench.down) == 3  # the second spare, which came up after the first one had failed, and both that are own


def test_target_that_can_not_be_set_up_at_all_is_told(bench):
    bench.fails = range(100)
    with closing(Spares(bench.set_up)) as spares:
        for _ in range(2):
            with pytest.raises(BenchError, match="no room"):
                spares.take()
    assert bench.down == []
