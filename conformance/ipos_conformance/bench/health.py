"""Whether our own bench was well while a case ran: what it lost or did wrong is never blamed on the target."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ipos_conformance.bench.wire import Port
from ipos_conformance.frames import Lan

_LARGEST_STEP = 0.02
"""Seconds by which wall and monotonic clock may drift apart during a case; a step of the wall clock is more."""


@dataclass(frozen=True)
class Health:
    """Counters and clocks at one moment.

    drops     frames that our kernel has dropped since the ports were opened
    losses    how often each LAN's link has been lost
    offset    wall clock less monotonic clock, seconds
    """

    drops: int
    losses: Mapping[Lan, int]
    offset: float


def health(ports: Mapping[Lan, Port], clock: Callable[[], float] = time.time) -> Health:
    """How it is now."""
    return Health(
        drops=sum(port.drops() for port in ports.values()),
        losses={lan: port.link_losses() for lan, port in ports.items()},
        offset=clock() - time.monotonic(),
    )


def troubles(before: Health, after: Health) -> tuple[str, ...]:
    """What went wrong with our own bench in between, a sentence each."""
    found = []
    if after.drops > before.drops:
        found.append(f"our kernel dropped {after.drops - before.drops} received frames")
    found += [f"the {lan} lost its link" for lan, count in after.losses.items() if count > before.losses[lan]]
    step = after.offset - before.offset
    if abs(step) > _LARGEST_STEP:
        found.append(f"this machine's clock was set by {step:+.3f} s")
    return tuple(found)
