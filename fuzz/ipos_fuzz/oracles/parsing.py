"""IPv4, TCP and UDP as numbers, fast; what is wrong with a packet is said, not raised (RFC 791, 768, 9293)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.checksum import verifies

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ICMP, TCP, UDP = 1, 6, 17
ETHERNET, IPOS = 14, 16
"""Octets of the Ethernet header and of the ipOS header."""

MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS = 2, 3, 4, 5, 8
"""Kinds of TCP options."""

SPACE = 1 << 32
_IP, _TCP, _UDP = struct.Struct(">BxHxxHxBxxLL"), struct.Struct(">HHLLBBHHxx"), struct.Struct(">HHHH")


class IpPacket(NamedTuple):
    """An IPv4 packet.

    octets       up to its total length, or to the end of the frame
    header       octets of the IP header
    is_fragment  first one, middle one or last one
    flaw         why whoever gets it discards it; "" if nothing is wrong with its IP header
    """

    octets: bytes
    source: int
    destination: int
    protocol: int
    header: int
    is_fragment: bool
    flaw: str


class Segment(NamedTuple):
    """A TCP segment.

    options  as they stand there; `tcp_options` reads them
    length   what it takes in sequence space, SYN and FIN included
    flaw     why whoever gets it discards it; "" if nothing is wrong
    """

    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: int
    window: int
    options: bytes
    data: bytes
    flaw: str

    @property
    def length(self) -> int:
        """Octets of data, and one each for SYN and FIN."""
        return len(self.data) + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def end(self) -> int:
        """Sequence number behind it."""
        return (self.seq + self.length) % SPACE


class Datagram(NamedTuple):
    """A UDP datagram; flaw as of a segment."""

    source_port: int
    destination_port: int
    data: bytes
    flaw: str


def ip_packet(frame: bytes, at: int) -> IpPacket | None:
    """The IPv4 packet that begins there; None if not even its fixed header is there, or if it is of another version."""
    there = len(frame) - at
    if there < 20 or frame[at] >> 4 != 4:
        return None
    first, total, fragment, protocol, source, destination = _IP.unpack_from(frame, at)
    header = (first & 15) * 4
    flaw = ""
    if not 20 <= header <= total:
        flaw = "header length"
    elif total > there:
        flaw = "total length"
    elif not verifies(frame[at : at + header]):
        flaw = "IP header checksum"
    octets = frame[at : at + min(total, there)]
    return IpPacket(octets, source, destination, protocol, header, bool(fragment & 0x3FFF), flaw)


def segment(packet: IpPacket) -> Segment | None:
    """The TCP segment in a packet; None if its ports, numbers and flags are not there."""
    octets, at = packet.octets, packet.header
    if len(octets) < at + 20 or at < 20:
        return None
    source, destination, seq, ack, offset, flags, window, _ = _TCP.unpack_from(octets, at)
    begin = (offset >> 4) * 4
    flaw = packet.flaw
    if flaw:
        pass
    elif not 20 <= begin <= len(octets) - at:
        flaw = "data offset"
    elif not _sums_up(octets, at, TCP):
        flaw = "TCP checksum"
    return Segment(
        source, destination, seq, ack, flags, window, octets[at + 20 : at + begin], octets[at + begin :], flaw
    )


def datagram(packet: IpPacket) -> Datagram | None:
    """The UDP datagram in a packet; None if its header is not there."""
    octets, at = packet.octets, packet.header
    if len(octets) < at + 8 or at < 20:
        return None
    source, destination, length, checksum = _UDP.unpack_from(octets, at)
    flaw = packet.flaw
    if flaw:
        pass
    elif not 8 <= length <= len(octets) - at:
        flaw = "UDP length"
    elif checksum and not _sums_up(octets[: at + length], at, UDP):  # RFC 768: zero is none
        flaw = "UDP checksum"
    return Datagram(source, destination, octets[at + 8 : at + length], flaw)


def tcp_options(octets: bytes) -> dict[int, bytes]:
    """Kind and value of each TCP option; of two of a kind the last one."""
    return dict(_options(octets))


def _options(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets) and octets[at]:
        if octets[at] == 1:
            at += 1
            continue
        size = octets[at + 1] if at + 1 < len(octets) else 0
        if size < 2:
            return
        yield octets[at], octets[at + 2 : at + size]
        at += size


def later(this: int, than: int) -> bool:
    """Whether a sequence number lies behind another one (RFC 9293 3.4)."""
    return 0 < (this - than) % SPACE < SPACE >> 1


def _sums_up(octets: bytes, at: int, protocol: int) -> bool:
    body = octets[at:]
    return verifies(octets[12:20] + struct.pack(">HH", protocol, len(body)) + body)
