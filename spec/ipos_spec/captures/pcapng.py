"""Reading pcapng: sections of either byte order, their interfaces, and the frames in four kinds of blocks."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import construct

from ipos_spec.captures.blocks import (
    BYTE_ORDER_MAGIC,
    FRAME,
    BlockType,
    InterfaceOption,
    Layouts,
    Option,
    Options,
    PacketOption,
    layouts,
    read_options,
)
from ipos_spec.captures.stream import LARGEST, Stream
from ipos_spec.captures.values import CapturedFrame, CaptureError, Direction, Resolution

MAGIC = BlockType.SECTION_HEADER.to_bytes(4, "big")
"""A palindrome: the same in both byte orders."""

_VERSION = 1
_DIRECTION = 0b11
_HEAD = "the head of a block"


class _Interface(NamedTuple):
    """What an Interface Description Block says; a resolution of ``ticks`` in a second."""

    name: str
    link_type: int
    snap_length: int
    ticks: int
    offset_seconds: int


class _Block(NamedTuple):
    type: int
    body: bytes
    offset: int


class _Section:
    """What the blocks of a section need to know of those before them."""

    def __init__(self, byte_order: str) -> None:
        self.layout = layouts(byte_order)
        self.interfaces: list[_Interface] = []

    def interface(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise ValueError(f"interface {number}, but the section has described {len(self.interfaces)} so far")
        return self.interfaces[number]


def read(stream: Stream) -> Iterator[CapturedFrame]:
    """All frames of a file. Raises CaptureError."""
    section = _section(stream, stream.take(8, _HEAD))
    while start := stream.take_unless_at_end(8, _HEAD):
        if start.startswith(MAGIC):
            section = _section(stream, start)
            continue
        block = _block(stream, start, section.layout)
        try:
            frame = _frame(section, block)
        except construct.ConstructError:
            room = f"the fields of a {BlockType(block.type).name} need more room than its {len(block.body)} octets"
            raise CaptureError(block.offset, room) from None
        except ValueError as error:
            raise CaptureError(block.offset, str(error)) from None
        if frame is not None:
            yield frame


def _section(stream: Stream, start: bytes) -> _Section:
    """A new section: only its magic tells how to read the length that stands before it."""
    offset = stream.offset - 8
    magic = stream.take(4, "a byte-order magic")
    if magic not in BYTE_ORDER_MAGIC:
        raise CaptureError(offset + 8, f"byte-order magic {magic.hex()}, expected 1a2b3c4d or 4d3c2b1a")
    section = _Section(BYTE_ORDER_MAGIC[magic])
    block = _block(stream, start, section.layout, magic)
    try:
        header = section.layout.section_header.parse(block.body)
    except construct.StreamError:
        raise CaptureError(offset, f"a section header of {len(block.body)} octets, expected at least 16") from None
    if header.major_version != _VERSION:
        found = f"{header.major_version}.{header.minor_version}"
        raise CaptureError(offset + 12, f"pcapng of version {found}, expected {_VERSION}.0")
    return section


def _block(stream: Stream, start: bytes, layout: Layouts, body_start: bytes = b"") -> _Block:
    """The block whose type and total length, and perhaps more, have been taken from the stream."""
    offset = stream.offset - 8 - len(body_start)
    head = layout.head.parse(start)
    if head.total_length % 4 or not FRAME + len(body_start) <= head.total_length <= LARGEST:
        expected = f"a multiple of 4 from {FRAME + len(body_start)} to {LARGEST}"
        raise CaptureError(offset + 4, f"total length {head.total_length} of a block, expected {expected}")
    rest = stream.take(head.total_length - 8 - len(body_start), "the rest of a block")
    repeated = layout.u32.parse(rest[-4:])
    if repeated != head.total_length:
        found = f"a block of {head.total_length} octets ends with its length as {repeated}"
        raise CaptureError(offset + head.total_length - 4, f"{found}, expected the same twice")
    return _Block(head.type, body_start + rest[:-4], offset)


def _frame(section: _Section, block: _Block) -> CapturedFrame | None:
    """The frame in a block, if there is one. Raises ConstructError or ValueError if the block contradicts itself."""
    match block.type:
        case BlockType.INTERFACE_DESCRIPTION:
            section.interfaces.append(_interface(section.layout, block.body))
        case BlockType.ENHANCED_PACKET:
            return _packet(section, section.layout.enhanced_packet.parse(block.body))
        case BlockType.PACKET:
            return _packet(section, section.layout.packet.parse(block.body))
        case BlockType.SIMPLE_PACKET:
            return _simple_packet(section, block.body)
    return None


def _interface(layout: Layouts, body: bytes) -> _Interface:
    description = layout.interface_description.parse(body)
    options = dict(read_options(layout, description.options))
    resolution = options.get(InterfaceOption.TIME_RESOLUTION, bytes([Resolution.MICROSECONDS]))
    offset = options.get(InterfaceOption.TIME_OFFSET, bytes(8))
    return _Interface(
        name=options.get(InterfaceOption.NAME, b"").decode(errors="replace"),
        link_type=description.link_type,
        snap_length=description.snap_length,
        ticks=_ticks(resolution),
        offset_seconds=layout.i64.parse(offset),
    )


def _ticks(resolution: bytes) -> int:
    """Ticks in a second: a power of 10, or of 2 where the highest bit is set (if_tsresol)."""
    exponent = construct.Int8ub.parse(resolution)
    return 1 << (exponent & 0x7F) if exponent & 0x80 else int(10**exponent)


def _packet(section: _Section, packet: Any) -> CapturedFrame:
    """An Enhanced Packet Block, or the obsolete Packet Block."""
    interface = section.interface(packet.interface)
    options = read_options(section.layout, packet.options)
    ticks = packet.time_high << 32 | packet.time_low
    return CapturedFrame(
        octets=packet.octets,
        original_length=packet.original_length,
        time_ns=interface.offset_seconds * 10**9 + ticks * 10**9 // interface.ticks,
        interface=interface.name,
        link_type=interface.link_type,
        comments=tuple(value.decode(errors="replace") for code, value in options if code == Option.COMMENT),
        direction=_direction(section.layout, options),
    )


def _direction(layout: Layouts, options: Options) -> Direction | None:
    flags = dict(options).get(PacketOption.FLAGS, bytes(4))
    found = layout.u32.parse(flags) & _DIRECTION
    return Direction(found) if found in Direction.__members__.values() else None


def _simple_packet(section: _Section, body: bytes) -> CapturedFrame:
    """A Simple Packet Block is of the first interface, and as long as that one's snap length lets it be."""
    interface = section.interface(0)
    packet = section.layout.simple_packet.parse(body)
    captured_length = min(packet.original_length, interface.snap_length or packet.original_length)
    if captured_length > len(packet.octets):
        raise ValueError(f"a simple packet of {captured_length} octets, but the block has {len(packet.octets)}")
    return CapturedFrame(
        octets=packet.octets[:captured_length],
        original_length=packet.original_length,
        time_ns=None,
        interface=interface.name,
        link_type=interface.link_type,
    )
