"""How long a target may be away before it is lost: a device that has fallen may start again by itself."""

import time
from collections.abc import Callable, Sequence

from ipos_conformance.target import Target

_ATTEMPTS = 3
"""How often in a row a target may not come up."""
_PAUSE = 0.5
"""Seconds between two attempts."""


class Absence:
    """Attempts in a row that have failed.

    A target that we launch has its attempts. Who starts it again if we don't, nobody knows: it has the time, too, that
    so many starts take.
    """

    def __init__(
        self,
        target: Target,
        launch: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._patience = 0.0 if target.target.launch or launch else _ATTEMPTS * target.timing.start
        self._clock, self._sleep = clock, sleep
        self._attempts = 0
        self._since = 0.0

    def lasts(self) -> bool:
        """One more has failed: whether it was the last. Waits for a moment if it was not."""
        if not self._attempts:
            self._since = self._clock()
        self._attempts += 1
        if self._attempts >= _ATTEMPTS and self._clock() - self._since >= self._patience:
            return True
        self._sleep(_PAUSE)
        return False

    def ends(self) -> None:
        """It is there again."""
        self._attempts = 0
