"""Packets of one connection held while no server has been chosen (ORG-11, ORG-12)."""

from dataclasses import dataclass, field

from ipos_reference.tcp import sequence
from ipos_reference.tcp.segment import Flags, Segment

MAXIMUM_PACKETS, MAXIMUM_OCTETS = 64, 96 * 1024
"""Bounds of what is held for one connection (ORG-12)."""


@dataclass(slots=True)
class Hold:
    """Segments with data or FIN, in order of arrival, none of them acknowledged.

    first_octet_at  when the first data came, seconds; None before
    """

    segments: list[Segment] = field(default_factory=list)
    octets: int = 0
    first_octet_at: float | None = None

    def add(self, segment: Segment, now: float) -> bool:
        """Hold a segment; a repeat of the same sequence range is held once. False if there is no room."""
        if any((held.seq, held.length) == (segment.seq, segment.length) for held in self.segments):
            return True
        if len(self.segments) >= MAXIMUM_PACKETS or self.octets + len(segment.payload) > MAXIMUM_OCTETS:
            return False
        self.segments.append(segment)
        self.octets += len(segment.payload)
        if segment.payload and self.first_octet_at is None:
            self.first_octet_at = now
        return True

    def contiguous(self, rcv_nxt: int) -> bytes:
        """The octets from ``rcv_nxt`` on up to the first gap."""
        stream = bytearray()
        for segment in sorted(self.segments, key=lambda held: sequence.difference(held.seq, rcv_nxt)):
            skip = len(stream) - sequence.difference(segment.seq, rcv_nxt)
            if skip < 0:
                break
            stream += segment.payload[skip:]
        return bytes(stream)

    def starts_with_fin(self, rcv_nxt: int) -> bool:
        """Whether the client ends its stream without having sent anything."""
        return any(held.flags & Flags.FIN and not held.payload and held.seq == rcv_nxt for held in self.segments)
