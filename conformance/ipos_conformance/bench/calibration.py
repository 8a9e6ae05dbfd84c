"""How fast target and bench are, measured before the first case: what a time in the results is to be read against."""

import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from statistics import median

from ipos_conformance.findings.record import Record

_ROUNDS = 30
_NAP = 0.001


class Spread(Record):
    """Several measurements of one time, in seconds."""

    least: float
    """The shortest."""
    median: float
    """The one in the middle."""
    most: float
    """The longest."""


class Calibration(Record):
    """Measured once for each phase, when the target was ready and nothing else was under way."""

    phase: str
    """Of the run: "usual", or "quick" for the target's second configuration."""
    rounds: int
    """How often each was measured."""
    answer: Spread | None
    """From sending a barrier on both LANs until both answers are there; None if the target does not answer them."""
    lateness: Spread
    """By how much this machine wakes the suite later than it asked for."""

    @property
    def jitter(self) -> float:
        """Seconds by which one answer may come later than another for no reason of the target's timers."""
        return 0.0 if self.answer is None else self.answer.most - self.answer.least


def calibrate(phase: str, barrier: Callable[[], float | None]) -> Calibration:
    """Measure. barrier: sends one on each LAN, and gives the seconds until both were answered, None if they weren't."""
    # A target that leaves one unanswered is not asked any more: each would be waited for in full.
    answers = [seconds for seconds in takewhile(_is_there, (barrier() for _ in range(_ROUNDS))) if seconds is not None]
    return Calibration(
        phase=phase,
        rounds=_ROUNDS,
        answer=_spread(answers) if len(answers) == _ROUNDS else None,
        lateness=_spread([_lateness() for _ in range(_ROUNDS)]),
    )


def _is_there(seconds: float | None) -> bool:
    return seconds is not None


def _lateness() -> float:
    begin = time.monotonic()
    time.sleep(_NAP)
    return time.monotonic() - begin - _NAP


def _spread(seconds: Sequence[float]) -> Spread:
    least, most = min(seconds), max(seconds)
    return Spread(least=round(least, 6), median=round(median(seconds), 6), most=round(most, 6))
