"""A client that keeps what comes out of order and reports it by SACK (RFC 2018); some of them break their word."""

import random
from dataclasses import dataclass, field

from ipos_reference.tcp.segment import Flags, Options, Segment

from .simple_client import SimpleClient

Range = tuple[int, int]


@dataclass
class ReportingClient(SimpleClient):
    """Octets beyond a gap are kept one by one, by position: slow and plain."""

    dice: random.Random = field(default_factory=lambda: random.Random(0))
    reneging: float = 0.0
    """How probable it is with each segment that everything beyond the gap is dropped."""
    nonsense: float = 0.0
    """How probable a block of arbitrary numbers is in an ACK."""
    beyond: dict[int, int] = field(default_factory=dict)
    latest: int = 0

    def _take_text(self, segment: Segment) -> None:
        if segment.flags & Flags.SYN:
            return
        if self.dice.random() < self.reneging:
            self.beyond.clear()
        expected = 1 + len(self.received)
        start = expected + (segment.seq - self.their_isn - expected + 2**31) % 2**32 - 2**31
        if not self.their_fin:
            self.beyond |= {start + n: octet for n, octet in enumerate(segment.payload) if start + n >= expected}
            self.latest = start
            if expected in self.beyond:
                self._advance(expected)
        if segment.flags & Flags.FIN and start + len(segment.payload) == 1 + len(self.received):
            self.their_fin = True

    def _advance(self, position: int) -> None:
        octets = bytearray()
        while position in self.beyond:
            octets.append(self.beyond.pop(position))
            position += 1
        self.received += bytes(octets)

    def _segment(self, flags: int, position: int, payload: bytes, now: float) -> Segment:
        segment = super()._segment(flags, position, payload, now)
        if flags & Flags.SYN or not self.offer.sack_permitted:
            return segment
        options = segment.options
        blocks = [((a + self.their_isn) % 2**32, (b + self.their_isn) % 2**32) for a, b in self._ranges()]
        if self.dice.random() < self.nonsense:
            blocks.insert(0, (self.dice.getrandbits(32), self.dice.getrandbits(32)))
        return segment._replace(options=Options(timestamps=options.timestamps, sack=tuple(blocks[:3])))

    def _ranges(self) -> list[Range]:
        """The one that the latest segment belongs to comes first (RFC 2018 4)."""
        ranges: list[Range] = []
        for position in sorted(self.beyond):
            if ranges and ranges[-1][1] == position:
                ranges[-1] = (ranges[-1][0], position + 1)
            else:
                ranges.append((position, position + 1))
        return sorted(ranges, key=lambda each: not each[0] <= self.latest < each[1])
