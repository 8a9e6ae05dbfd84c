"""How things are timed here: interleaved, so that a machine that drifts or is busy does not decide."""

import os
import signal
import timeit
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

ROUNDS = 201
"""Odd, so that the median is a measurement."""

SLICE = 0.002
"""Seconds that one measurement takes at least: long against the clock's steps, short against the machine's moods."""

Name = TypeVar("Name")
Taken = TypeVar("Taken")

Call = tuple[Callable[[Any], object], Any]
"""A function and its argument."""


def compare(contestants: Mapping[str, Call], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Microseconds for a call of each contestant, once a round in a slice of its own, A B C A B C."""
    timers = {
        name: timeit.Timer("function(argument)", globals={"function": function, "argument": argument})
        for name, (function, argument) in contestants.items()
    }
    slices = {name: partial(_a_call, timer, _number(timer)) for name, timer in timers.items()}
    return take_turns(slices, rounds)


def take_turns(contestants: Mapping[Name, Callable[[], Taken]], rounds: int) -> dict[Name, list[Taken]]:
    """What each contestant measures of itself, once a round, A B C A B C."""
    taken: dict[Name, list[Taken]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            taken[name].append(measure())
    return taken


def pin() -> int:
    """Stay on one core, the last one that this process may use."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def end_in_order() -> None:
    """Have SIGTERM and SIGHUP end this process as Ctrl-C does, so that it ends what it has started.

    A process forked of it they end as ever: pyroute2 makes some, and ends them so; they must not undo what is ours.
    """
    ours = os.getpid()

    def interrupt(number: int, _frame: object) -> None:
        if os.getpid() == ours:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _number(timer: timeit.Timer) -> int:
    number = 1
    while timer.timeit(number) < SLICE:
        number *= 2
    return number


def _a_call(timer: timeit.Timer, number: int) -> float:
    return timer.timeit(number) / number * 1e6
