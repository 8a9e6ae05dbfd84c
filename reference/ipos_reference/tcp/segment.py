"""A TCP segment as a value, its octets and its checksum (RFC 9293 3.1)."""

import struct
from typing import Final, NamedTuple

from ipos_spec.checksum import internet_checksum, verifies

from ipos_reference.tcp.options import NO_OPTIONS, Options, SegmentError, decode, encode

__all__ = ["Flags", "Options", "Segment", "SegmentError", "build", "parse"]

_HEADER = struct.Struct("!HHIIBBHHH")
_PSEUDO_HEADER = struct.Struct("!IIBBH")
_PROTOCOL = 6


class Flags:
    """Control bits of a segment: plain numbers, since an IntFlag takes 30 times as long to ask for one."""

    FIN: Final = 0x01
    SYN: Final = 0x02
    RST: Final = 0x04
    PSH: Final = 0x08
    ACK: Final = 0x10
    URG: Final = 0x20
    ECE: Final = 0x40
    CWR: Final = 0x80


class Segment(NamedTuple):
    """One segment; seq and ack are sequence numbers, window is the 16-bit field as on the wire (not scaled).

    flags  some of `Flags`
    """

    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: int
    window: int
    options: Options = NO_OPTIONS
    payload: bytes = b""
    urgent: int = 0

    @property
    def length(self) -> int:
        """SEG.LEN: sequence numbers that the segment occupies, SYN and FIN included (RFC 9293 3.4)."""
        return len(self.payload) + (1 if self.flags & Flags.SYN else 0) + (1 if self.flags & Flags.FIN else 0)


def parse(octets: bytes, source_ip: int, destination_ip: int) -> Segment:
    """Read a segment (header and payload, without padding). Raises SegmentError if it is malformed or damaged."""
    if len(octets) < _HEADER.size:
        raise SegmentError(f"header: {len(octets)} octets, less than {_HEADER.size}")
    source, destination, seq, ack, offset, flags, window, _, urgent = _HEADER.unpack_from(octets)
    header_length = (offset >> 4) * 4
    if not _HEADER.size <= header_length <= len(octets):
        raise SegmentError(f"data offset at offset 12: {header_length} octets of {len(octets)}")
    if not verifies(_pseudo_header(source_ip, destination_ip, len(octets)) + octets):
        raise SegmentError("checksum at offset 16: wrong")
    return Segment(
        source_port=source,
        destination_port=destination,
        seq=seq,
        ack=ack,
        flags=flags,
        window=window,
        options=decode(octets[_HEADER.size : header_length]),
        payload=octets[header_length:],
        urgent=urgent,
    )


def build(segment: Segment, source_ip: int, destination_ip: int) -> bytes:
    """The segment as octets with the right checksum. Raises ValueError if its options exceed 40 octets."""
    options = encode(segment.options)
    header = _HEADER.pack(
        segment.source_port,
        segment.destination_port,
        segment.seq,
        segment.ack,
        (_HEADER.size + len(options)) << 2,
        segment.flags,
        segment.window,
        0,
        segment.urgent,
    )
    pseudo_header = _pseudo_header(source_ip, destination_ip, len(header) + len(options) + len(segment.payload))
    checksum = internet_checksum(b"".join((pseudo_header, header, options, segment.payload)))
    return b"".join((header[:16], checksum.to_bytes(2, "big"), header[18:], options, segment.payload))


def _pseudo_header(source_ip: int, destination_ip: int, length: int) -> bytes:
    return _PSEUDO_HEADER.pack(source_ip, destination_ip, 0, _PROTOCOL, length)
