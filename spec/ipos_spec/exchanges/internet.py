"""The packets of clients and servers: IPv4 (RFC 791), TCP with its usual options (RFC 9293, 7323, 2018), UDP (RFC 768).

Only what the exchanges need, always with right checksums.
"""

import struct
from enum import IntFlag
from typing import NamedTuple

from ipos_spec.addresses import IPv4
from ipos_spec.checksum import internet_checksum
from ipos_spec.transport import TCP, UDP


class TcpFlag(IntFlag):
    """Control bits (RFC 9293 3.1)."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


class Socket(NamedTuple):
    """One end: address and port."""

    ip: IPv4
    port: int


class Timestamps(NamedTuple):
    """The option of RFC 7323: one's own clock in milliseconds, and the other's, echoed."""

    value: int
    echo: int


class SynOptions(NamedTuple):
    """What a SYN offers beside timestamps: the largest segment in octets, the shift count of its windows, SACK."""

    maximum_segment: int
    window_scale: int


class Segment(NamedTuple):
    """A TCP segment; ``window`` as the header has it, scaled."""

    sequence: int
    acknowledgement: int
    flags: TcpFlag
    window: int
    timestamps: Timestamps | None
    offers: SynOptions | None = None
    data: bytes = b""

    @property
    def next_sequence(self) -> int:
        """The sequence number behind it (RFC 9293 3.4: SYN and FIN count)."""
        counted = len(self.data) + bool(self.flags & TcpFlag.SYN) + bool(self.flags & TcpFlag.FIN)
        return (self.sequence + counted) % (1 << 32)


def tcp_packet(source: Socket, destination: Socket, segment: Segment, *, identification: int, ttl: int) -> bytes:
    """A segment in its IP packet."""
    options = _offers(segment.offers) + _timestamps(segment.timestamps)
    header = struct.pack(
        ">HHIIBBHHH",
        source.port,
        destination.port,
        segment.sequence,
        segment.acknowledgement,
        (20 + len(options)) // 4 << 4,
        segment.flags,
        segment.window,
        0,
        0,
    )
    payload = header + options + segment.data
    checksum = internet_checksum(_pseudo_header(source, destination, TCP.iana, payload) + payload)
    payload = payload[:16] + checksum.to_bytes(2, "big") + payload[18:]
    return _ipv4_packet(source, destination, TCP.iana, payload, identification, ttl)


def udp_packet(source: Socket, destination: Socket, data: bytes, *, identification: int, ttl: int) -> bytes:
    """A datagram in its IP packet. A checksum of zero is sent as all ones (RFC 768)."""
    payload = struct.pack(">HHHH", source.port, destination.port, 8 + len(data), 0) + data
    checksum = internet_checksum(_pseudo_header(source, destination, UDP.iana, payload) + payload) or 0xFFFF
    payload = payload[:6] + checksum.to_bytes(2, "big") + payload[8:]
    return _ipv4_packet(source, destination, UDP.iana, payload, identification, ttl)


def _offers(offers: SynOptions | None) -> bytes:
    """Maximum segment size, SACK permitted, window scale; "no operation" fills words of 4 octets."""
    if offers is None:
        return b""
    return struct.pack(">BBHBBBBBB", 2, 4, offers.maximum_segment, 4, 2, 1, 3, 3, offers.window_scale) + b"\x01\x01"


def _timestamps(timestamps: Timestamps | None) -> bytes:
    return b"" if timestamps is None else struct.pack(">BBBBII", 1, 1, 8, 10, *timestamps)


def _pseudo_header(source: Socket, destination: Socket, protocol: int, payload: bytes) -> bytes:
    return struct.pack(">IIBBH", source.ip, destination.ip, 0, protocol, len(payload))


def _ipv4_packet(
    source: Socket, destination: Socket, protocol: int, payload: bytes, identification: int, ttl: int
) -> bytes:
    fields = [0x45, 0, 20 + len(payload), identification, 0, ttl, protocol, 0, source.ip, destination.ip]
    fields[7] = internet_checksum(struct.pack(">BBHHHBBHII", *fields))
    return struct.pack(">BBHHHBBHII", *fields) + payload
