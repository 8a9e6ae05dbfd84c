"""The clock behind TSval: 32 bits, 1 tick = 1 ms, never back (RFC 7323 5.4; TGT-7)."""

from dataclasses import dataclass

from ipos_reference.tcp.sequence import MASK, add

TICKS_PER_SECOND = 1000
HEAD_START = 10_000
"""Ticks ahead of the client's echo at which a clock of unknown value starts (TGT-7): the origin can't have been
further ahead than its last segment's age, and a clock that runs ahead harms nothing."""

_ROUNDING = 1e-3
"""Part of a tick; keeps a time such as 0.04 s, which binary fractions only approach, from counting as 39 ticks."""


@dataclass(slots=True)
class TimestampClock:
    """Value ``base`` at time ``origin``; base None means unknown until the client's echo tells it."""

    base: int | None
    origin: float = 0.0

    @property
    def known(self) -> bool:
        """Whether a TSval can be sent."""
        return self.base is not None

    def value(self, now: float) -> int:
        """TSval at a time. Raises ValueError while the clock is unknown."""
        if self.base is None:
            raise ValueError("the origin left ts_now zero and no segment has arrived")
        return (self.base + int((now - self.origin) * TICKS_PER_SECOND + _ROUNDING)) & MASK

    def start_after_echo(self, echo: int, now: float) -> None:
        """Start an unknown clock from the TSecr of the first segment (TGT-7)."""
        self.base, self.origin = add(echo, HEAD_START), now
