"""What is read from captures that other tools seldom write: every kind of block, in both byte orders."""

import io
import os
import struct
from collections.abc import Callable

import pytest
from ipos_spec import captures
from ipos_spec.captures import CapturedFrame, CaptureError, CaptureWriter, Direction, LinkType
from ipos_spec.captures.blocks import (
    BlockType,
    InterfaceOption,
    Option,
    PacketOption,
    build_block,
    layouts,
)

SECTION, INTERFACE, PACKET = BlockType.SECTION_HEADER, BlockType.INTERFACE_DESCRIPTION, BlockType.ENHANCED_PACKET
Block = Callable[..., bytes]


def read(*blocks: bytes) -> list[CapturedFrame]:
    return list(captures.read(io.BytesIO(b"".join(blocks))))


def named(name: str) -> tuple[int, bytes]:
    return InterfaceOption.NAME, name.encode()


def test_enhanced_packets_carry_interface_time_comments_and_direction(block: Block, byte_order: str) -> None:
    options = [
        (Option.COMMENT, b"first"),
        (PacketOption.FLAGS, struct.pack(f"{byte_order}L", Direction.OUTBOUND)),
        (Option.COMMENT, "zweitens: ä".encode()),
    ]
    assert read(
        block(SECTION),
        block(INTERFACE, [named("first LAN")]),
        block(INTERFACE, [named("second LAN")], link_type=LinkType.RAW),
        block(PACKET, octets=b"abcde", time_high=1, time_low=2),
        block(PACKET, options, octets=b"abc", original_length=90, interface=1),
    ) == [
        CapturedFrame(octets=b"abcde", original_length=5, time_ns=((1 << 32) + 2) * 1000, interface="first LAN"),
        CapturedFrame(
            octets=b"abc",
            original_length=90,
            time_ns=0,
            interface="second LAN",
            link_type=LinkType.RAW,
            comments=("first", "zweitens: ä"),
            direction=Direction.OUTBOUND,
        ),
    ]


def test_simple_packets_belong_to_the_first_interface_and_have_no_time(block: Block) -> None:
    frames = read(
        block(SECTION),
        block(INTERFACE, [named("a")], snap_length=4),
        block(INTERFACE, [named("b")]),
        block(BlockType.SIMPLE_PACKET, octets=b"abcdef", original_length=6),
        block(BlockType.SIMPLE_PACKET, octets=b"abc\0", original_length=3),
    )
    assert [(frame.interface, frame.time_ns, frame.octets, frame.original_length) for frame in frames] == [
        ("a", None, b"abcd", 6),
        ("a", None, b"abc", 3),
    ]


def test_obsolete_packet_blocks(block: Block) -> None:
    (frame,) = read(
        block(SECTION),
        block(INTERFACE),
        block(INTERFACE, [named("b")]),
        block(BlockType.PACKET, [(Option.COMMENT, b"old")], interface=1, drops=7, time_low=5, octets=b"abcde"),
    )
    assert frame == CapturedFrame(octets=b"abcde", original_length=5, time_ns=5000, interface="b", comments=("old",))


def test_a_new_section_forgets_the_interfaces_of_the_one_before(block: Block) -> None:
    first = [block(SECTION), block(INTERFACE, [named("a")]), block(PACKET, octets=b"1")]
    second = [block(SECTION), block(INTERFACE, [named("b")]), block(PACKET, octets=b"2")]
    assert [frame.interface for frame in read(*first, *second)] == ["a", "b"]
    with pytest.raises(CaptureError, match="interface 0, but the section has described 0 so far"):
        read(*first, block(SECTION), block(PACKET))


@pytest.mark.parametrize(
    ("resolution", "ticks", "time_ns"),
    [
        (0, 3, 3_000_000_000),
        (3, 1, 1_000_000),
        (9, 1, 1),
        (12, 1999, 1),
        (0x80 | 10, 1024 + 512, 1_500_000_000),
        (0x80, 2, 2_000_000_000),
    ],
)
def test_resolution_is_a_power_of_ten_or_of_two(block: Block, resolution: int, ticks: int, time_ns: int) -> None:
    interface = block(INTERFACE, [(InterfaceOption.TIME_RESOLUTION, bytes([resolution]))])
    (frame,) = read(block(SECTION), interface, block(PACKET, time_low=ticks))
    assert frame.time_ns == time_ns


def test_an_interface_may_count_from_another_second(block: Block, byte_order: str) -> None:
    interface = block(INTERFACE, [(InterfaceOption.TIME_OFFSET, struct.pack(f"{byte_order}q", -2))])
    (frame,) = read(block(SECTION), interface, block(PACKET, time_low=3_000_000))
    assert frame.time_ns == 1_000_000_000


@pytest.mark.parametrize("block_type", [4, 5, 9, 0x0BAD, 0x40000BAD, 0x80000001])
def test_other_blocks_are_skipped(block: Block, byte_order: str, block_type: int) -> None:
    layout = layouts(byte_order)
    other = build_block(layout, block_type, layout.simple_packet, original_length=1, octets=b"any octets")
    assert len(read(block(SECTION), other, block(INTERFACE), other, block(PACKET), other)) == 1


def test_other_options_are_skipped(block: Block) -> None:
    interface = block(INTERFACE, [(3, b"description"), named("a"), (2988, b"\0custom")])
    (frame,) = read(block(SECTION, [(2, b"hardware")]), interface, block(PACKET, [(4, bytes(8)), (1, b"x"), (99, b"")]))
    assert (frame.interface, frame.comments) == ("a", ("x",))


@pytest.mark.parametrize(
    ("magic", "order", "fraction"),
    [("a1b2c3d4", ">", 1000), ("d4c3b2a1", "<", 1000), ("a1b23c4d", ">", 1), ("4d3cb2a1", "<", 1)],
)
def test_pcap_in_both_byte_orders_and_resolutions(magic: str, order: str, fraction: int) -> None:
    """The upper bits of the link type tell of a frame check sequence (draft-ietf-opsawg-pcap, 4)."""
    header = bytes.fromhex(magic) + struct.pack(f"{order}HHLLLL", 2, 4, 0, 0, 65535, 0x44000001)
    packets = struct.pack(f"{order}LLLL", 5, 7, 3, 90) + b"abc" + struct.pack(f"{order}LLLL", 6, 0, 0, 0)
    assert read(header, packets) == [
        CapturedFrame(octets=b"abc", original_length=90, time_ns=5_000_000_000 + 7 * fraction),
        CapturedFrame(octets=b"", original_length=0, time_ns=6_000_000_000),
    ]


def test_a_pipe_gives_each_frame_as_it_arrives() -> None:
    """As behind `tcpdump -w -`: nothing is waited for that the frame does not need."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as inlet, os.fdopen(reading, "rb") as outlet:
        writer = CaptureWriter(inlet, ["first LAN"])
        frames = captures.read(outlet)
        for time_ns, octets in enumerate([b"one", b"two", b"three"]):
            writer.write("first LAN", time_ns, octets)
            assert next(frames).octets == octets
        inlet.close()
        assert list(frames) == []


def test_a_file_that_gives_few_octets_at_a_time() -> None:
    """As an unbuffered pipe does: what comes is put together."""
    octets = io.BytesIO()
    CaptureWriter(octets, ["first LAN"]).write("first LAN", 5, b"octets of a frame")
    octets.seek(0)
    trickle = octets.read
    octets.read = lambda size=-1: trickle(min(size, 3))  # type: ignore[method-assign,assignment]
    assert [frame.octets for frame in captures.read(octets)] == [b"octets of a frame"]


def test_octets_taken_beforehand_are_handed_on(block: Block) -> None:
    file = io.BytesIO(block(SECTION) + block(INTERFACE) + block(PACKET, octets=b"abc"))
    start = file.read(captures.MAGIC_SIZE)
    assert captures.is_capture(start)
    assert [frame.octets for frame in captures.read(file, start)] == [b"abc"]


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"", "octet 0: begins with nothing, expected a pcap or pcapng file"),
        (b"\x1f\x8b\x08\x00\x00", "octet 0: begins with 1f8b0800, expected"),
        (bytes.fromhex("a1b2c3d4 0003 0001") + bytes(16), "octet 4: pcap of version 3.1, expected 2.4"),
        (bytes.fromhex("0a0d0d0a 1c000000 00000000"), "octet 8: byte-order magic 00000000, expected 1a2b3c4d"),
        (bytes.fromhex("0a0d0d0a 0000000b 1a2b3c4d"), "octet 4: total length 11 of a block, expected a multiple of 4"),
        (
            bytes.fromhex("0a0d0d0a 0000001e 1a2b3c4d") + bytes(99),
            "octet 4: total length 30 of a block, expected a",
        ),
        (bytes.fromhex("0a0d0d0a 01000004 1a2b3c4d"), "octet 4: total length 16777220 of a block"),
        (
            bytes.fromhex("0a0d0d0a 0000001c 1a2b3c4d 0002 0000") + b"\xff" * 8 + bytes.fromhex("0000001c"),
            "octet 12: pcapng of version 2.0",
        ),
        (bytes.fromhex("0a0d0d0a 00000010 1a2b3c4d 00000010"), "octet 0: a section header of 4 octets"),
        (bytes.fromhex("a1b2c3d4 0002 0004") + bytes(24) + b"\xff" * 8, "octet 32: captured length 4294967295"),
    ],
)
def test_what_is_no_capture(octets: bytes, complaint: str) -> None:
    with pytest.raises(CaptureError, match=f"^{complaint}"):
        read(octets)


def test_the_length_at_a_blocks_end_is_compared(block: Block) -> None:
    section = block(SECTION)
    with pytest.raises(CaptureError, match="octet 24: a block of 28 octets ends with its length as 0"):
        read(section[:-4] + bytes(4))


def test_a_packet_longer_than_its_block(block: Block) -> None:
    with pytest.raises(CaptureError, match="octet 48: the fields of a ENHANCED_PACKET need more room"):
        read(block(SECTION), block(INTERFACE), build_too_long(block))
    with pytest.raises(CaptureError, match="octet 48: a simple packet of 9 octets, but the block has 4"):
        read(block(SECTION), block(INTERFACE), block(BlockType.SIMPLE_PACKET, octets=b"abcd", original_length=9))


def build_too_long(block: Block) -> bytes:
    """An enhanced packet whose captured length (octets 20 to 23) counts more than there is."""
    whole = bytearray(block(PACKET, octets=b"abcd"))
    whole[20:24] = b"\x01" * 4
    return bytes(whole)
