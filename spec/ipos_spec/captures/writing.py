"""Writing a capture: pcapng with named interfaces and comments, which Wireshark and its companions read."""

from collections.abc import Iterable
from typing import BinaryIO

from ipos_spec.captures.blocks import (
    BYTE_ORDER_MAGIC,
    LITTLE,
    NO_SECTION_LENGTH,
    BlockType,
    InterfaceOption,
    Option,
    PacketOption,
    SectionOption,
    build_block,
    build_options,
    layouts,
)
from ipos_spec.captures.values import Direction, LinkType, Resolution
from ipos_spec.errors import EncodeError

_LONGEST_OPTION = 0xFFFF
_LAYOUT = layouts(LITTLE)
_MAGIC = next(magic for magic, order in BYTE_ORDER_MAGIC.items() if order == LITTLE)


class CaptureWriter:
    """A pcapng file that grows by a block for each frame.

    file        any binary file object; it stays the caller's, to flush and to close
    interfaces  names of Ethernet interfaces, for `write`
    resolution  of the times
    comments    about the capture as a whole

    What it raises is EncodeError: a value that the file format can't hold.
    """

    def __init__(
        self,
        file: BinaryIO,
        interfaces: Iterable[str],
        *,
        resolution: Resolution = Resolution.NANOSECONDS,
        comments: Iterable[str] = (),
    ) -> None:
        names = list(interfaces)
        if len(set(names)) != len(names):
            raise EncodeError("interfaces", f"{', '.join(names)}: a name stands there twice")
        self._file = file
        self._numbers = {name: number for number, name in enumerate(names)}
        self._tick_ns = 10 ** (9 - resolution)
        blocks = [_section_header(comments)]
        blocks += [_interface_description(name, resolution) for name in names]
        file.write(b"".join(blocks))

    def write(
        self,
        interface: str,
        time_ns: int,
        octets: bytes,
        comments: Iterable[str] = (),
        *,
        direction: Direction | None = None,
        original_length: int | None = None,
    ) -> None:
        """Add a frame, in one piece, as CapturedFrame names its parts; a finer time than the file's is cut off."""
        if interface not in self._numbers:
            raise EncodeError("interface", f"{interface!r}, expected one of {', '.join(self._numbers)}")
        ticks = time_ns // self._tick_ns
        if not 0 <= ticks < 1 << 64:
            raise EncodeError("time_ns", f"{time_ns}, expected 0 to {(1 << 64) * self._tick_ns - 1}")
        options = _comments(comments)
        if direction is not None:
            options.append((PacketOption.FLAGS, _LAYOUT.u32.build(direction)))
        block = build_block(
            _LAYOUT,
            BlockType.ENHANCED_PACKET,
            _LAYOUT.enhanced_packet,
            interface=self._numbers[interface],
            time_high=ticks >> 32,
            time_low=ticks & 0xFFFFFFFF,
            captured_length=len(octets),
            original_length=len(octets) if original_length is None else original_length,
            octets=octets,
            options=build_options(_LAYOUT, options),
        )
        self._file.write(block)


def _section_header(comments: Iterable[str]) -> bytes:
    return build_block(
        _LAYOUT,
        BlockType.SECTION_HEADER,
        _LAYOUT.section_header,
        byte_order_magic=_MAGIC,
        major_version=1,
        minor_version=0,
        section_length=NO_SECTION_LENGTH,
        options=build_options(_LAYOUT, [*_comments(comments), (SectionOption.APPLICATION, b"ipOS")]),
    )


def _interface_description(name: str, resolution: Resolution) -> bytes:
    options = [
        (InterfaceOption.NAME, _text("interfaces", name)),
        (InterfaceOption.TIME_RESOLUTION, bytes([resolution])),
    ]
    return build_block(
        _LAYOUT,
        BlockType.INTERFACE_DESCRIPTION,
        _LAYOUT.interface_description,
        link_type=LinkType.ETHERNET,
        reserved=0,
        snap_length=0,
        options=build_options(_LAYOUT, options),
    )


def _comments(comments: Iterable[str]) -> list[tuple[int, bytes]]:
    return [(Option.COMMENT, _text("comments", comment)) for comment in comments]


def _text(path: str, text: str) -> bytes:
    octets = text.encode()
    if len(octets) > _LONGEST_OPTION:
        raise EncodeError(path, f"a text of {len(octets)} octets, expected at most {_LONGEST_OPTION}")
    return octets
