"""Congestion control: slow start, congestion avoidance, fast retransmit, NewReno recovery (RFC 5681, 6582, 6928).

A value of its own, so that another algorithm can take its place: the connection tells it what was acknowledged,
repeated or lost, and asks for ``allowance`` and whether to repeat the first segment. In loss recovery by SACK only the
window is in here; what is repeated is ``recovery``'s affair (RFC 6675).
"""

from dataclasses import dataclass

from ipos_reference.tcp.scoreboard import DUPLICATE_THRESHOLD
from ipos_reference.tcp.sequence import ge, gt, lt

LARGEST_WINDOW = 65535 << 14
"""No window field can express more; as slow start threshold it means "none yet"."""


def initial_window(mss: int) -> int:
    """RFC 6928 2, in octets."""
    return min(10 * mss, max(2 * mss, 14600))


@dataclass(slots=True)
class Congestion:
    """``window`` and ``threshold`` are cwnd and ssthresh in octets; mss is SMSS with options subtracted."""

    mss: int
    window: int
    recover: int
    """One past the highest sequence number sent when the last loss was noticed (RFC 6582 3.2; at first the ISS)."""
    threshold: int = LARGEST_WINDOW
    duplicates: int = 0
    recovering: bool = False
    by_sack: bool = False
    """The recovery is RFC 6675's: what was reported leaves the network, so the window is not inflated for it."""
    _acknowledged: int = 0

    @property
    def allowance(self) -> int:
        """How much may be outstanding; two more segments on the first two duplicate ACKs (RFC 3042)."""
        if self.recovering:
            return self.window
        return self.window + min(self.duplicates, DUPLICATE_THRESHOLD - 1) * self.mss

    def acknowledged(self, ack: int, octets: int, flight: int) -> bool:
        """New octets were acknowledged, flight remain outstanding; returns whether to repeat the first of these."""
        self.duplicates = 0
        if not self.recovering:
            self._grow(octets)
            return False
        if self.by_sack:
            self.recovering = self.by_sack = not ge(ack, self.recover)  # RFC 6675 5 (A)
            return False
        if ge(ack, self.recover):
            # RFC 6582 3.2 step 3, full acknowledgement: the variant that avoids a burst
            self.window = min(self.threshold, max(flight, self.mss) + self.mss)
            self.recovering = False
            return False
        # RFC 6582 3.2 step 3, partial acknowledgement: the next segment was lost as well
        self.window = max(self.mss, self.window - octets + (self.mss if octets >= self.mss else 0))
        return True

    def duplicate(self, ack: int, flight: int, snd_max: int) -> bool:
        """A duplicate ACK arrived; returns whether it is the one that makes us repeat the first segment."""
        self.duplicates += 1
        if self.recovering:
            self.window += self.mss  # RFC 5681 3.2 step 4
            return False
        if self.duplicates != DUPLICATE_THRESHOLD or not gt(ack, self.recover):
            return False  # RFC 6582 3.2 step 2: duplicates of an earlier recovery's repetitions prove nothing
        self._halve(min(flight, self.window))  # RFC 5681 3.2 step 2: what limited transmit sent doesn't count
        self.window = self.threshold + DUPLICATE_THRESHOLD * self.mss  # RFC 5681 3.2 step 3
        self.recover, self.recovering = snd_max, True
        return True

    def reported(self, ack: int, flight: int, snd_max: int, *, lost: bool) -> bool:
        """A SACK block told something new; returns whether recovery begins (RFC 6675 5, steps 1, 2, 4.1 and 4.2).

        Not before ack has passed the recovery point of an earlier one or of a time-out (5.1).
        """
        self.duplicates += 1
        if self.recovering or lt(ack, self.recover) or not (lost or self.duplicates >= DUPLICATE_THRESHOLD):
            return False
        self._halve(min(flight, self.window))  # what limited transmit sent doesn't count
        self.window = self.threshold
        self.recover, self.recovering, self.by_sack = snd_max, True, True
        return True

    def interrupted(self, snd_max: int) -> None:
        """What is outstanding is sent anew, though not because of loss: a window that shrank opens again."""
        if self.recovering:
            self.window = self.threshold
        self.recover, self.recovering, self.by_sack = snd_max, False, False
        self.duplicates = 0

    def timed_out(self, flight: int, snd_max: int, *, again: bool) -> None:
        """The retransmission timer expired; again: not for the first time for the same octets."""
        if not again:
            self._halve(flight)  # RFC 5681 3.1: held constant for repeated time-outs
        self.window = self.mss
        self.recover, self.recovering, self.by_sack = snd_max, False, False
        self.duplicates = self._acknowledged = 0

    def idle(self) -> None:
        """Nothing was sent for longer than an RTO: what is known of the path is stale (RFC 5681 4.1)."""
        self.window = min(self.window, initial_window(self.mss))

    def _halve(self, flight: int) -> None:
        self.threshold = max(flight // 2, 2 * self.mss)  # RFC 5681 equation 4

    def _grow(self, octets: int) -> None:
        if self.window < self.threshold:
            self.window += min(octets, self.mss)  # RFC 5681 equation 2
        else:
            self._acknowledged += octets  # RFC 5681 3.1, counting octets: one segment for each full window
            if self._acknowledged >= self.window:
                self._acknowledged -= self.window
                self.window += self.mss
        self.window = min(self.window, LARGEST_WINDOW)
