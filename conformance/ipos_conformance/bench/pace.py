"""How fast the suite may send: a device under test is not to be flooded, unless its operator says so."""

import time
from collections.abc import Callable

_BURST = 64


class Pace:
    """Lets so many frames a second pass, and a few at once; whoever comes too soon has to wait.

    rate   frames in a second
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def wait(self) -> None:
        """Until the next frame may go."""
        now = self._clock()
        # What was not sent in the past may be sent at once, up to a burst.
        self._next = max(self._next, now - (_BURST - 1) * self._interval)
        if self._next > now:
            self._sleep(self._next - now)
        self._next += self._interval
