"""What the target's processes take of the machine: whether memory or descriptors grow without end."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from ipos_fuzz.violation import Violation

_MEBI = 1 << 20
MEMORY, DESCRIPTORS = "memory grows", "descriptors grow"


@dataclass(frozen=True)
class Taken:
    """At one moment. memory: octets that are resident; descriptors: open files and sockets."""

    memory: int
    descriptors: int


@dataclass(frozen=True)
class Limits:
    """How much more than after its start a target may take. memory: octets; descriptors: how many.

    What is under way takes some of both: a router may have a descriptor for each of its clients, and UDP's clients stay
    for 90 s (UDP-3).
    """

    memory: int = 64 * _MEBI
    descriptors: int = 5000


AT_REST = Limits(memory=32 * _MEBI, descriptors=32)
"""When all timers have run out: nothing is under way."""
AGAIN = Limits(memory=4 * _MEBI, descriptors=16)
"""What the same frames, again and again for some seconds, may make of a target."""

REPEATED = Limits(memory=8 * _MEBI, descriptors=64)
"""What they may make of it in a second, once they have been sent for a while."""


def taken(processes: Iterable[psutil.Process]) -> Taken:
    """By all these processes together; those that have ended count as nothing."""
    memory = descriptors = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            memory += process.memory_info().rss
            descriptors += process.num_fds()
    return Taken(memory, descriptors)


def growth(start: Taken, now: Taken, limits: Limits) -> Violation | None:
    """Whether it takes too much more than in the beginning."""
    if now.memory - start.memory > limits.memory:
        grown = f"{start.memory / _MEBI:.1f} MiB after the start, {now.memory / _MEBI:.1f} MiB now"
        return Violation("resources", "TAB-4", MEMORY, f"{grown}, {limits.memory / _MEBI:.0f} MiB more allowed")
    if now.descriptors - start.descriptors > limits.descriptors:
        grown = f"{start.descriptors} descriptors after the start, {now.descriptors} now"
        return Violation("resources", "TAB-4", DESCRIPTORS, f"{grown}, {limits.descriptors} more allowed")
    return None
