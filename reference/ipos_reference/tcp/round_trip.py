"""Round-trip estimation and the retransmission time-out (RFC 6298). Times in seconds."""

from dataclasses import dataclass

GRANULARITY = 0.001
"""RFC 6298 2's G: one tick of the timestamp clock."""


@dataclass(slots=True)
class RoundTrip:
    """SRTT, RTTVAR, and the RTO that follows from them."""

    minimum: float
    maximum: float
    initial: float
    smoothed: float | None = None
    variation: float = 0.0
    _backoff: int = 0

    @property
    def timeout(self) -> float:
        """RTO, back-off included (RFC 6298 2.4, 2.5, 5.5)."""
        base = self.initial
        if self.smoothed is not None:
            base = max(self.minimum, self.smoothed + max(GRANULARITY, 4 * self.variation))
        # the exponent is bounded because the back-off is counted on long after the maximum is reached
        return float(min(self.maximum, base * 2 ** min(self._backoff, 16)))

    def sample(self, seconds: float) -> None:
        """Take a measurement (RFC 6298 2.2, 2.3); it also ends the back-off, as Karn's algorithm has it (section 3)."""
        self._backoff = 0
        if self.smoothed is None:
            self.smoothed, self.variation = seconds, seconds / 2
            return
        self.variation += (abs(self.smoothed - seconds) - self.variation) / 4
        self.smoothed += (seconds - self.smoothed) / 8

    def back_off(self) -> None:
        """The timer expired (RFC 6298 5.5)."""
        self._backoff += 1

    def handshake_was_repeated(self) -> None:
        """RFC 6298 5.7: the SYN/ACK's timer expired, so data begin with an RTO of 3 s until there is a sample."""
        self.initial, self._backoff = 3.0, 0
