"""Something that a running router does by itself, again and again."""

import time
from collections.abc import Callable

from ipos_reference.driver import Driver
from ipos_reference.router import Router

from ipos_defects.defect import patch


def regularly(seconds: float, action: Callable[[Router, float], None]) -> None:
    """Have ``action`` done every so many seconds, with the router and the time."""
    due = 0.0
    wait_before, turn_before = Driver._wait, Driver._turn

    def wait(self: Driver) -> float | None:
        left, before = max(0.0, due - time.monotonic()), wait_before(self)
        return left if before is None else min(left, before)

    def turn(self: Driver, now: float) -> None:
        nonlocal due
        if due <= now:
            due = now + seconds
            action(self._router, now)
        turn_before(self, now)

    patch(Driver, "_wait", wait)
    patch(Driver, "_turn", turn)
