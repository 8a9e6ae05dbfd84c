"""Round-trip estimation and the retransmission time-out (RFC 6298). Times in seconds."""

from dataclasses import dataclass

GRANULARITY = 0.001
"""RFC 6298 2's G: one tick of the timestamp clock."""
_SAFE = 3.0
_LARGEST_EXPONENT = 16
"""Any RTO has long reached its maximum by then."""


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
        return float(min(self.maximum, base * 2**self._backoff))

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
        self._backoff = min(self._backoff + 1, _LARGEST_EXPONENT)

    def progress(self) -> None:
        """New octets were acknowledged, perhaps without a sample.

        Karn's algorithm keeps the back-off until there is one; on a bad path without timestamps that can be never, and
        the connection crawls at one segment a minute. So of the back-off only what leads to 3 s is kept, the RTO that
        RFC 6298 5.7 holds to be safe for an unknown path; it still ends repetitions on one that has become slower.
        """
        while self._backoff and self.timeout > _SAFE:
            self._backoff -= 1

    def handshake_was_repeated(self) -> None:
        """RFC 6298 5.7: the SYN/ACK's timer expired, so data begin with an RTO of 3 s until there is a sample."""
        self.initial, self._backoff = _SAFE, 0
