"""How a case waits for a timer: it yields a pause, and other cases run until it is over."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Pause:
    """Until when a case is parked, on the monotonic clock.

    due     not before this
    latest  later than this our own bench has overslept, and the case can't be judged
    """

    due: float
    latest: float = float("inf")

    @property
    def overslept(self) -> float:
        """Seconds by which it is too late to go on now; not positive if it is not."""
        return time.monotonic() - self.latest


def pause(at_least: float, at_most: float | None = None) -> Pause:
    """A pause from now on, in seconds."""
    now = time.monotonic()
    return Pause(now + at_least, float("inf") if at_most is None else now + at_most)
