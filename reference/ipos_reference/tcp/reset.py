"""What a closed connection answers (RFC 9293 3.10.7.1)."""

from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add


def reset_for(segment: Segment) -> Segment | None:
    """The RST for a segment that belongs to no connection; None for an RST, which is never answered."""
    if segment.flags & Flags.RST:
        return None
    if segment.flags & Flags.ACK:
        seq, ack, flags = segment.ack, 0, Flags.RST
    else:
        seq, ack, flags = 0, add(segment.seq, segment.length), Flags.RST | Flags.ACK
    return Segment(
        source_port=segment.destination_port,
        destination_port=segment.source_port,
        seq=seq,
        ack=ack,
        flags=flags,
        window=0,
    )
