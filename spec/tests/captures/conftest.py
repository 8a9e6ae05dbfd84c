"""Captures made by hand, block by block, in either byte order: what no tool at hand writes."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from ipos_spec.captures.blocks import (
    BIG,
    BYTE_ORDER_MAGIC,
    LITTLE,
    NO_SECTION_LENGTH,
    BlockType,
    build_block,
    build_options,
    layouts,
)

Block = Callable[..., bytes]
_BODIES = {
    BlockType.SECTION_HEADER: "section_header",
    BlockType.INTERFACE_DESCRIPTION: "interface_description",
    BlockType.PACKET: "packet",
    BlockType.SIMPLE_PACKET: "simple_packet",
    BlockType.ENHANCED_PACKET: "enhanced_packet",
}


@pytest.fixture(params=[LITTLE, BIG], ids=["little-endian", "big-endian"])
def byte_order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def block(byte_order: str) -> Block:
    """A block of this type; fields that are not named have harmless values."""
    layout = layouts(byte_order)
    usual: dict[str, Any] = {
        "byte_order_magic": next(magic for magic, order in BYTE_ORDER_MAGIC.items() if order == byte_order),
        "major_version": 1,
        "minor_version": 0,
        "section_length": NO_SECTION_LENGTH,
        "link_type": 1,
        "reserved": 0,
        "snap_length": 0,
        "interface": 0,
        "drops": 0,
        "time_high": 0,
        "time_low": 0,
        "octets": b"",
    }

    def build(block_type: BlockType, options: Iterable[tuple[int, bytes]] = (), **fields: Any) -> bytes:
        octets = fields.get("octets", b"")
        lengths = {"captured_length": len(octets), "original_length": len(octets)}
        body = getattr(layout, _BODIES[block_type])
        return build_block(
            layout, block_type, body, **{**usual, **lengths, **fields, "options": build_options(layout, options)}
        )

    return build
