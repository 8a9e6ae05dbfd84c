"""How far a run is: cases done, what runs now, verdicts so far, time that is left."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ipos_conformance.case import Case
from ipos_conformance.runs.events import CaseFinished, CaseParked, CaseStarted, Event, RunStarted, Waiting
from ipos_conformance.verdicts import Verdict

_FIRST_ESTIMATE = 20
"""Cases after which the rate says something."""


@dataclass
class Progress:
    """What has been told until now.

    current   the case that runs; None while all wait for timers
    parked    when those that wait go on, by case id, on the monotonic clock
    """

    clock: Callable[[], float] = time.monotonic
    total: int = 0
    begun: int = 0
    began: float = 0.0
    current: Case | None = None
    parked: dict[str, float] = field(default_factory=dict)
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    def take(self, event: Event) -> None:
        """Note an event down."""
        match event:
            case RunStarted(_, cases):
                self.total, self.began = cases, self.clock()
            case CaseStarted(case):
                self.begun += 1
                self.current = case
            case CaseParked(case, due):
                self.parked[case.id] = due
            case CaseFinished(result):
                self.parked.pop(result.id, None)
                self.verdicts[result.verdict] += 1
            case Waiting():
                self.current = None

    @property
    def done(self) -> int:
        """Cases that have a verdict."""
        return self.verdicts.total()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.began

    @property
    def left(self) -> float | None:
        """Seconds until the end, as far as one can know; None while it is too early to say.

        What has not begun goes on at the rate until now; or the last timer is what it takes.
        """
        if self.begun < min(_FIRST_ESTIMATE, self.total):
            return None
        to_come = (self.total - self.begun) * self.elapsed / self.begun if self.begun else 0.0
        last = max(self.parked.values(), default=0.0) - self.clock()
        return max(to_come, last, 0.0)
