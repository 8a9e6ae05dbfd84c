"""The diagram of a packet: its parts in a row with sizes and offsets, as in FIG. 11E-11I; what the checksum covers."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from ipos_spec.description import Kind, PacketDescription, ProtocolDescription
from ipos_spec.diagram import Box, members, wrapped
from ipos_spec.drawing.document import CHARACTER, TOP, WIDTH, corners, group, line, text
from ipos_spec.drawing.theme import NAME_SIZE
from ipos_spec.export.svg.boxes import box_outline, diagram, tooltip
from ipos_spec.wording import heading, size_text

_MARGIN, _LINE = 12, 16
_BOX = 64


def packet_diagram(packet: PacketDescription, description: ProtocolDescription) -> str:
    """Render a packet whose parts are as wide as each other: their sizes differ too much to be drawn to scale."""
    boxes = members(packet, description)
    width = (WIDTH - 2 * _MARGIN) / len(boxes)
    edges = [_MARGIN + number * width for number in range(len(boxes))]
    pieces = []
    for box, x in zip(boxes, edges, strict=True):
        outline = box_outline(corners(x, TOP, width, _BOX), box, packet, description)
        pieces.append(group(box.path, tooltip(packet, box), [outline, *_label(_name(box, packet), box, x, width)]))
    pieces += _offsets(boxes, edges)
    pieces += _checksum(packet, boxes, edges)
    return diagram(packet, _caption(packet), TOP + _BOX + 74, pieces)


def _caption(packet: PacketDescription) -> str:
    figure = f"FIG. {packet.figure}, " if packet.figure else ""
    protocols = " or ".join(f"0x{protocol:02x}" for protocol in packet.protocols)
    return f"{figure}type 0x{packet.type:02x}, protocol {protocols}"


def _name(box: Box, packet: PacketDescription) -> str:
    """Of a nested structure its heading; of the client's packet what FIG. 11G and 11H call it."""
    if any(field.path == box.path and field.kind is Kind.IPV4_PACKET for field in packet.fields):
        return "client's IP packet"
    return next((heading(part.structure) for part in packet.parts if part.path == box.path), box.name)


def _label(name: str, box: Box, x: float, width: float) -> Iterator[ET.Element]:
    lines = wrapped(name, int((width - 8) / (CHARACTER * NAME_SIZE)))
    first = TOP + _BOX / 2 + 4 - len(lines) * _LINE / 2
    for number, content in enumerate(lines):
        yield text(x + width / 2, first + number * _LINE, content, "name", "middle")
    yield text(x + width / 2, first + len(lines) * _LINE, size_text(box.size), "muted", "middle")


def _offsets(boxes: Sequence[Box], edges: Sequence[float]) -> Iterator[ET.Element]:
    """Where each part begins, as far as that is fixed."""
    for number, (box, x) in enumerate(zip(boxes, edges, strict=True)):
        if number == 0 or boxes[number - 1].size is not None:
            yield text(x, TOP + _BOX + 18, str(box.offset), "muted")


def _checksum(packet: PacketDescription, boxes: Sequence[Box], edges: Sequence[float]) -> Iterator[ET.Element]:
    """A bracket under what the checksum covers; what it covers outside, in words."""
    y = TOP + _BOX + 28
    covered = [x for box, x in zip(boxes, edges, strict=True) if _is_covered(box, packet)]
    begin, end = covered[0], covered[-1] + edges[1] - edges[0]
    yield line([(begin + 1, y), (begin + 1, y + 6), (end - 1, y + 6), (end - 1, y)])
    beyond = ", with what is acknowledged" if packet.covered is None and not _records(packet) else ""
    yield text((begin + end) / 2, y + 22, f"covered by the checksum{beyond} (ENC-6)", "caption", "muted", "middle")


def _is_covered(box: Box, packet: PacketDescription) -> bool:
    """Whether ipOS adds it: of what is behind the Ethernet header all but a client's packet and padding."""
    if packet.covered is not None:
        return packet.covered[0] <= box.offset < packet.covered[1]
    return box.offset > 0 and (box.size is not None or box.path in _records(packet))


def _records(packet: PacketDescription) -> list[str]:
    """Paths of what an extension carries in records."""
    return [field.path for field in packet.fields if field.kind is Kind.RECORDS]
