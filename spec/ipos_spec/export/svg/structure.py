"""The diagram of a structure: 32 bits a row under a ruler, and below it the bits of its flags."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from ipos_spec.description import FieldDescription, ProtocolDescription, StructureDescription
from ipos_spec.diagram import OCTETS, Cell, Row, homes, members, rows, wrapped
from ipos_spec.drawing.document import CHARACTER, TOP, Point, corners, group, line, polygon, text
from ipos_spec.drawing.theme import NAME_SIZE
from ipos_spec.export.svg.boxes import box_outline, diagram, tooltip
from ipos_spec.wording import number_text, size_text

_LEFT, _OCTET = 44, 168
_BIT = _OCTET / 8
_RIGHT = _LEFT + OCTETS * _OCTET
_RULER = 26
_ROW, _LINE = 32, 15
_FLAGS_RIGHT = _LEFT + 416
_FLAGS_STRIP = 22


def structure_diagram(structure: StructureDescription, description: ProtocolDescription) -> str:
    """Render a structure of any size; nested structures are boxes in it, long ones are shortened."""
    laid = rows(members(structure, description))
    pieces = list(_ruler(TOP))
    tops: list[float] = [TOP + _RULER]
    for row in laid:
        tops.append(tops[-1] + _height(row))
    pieces += _offsets(laid, tops)
    for box, (number, cell) in homes(laid).items():
        spans = [(at, found) for at, row in enumerate(laid) for found in row.cells if found.box == box]
        outline = box_outline(_outline(spans, tops), box, structure, description)
        breaks = [mark for at, _ in spans if laid[at].is_shortened for mark in _break_marks(tops[at], tops[at + 1])]
        label = _label(_lines(laid[number], cell), cell, (tops[number] + tops[number + 1]) / 2)
        pieces.append(group(box.path, tooltip(structure, box), [outline, *breaks, *label]))
    bottom = tops[-1]
    for field in structure.fields:
        if field.flags and not field.group:
            pieces += _flags(field, bottom + 30)
            bottom += 30 + _FLAGS_STRIP + 20 + 18 * len(field.names)
    hatched = "; hatched: zero, ignored" if any(box.reserved for row in laid for box in row.boxes if box) else ""
    return diagram(structure, f"{size_text(structure.size)}{hatched}", bottom + 12, pieces)


def _ruler(top: float) -> Iterator[ET.Element]:
    """The numbers of the bits and a tick between two of them, longer between octets."""
    for bit in range(8 * OCTETS):
        yield text(_LEFT + (bit + 0.5) * _BIT, top + 12, str(bit), "muted", "middle")
    for bit in range(8 * OCTETS + 1):
        x, length = _LEFT + bit * _BIT, 4 if bit % 8 else 8
        yield line([(x, top + _RULER - length), (x, top + _RULER)])


def _offsets(laid: Sequence[Row], tops: Sequence[float]) -> Iterator[ET.Element]:
    for row, top in zip(laid, tops, strict=False):
        if row.offset is not None:
            yield text(_LEFT - 8, top + _ROW / 2 + 4, str(row.offset), "muted", "end")


def _height(row: Row) -> float:
    longest = max(len(_lines(row, cell)) for cell in row.cells if cell.box)
    return _ROW + _LINE * (longest - 1 + row.is_shortened)


def _lines(row: Row, cell: Cell) -> list[str]:
    """What stands in a cell if it is its box's home."""
    if cell.box is None:
        return []
    name = f"{cell.box.name}, {size_text(cell.box.size)}" if row.is_shortened else cell.box.name
    return wrapped(name, int((cell.octets * _OCTET - 8) / (CHARACTER * NAME_SIZE)))


def _outline(spans: Sequence[tuple[int, Cell]], tops: Sequence[float]) -> list[Point]:
    """Around all cells of a box: down on their right sides, up again on their left ones."""
    right = [(_x(cell.first + cell.octets), tops[at + end]) for at, cell in spans for end in (0, 1)]
    left = [(_x(cell.first), tops[at + end]) for at, cell in reversed(spans) for end in (1, 0)]
    return [*right, *left]


def _x(column: int) -> float:
    return _LEFT + column * _OCTET


def _label(lines: Sequence[str], cell: Cell, middle: float) -> Iterator[ET.Element]:
    x = _x(cell.first) + cell.octets * _OCTET / 2
    first = middle + 4.5 - (len(lines) - 1) * _LINE / 2
    for number, content in enumerate(lines):
        yield text(x, first + number * _LINE, content, "name", "middle")


def _break_marks(top: float, bottom: float) -> Iterator[ET.Element]:
    """Two strokes through each side of a row that stands for more than it shows."""
    middle = (top + bottom) / 2
    for x in (_LEFT, _RIGHT):
        yield polygon([(x - 4, middle), (x + 4, middle - 5), (x + 4, middle + 1), (x - 4, middle + 6)], "paper")
        yield line([(x - 4, middle), (x + 4, middle - 5)])
        yield line([(x - 4, middle + 6), (x + 4, middle + 1)])


def _flags(field: FieldDescription, top: float) -> Iterator[ET.Element]:
    """The bits of a field, those that have names led out to them; the rightmost comes first, so no two lines cross."""
    bits = 8 * (field.size or 0)
    bit = (_FLAGS_RIGHT - _LEFT) / bits
    yield text(_LEFT, top, f"Bits of {field.name}", "caption", "muted")
    strip = top + 26
    for number in range(bits):
        yield text(_LEFT + (number + 0.5) * bit, strip - 5, str(number), "muted", "middle")
        yield polygon(corners(_LEFT + number * bit, strip, bit, _FLAGS_STRIP), "box", "paper")
    below = strip + _FLAGS_STRIP
    for place, (name, value) in enumerate(sorted(field.names, key=lambda named: named[1])):
        x, y = _LEFT + (bits - value.bit_length() + 0.5) * bit, below + 18 * place + 10
        led = line([(x, strip + _FLAGS_STRIP / 2), (x, y), (_FLAGS_RIGHT + 8, y)])
        label = text(_FLAGS_RIGHT + 14, y + 4, f"{number_text(field, value)} {name}", "name")
        yield group(f"{field.path}.{name}", f"{field.name}: bit {bits - value.bit_length()}, {name}", [led, label])
