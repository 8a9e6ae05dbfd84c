"""The blocks of pcapng as the specification's figures show them, in either byte order (draft-ietf-opsawg-pcapng).

Every block is: type, total length, body, total length again. The layouts here are of bodies; `options` at their end
stay octets, for `read_options`.
"""

import functools
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any, NamedTuple

from construct import Aligned, Bytes, FormatField, GreedyBytes, Struct, this

LITTLE, BIG = "<", ">"
BYTE_ORDER_MAGIC = {bytes.fromhex("4d3c2b1a"): LITTLE, bytes.fromhex("1a2b3c4d"): BIG}

NO_SECTION_LENGTH = 0xFFFFFFFFFFFFFFFF
"""The section's length is not given: it ends with the next one, or with the file."""

FRAME = 12
"""Octets of a block around its body."""


class BlockType(IntEnum):
    """The blocks that are read (section 11.1); all others are skipped."""

    INTERFACE_DESCRIPTION = 1
    PACKET = 2
    SIMPLE_PACKET = 3
    ENHANCED_PACKET = 6
    SECTION_HEADER = 0x0A0D0D0A


class Option(IntEnum):
    """The options that every block may have (section 3.5)."""

    END = 0
    COMMENT = 1


class SectionOption(IntEnum):
    """Options of a Section Header Block (section 4.1) that are written."""

    APPLICATION = 4


class InterfaceOption(IntEnum):
    """Options of an Interface Description Block (section 4.2) that are read or written."""

    NAME = 2
    TIME_RESOLUTION = 9
    TIME_OFFSET = 14


class PacketOption(IntEnum):
    """Options of an Enhanced Packet Block (section 4.3) that are read or written."""

    FLAGS = 2


Options = tuple[tuple[int, bytes], ...]
"""Code and value, in the order of the file: a code may stand there more than once."""


class Layouts(NamedTuple):
    """All structures in one byte order."""

    u32: Any
    i64: Any
    head: Any
    option: Any
    section_header: Any
    interface_description: Any
    packet: Any
    simple_packet: Any
    enhanced_packet: Any


@functools.cache
def layouts(byte_order: str) -> Layouts:
    """The structures in the byte order LITTLE or BIG."""
    u16, u32, u64, i64 = (FormatField(byte_order, code) for code in "HLQq")
    octets = Aligned(4, Bytes(this.captured_length))
    return Layouts(
        u32=u32,
        i64=i64,
        head=Struct("type" / u32, "total_length" / u32),
        option=Struct(
            "code" / u16,
            "length" / u16,
            "value" / Aligned(4, Bytes(this.length)),
        ),
        section_header=Struct(
            "byte_order_magic" / Bytes(4),
            "major_version" / u16,
            "minor_version" / u16,
            "section_length" / u64,
            "options" / GreedyBytes,
        ),
        interface_description=Struct(
            "link_type" / u16,
            "reserved" / u16,
            "snap_length" / u32,
            "options" / GreedyBytes,
        ),
        packet=Struct(
            "interface" / u16,
            "drops" / u16,
            "time_high" / u32,
            "time_low" / u32,
            "captured_length" / u32,
            "original_length" / u32,
            "octets" / octets,
            "options" / GreedyBytes,
        ),
        simple_packet=Struct(
            "original_length" / u32,
            "octets" / GreedyBytes,
        ),
        enhanced_packet=Struct(
            "interface" / u32,
            "time_high" / u32,
            "time_low" / u32,
            "captured_length" / u32,
            "original_length" / u32,
            "octets" / octets,
            "options" / GreedyBytes,
        ),
    )


def read_options(layout: Layouts, octets: bytes) -> Options:
    """The options at the end of a body. Raises construct.StreamError where one is longer than its block."""
    return tuple(_options(layout, octets))


def _options(layout: Layouts, octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        option = layout.option.parse(octets[at:])
        if option.code == Option.END:
            return
        yield option.code, option.value
        at += 4 + (option.length + 3) // 4 * 4


def build_options(layout: Layouts, options: Iterable[tuple[int, bytes]]) -> bytes:
    """The octets of some options, with the end that they need; none for none."""
    built = b"".join(_build_option(layout, code, value) for code, value in options)
    return built + _build_option(layout, Option.END, b"") if built else b""


def _build_option(layout: Layouts, code: int, value: bytes) -> bytes:
    return bytes(layout.option.build({"code": code, "length": len(value), "value": value}))


def build_block(layout: Layouts, block_type: int, body_layout: Any, **fields: object) -> bytes:
    """A whole block of these fields."""
    body = body_layout.build(fields)
    body += bytes(-len(body) % 4)
    total_length = FRAME + len(body)
    head = layout.head.build({"type": block_type, "total_length": total_length})
    return bytes(head + body + layout.u32.build(total_length))
