"""A TCP client of the plainest kind, written against the RFC and not against the endpoint under test.

It has unbounded positions instead of sequence numbers, sends go-back-N from a fixed number of segments with a fixed
time-out, takes only text in order, and acknowledges every segment. Nothing of it is adaptive, so little can be wrong.
"""

from dataclasses import dataclass

from ipos_reference.tcp.segment import Flags, Options, Segment

TIMEOUT = 0.7
ON, OFF = Flags.ACK, 0


@dataclass
class SimpleClient:
    """Positions: 0 is the SYN, 1 the first octet; the FIN follows the last octet once ``finishing``."""

    isn: int
    window: int
    mss: int
    offer: Options
    outgoing: bytes = b""
    finishing: bool = False
    received: bytes = b""
    acked: int = 0
    sent: int = 0
    their_isn: int | None = None
    their_window: int = 0
    their_scale: int = 0
    their_fin: bool = False
    deadline: float = 0.0
    echo: int = 0
    reset: bool = False
    ack_due: int = 0
    scaled: bool = False
    stamped: bool = False

    @property
    def end(self) -> int:
        """Position after everything that is to be sent so far."""
        return 1 + len(self.outgoing) + self.finishing

    @property
    def finished(self) -> bool:
        return self.finishing and self.acked == self.end and self.their_fin

    def receive(self, segment: Segment, now: float) -> None:
        if segment.flags & Flags.RST:
            self.reset = True
            return
        if segment.flags & Flags.SYN:
            self._take_syn_ack(segment)
        elif self.their_isn is None:
            return
        if segment.options.timestamps:
            self.echo = segment.options.timestamps[0]
        self._take_ack(segment, now)
        if segment.length:
            self._take_text(segment)
            self.ack_due += 1

    def poll(self, now: float) -> list[Segment]:
        """What is to be sent now."""
        if self.their_isn is None:
            if now < self.deadline:
                return []
            self.deadline = now + 1.0
            return [self._segment(Flags.SYN, 0, b"", now)]
        if now >= self.deadline:
            self.sent, self.deadline = self.acked, now + TIMEOUT
        segments = []
        limit = self.acked + max(self.their_window, 1)
        while self.sent < min(self.end, limit) and len(segments) < 4:
            size = max(0, min(self.mss, limit - self.sent, 1 + len(self.outgoing) - self.sent))
            payload = self.outgoing[self.sent - 1 : self.sent - 1 + size]
            fin = self.finishing and self.sent + size == 1 + len(self.outgoing) and self.sent + size < limit
            if not payload and not fin:
                break
            segments.append(self._segment(Flags.ACK | (Flags.FIN if fin else OFF), self.sent, payload, now))
            self.sent += size + fin
        self.ack_due = max(0, self.ack_due - len(segments))
        segments += [self._segment(Flags.ACK, self.sent, b"", now) for _ in range(self.ack_due)]
        self.ack_due = 0
        return segments

    def next_timeout(self) -> float | None:
        return self.deadline if self.their_isn is None or self.acked < self.end else None

    def _take_syn_ack(self, segment: Segment) -> None:
        self.ack_due += 1
        if self.their_isn is not None:
            return
        self.their_isn = segment.seq
        self.scaled = segment.options.window_scale is not None
        self.stamped = segment.options.timestamps is not None
        self.their_scale = segment.options.window_scale or 0

    def _take_ack(self, segment: Segment, now: float) -> None:
        assert self.their_isn is not None
        acked = (segment.ack - self.isn) % 2**32
        assert acked <= self.end, "acknowledged what was never sent"
        if acked < self.acked:
            return
        if acked > self.acked:
            self.deadline = now + TIMEOUT
        self.acked, self.sent = acked, max(self.sent, acked)
        self.their_window = segment.window << (0 if segment.flags & Flags.SYN else self.their_scale)

    def _take_text(self, segment: Segment) -> None:
        assert self.their_isn is not None
        if segment.flags & Flags.SYN:
            return
        position = (segment.seq - self.their_isn - 1) % 2**32
        expected = len(self.received) + self.their_fin
        skipped = (expected - position) % 2**32
        if skipped < 2**31 and not self.their_fin:
            self.received += segment.payload[skipped:]
            if segment.flags & Flags.FIN and skipped <= len(segment.payload):
                self.their_fin = True

    def _segment(self, flags: int, position: int, payload: bytes, now: float) -> Segment:
        syn = bool(flags & Flags.SYN)
        options = self.offer if syn else Options()
        if (syn and self.offer.timestamps) or self.stamped:
            stamps = (int(now * 1000), self.echo)
            options = Options(options.mss, options.window_scale, options.sack_permitted, (), stamps)
        ack = 0 if self.their_isn is None else self.their_isn + 1 + len(self.received) + self.their_fin
        scale = (self.offer.window_scale or 0) if self.scaled and not syn else 0
        return Segment(
            source_port=40000,
            destination_port=80,
            seq=(self.isn + position) % 2**32,
            ack=ack % 2**32,
            flags=flags,
            window=self.window >> scale,
            options=options,
            payload=payload,
        )
