"""Routers whose clocks, and whose idea of a table's size, are other ones, within what TIM-1 and TAB-4 leave them."""

import math
from collections.abc import Callable
from dataclasses import replace

from ipos_reference import connections, keep_alive
from ipos_reference.configuration import Configuration
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.forward_table import ForwardTable
from ipos_reference.settings import Bounds, Settings
from ipos_spec.encapsulation import Protocol

from ipos_defects.defect import patch
from ipos_defects.variation import variation

_TICK = 0.1
"""Seconds of a coarse clock."""


def _times(factor: float) -> None:
    """Have all long timers of TCP take so many times as long."""
    for module, names in (
        (connections, ("PROVISIONAL_LIFETIME", "WITHOUT_DATA", "ENDED_REMEMBERED")),
        (keep_alive, ("_SILENCE", "_SILENCE_AFTER_FIN", "_ANSWER")),
    ):
        for name in names:
            patch(module, name, getattr(module, name) * factor)
    original = ForwardTable.__init__

    def init(self: ForwardTable, protocol: Protocol, bound: int, scale: float = 1.0) -> None:
        original(self, protocol, bound, scale * factor)

    patch(ForwardTable, "__init__", init)


@variation("TIM-1: a time is kept if it ends within 5 % of it, and another 100 ms.")
def slow_clock() -> None:
    """Takes 4 % longer for every long timer."""
    _times(1.04)


@variation("TIM-1: a time is kept if it ends within 5 % of it, and another 100 ms.")
def fast_clock() -> None:
    """Takes 4 % less for every long timer."""
    _times(0.96)


def _ticking(ends: Callable[[float], float], now_is: Callable[[float], float]) -> None:
    """Have timers of endpoints end, and entries be looked at, in ticks of a coarse clock, rounded so."""
    deadline_before, of_before = Connections.role_deadline, ForwardTable.of

    def deadline(self: Connections, connection: Connection, now: float) -> float | None:
        due = deadline_before(self, connection, now)
        # The first second of a request is no long timer (ORG-11): at a factor it is less than a tick.
        return due if due is None or connection.hold.first_octet_at is not None else ends(due / _TICK) * _TICK

    patch(Connections, "role_deadline", deadline)
    patch(ForwardTable, "of", lambda self, client, now: of_before(self, client, now_is(now / _TICK) * _TICK))


@variation("TIM-1: a router's clock may have a granularity of 100 ms, which no factor scales.")
def late_ticks() -> None:
    """Looks after its timers ten times a second: what is due meanwhile is late."""
    _ticking(math.ceil, math.floor)


@variation("TIM-1: a router's clock may have a granularity of 100 ms, which no factor scales.")
def early_ticks() -> None:
    """Counts a timer in ticks of 100 ms of which the first may have begun long ago, as Net/3 does."""
    _ticking(math.floor, math.ceil)


@variation("TAB-4: every table is bounded, as the operator likes; hash buckets take more than he said.")
def larger_tables() -> None:
    """Rounds the bounds of its tables up to half as much again."""
    original = Configuration.settings

    def settings(self: Configuration) -> Settings:
        right = original(self)
        bounds = right.bounds
        larger = Bounds(
            temporary=bounds.temporary * 3 // 2,
            local=bounds.local * 3 // 2,
            forward=bounds.forward * 3 // 2,
            forward_connect=bounds.forward_connect * 3 // 2,
            ended=bounds.ended,
        )
        return replace(right, bounds=larger)

    patch(Configuration, "settings", settings)
