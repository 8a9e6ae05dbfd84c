"""Packets of one connection held while no server has been chosen, or none has taken it yet (ORG-11, ORG-12)."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ipos_reference.tcp import sequence
from ipos_reference.tcp.segment import Flags, Segment

MAXIMUM_PACKETS, MAXIMUM_OCTETS = 64, 96 * 1024
"""Bounds of what is held for one connection (ORG-12)."""


class Arrival(NamedTuple):
    """A client's segment, and the IP packet that it came in, octet for octet, to be passed on as it is (FWD-1).

    first  it came on the first LAN: no other router has forwarded it (MTU-1)
    """

    segment: Segment
    packet: bytes
    first: bool = True


@dataclass(slots=True)
class Hold:
    """What the client sent from rcv_nxt on, in order of arrival, none of it acknowledged.

    octets          of all packets
    first_octet_at  when the first data came, seconds; None before
    """

    arrivals: list[Arrival] = field(default_factory=list)
    octets: int = 0
    first_octet_at: float | None = None

    def add(self, arrival: Arrival, now: float) -> bool:
        """Hold a packet; a repeat of the same sequence range is held once. False if there is no room."""
        segment = arrival.segment
        if segment.length and any(
            (held.segment.seq, held.segment.length) == (segment.seq, segment.length) for held in self.arrivals
        ):
            return True
        if len(self.arrivals) >= MAXIMUM_PACKETS or self.octets + len(arrival.packet) > MAXIMUM_OCTETS:
            return False
        self.arrivals.append(arrival)
        self.octets += len(arrival.packet)
        if segment.payload and self.first_octet_at is None:
            self.first_octet_at = now
        return True

    def contiguous(self, rcv_nxt: int) -> bytes:
        """The octets from ``rcv_nxt`` on up to the first gap."""
        stream = bytearray()
        text = [held.segment for held in self.arrivals if held.segment.payload]
        for segment in sorted(text, key=lambda held: sequence.difference(held.seq, rcv_nxt)):
            skip = len(stream) - sequence.difference(segment.seq, rcv_nxt)
            if skip < 0:
                break
            stream += segment.payload[skip:]
        return bytes(stream)

    def ends(self, rcv_nxt: int) -> set[int]:
        """Where the client stands once it has sent what is held: an RST with one of these numbers is its own (ORG-12).

        That is the end of the octets up to the first gap, and the number behind a FIN that stands there.
        """
        end = sequence.add(rcv_nxt, len(self.contiguous(rcv_nxt)))
        fins = [held.segment for held in self.arrivals if held.segment.flags & Flags.FIN]
        finished = any(sequence.add(fin.seq, len(fin.payload)) == end for fin in fins)
        return {end, sequence.add(end, 1)} if finished else {end}

    def starts_with_fin(self, rcv_nxt: int) -> bool:
        """Whether the client ends its stream without having sent anything."""
        segments = (held.segment for held in self.arrivals)
        return any(held.flags & Flags.FIN and not held.payload and held.seq == rcv_nxt for held in segments)

    def __bool__(self) -> bool:
        return bool(self.arrivals)
