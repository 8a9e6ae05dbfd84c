"""How things are timed here: interleaved, so that a machine that drifts or is busy does not decide, and as ratios."""

import json
import os
import platform
import statistics
import sys
import timeit
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROUNDS = 201
"""Odd, so that the median is a measurement."""

SLICE = 0.002
"""Seconds that one measurement takes at least: long against the clock's steps, short against the machine's moods."""

Call = tuple[Callable[[Any], object], Any]
"""A function and its argument."""


@dataclass(frozen=True)
class Timing:
    """One contestant.

    median, quartiles  microseconds for a call
    ratio              its time by that of the contestant that it is compared with, median over the rounds
    """

    name: str
    median: float
    quartiles: tuple[float, float]
    ratio: float


def compare(contestants: Mapping[str, Call], rounds: int = ROUNDS) -> list[Timing]:
    """Time each contestant once a round, A B C A B C; ratios are taken within a round, against the first one."""
    timers = {
        name: timeit.Timer("function(argument)", globals={"function": function, "argument": argument})
        for name, (function, argument) in contestants.items()
    }
    numbers = {name: _number(timer) for name, timer in timers.items()}
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name].append(timer.timeit(numbers[name]) / numbers[name] * 1e6)
    first = next(iter(times.values()))
    return [
        Timing(
            name,
            statistics.median(taken),
            (statistics.quantiles(taken)[0], statistics.quantiles(taken)[2]),
            statistics.median(mine / its for mine, its in zip(taken, first, strict=True)),
        )
        for name, taken in times.items()
    ]


def _number(timer: timeit.Timer) -> int:
    number = 1
    while timer.timeit(number) < SLICE:
        number *= 2
    return number


def pin() -> int:
    """Stay on one core, the last one that this process may use."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def report(subject: str, tables: Mapping[str, list[Timing]], packages: tuple[str, ...], output: Path | None) -> None:
    """Print the tables, and write them as JSON with the machine and the versions."""
    for title, timings in tables.items():
        sys.stdout.write(f"\n{title}\n{'':34}{'median us':>10}{'quartiles':>18}{'ratio':>9}\n")
        for timing in timings:
            low, high = timing.quartiles
            sys.stdout.write(f"{timing.name:34}{timing.median:10.2f}{low:9.2f}{high:9.2f}{timing.ratio:9.2f}\n")
    if output is not None:
        document = {
            "subject": subject,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
            "versions": {name: _version(name) for name in packages},
            "tables": {title: [asdict(timing) for timing in timings] for title, timings in tables.items()},
        }
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"\nWritten to {output}\n")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
