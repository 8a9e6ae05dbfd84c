"""Classic pcap: a file header, then packets (draft-ietf-opsawg-pcap)."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import construct
from construct import FormatField, Struct

from ipos_spec.captures.stream import LARGEST, Stream
from ipos_spec.captures.values import CapturedFrame, CaptureError, Resolution


class _Kind(NamedTuple):
    byte_order: str
    resolution: Resolution


KINDS = {
    bytes.fromhex("a1b2c3d4"): _Kind(">", Resolution.MICROSECONDS),
    bytes.fromhex("d4c3b2a1"): _Kind("<", Resolution.MICROSECONDS),
    bytes.fromhex("a1b23c4d"): _Kind(">", Resolution.NANOSECONDS),
    bytes.fromhex("4d3cb2a1"): _Kind("<", Resolution.NANOSECONDS),
}
"""What the first four octets of a file say about the others."""

_VERSION = 2
_LINK_TYPE = 0xFFFF
"""The bits above tell of a frame check sequence."""


class Layouts(NamedTuple):
    """The two structures of a file, in one byte order."""

    file_header: Any
    packet_header: Any


@functools.cache
def layouts(byte_order: str) -> Layouts:
    """The structures as the draft's figures 1 and 2 show them; ``byte_order`` is ``<`` or ``>``."""
    u16, u32 = FormatField(byte_order, "H"), FormatField(byte_order, "L")
    return Layouts(
        file_header=Struct(
            "magic" / construct.Bytes(4),
            "major_version" / u16,
            "minor_version" / u16,
            "reserved_1" / u32,
            "reserved_2" / u32,
            "snap_length" / u32,
            "link_type" / u32,
        ),
        packet_header=Struct(
            "seconds" / u32,
            "fraction" / u32,
            "captured_length" / u32,
            "original_length" / u32,
        ),
    )


def read(stream: Stream, magic: bytes) -> Iterator[CapturedFrame]:
    """All packets of a file that begins with this magic, one of KINDS. Raises CaptureError."""
    byte_order, resolution = KINDS[magic]
    file_header, packet_header = layouts(byte_order)
    start = file_header.parse(stream.take(file_header.sizeof(), "a pcap file header"))
    if start.major_version != _VERSION:
        found = f"{start.major_version}.{start.minor_version}"
        raise CaptureError(4, f"pcap of version {found}, expected {_VERSION}.4")
    while head := stream.take_unless_at_end(packet_header.sizeof(), "a packet header"):
        packet = packet_header.parse(head)
        if packet.captured_length > LARGEST:
            at = stream.offset - packet_header.sizeof() + 8
            raise CaptureError(at, f"captured length {packet.captured_length}, expected at most {LARGEST}")
        yield CapturedFrame(
            octets=stream.take(packet.captured_length, "a packet"),
            original_length=packet.original_length,
            time_ns=packet.seconds * 10**9 + packet.fraction * 10 ** (9 - resolution),
            link_type=start.link_type & _LINK_TYPE,
        )
