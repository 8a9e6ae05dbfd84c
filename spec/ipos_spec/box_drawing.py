"""Diagrams in characters, for a terminal or a plain text."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ipos_spec.diagram import OCTETS, Box, Cell, Row, homes, wrapped
from ipos_spec.wording import size_text

_GUTTER = 6
"""Columns on the left, for offsets."""

_CORNERS = {
    # up, down, left, right: where lines meet
    "    ": " ", "  lr": "─", "ud  ": "│",
    " d r": "┌", " dl ": "┐", "u  r": "└", "u l ": "┘",
    "ud r": "├", "udl ": "┤", " dlr": "┬", "u lr": "┴", "udlr": "┼",
}  # fmt: skip

IN_ASCII = str.maketrans("─│╎┌┐└┘├┤┬┴┼", "-|:+++++++++")
"""Translates a drawing for what knows no other characters."""


class Piece(NamedTuple):
    """A part of a line, and the box that it belongs to; None for lines, rulers and offsets."""

    text: str
    box: Box | None = None


Line = list[Piece]


def columns(octet: int) -> int:
    """How wide a drawing gets whose octets are so many characters wide."""
    return _GUTTER + OCTETS * octet + 1


def draw(laid: Sequence[Row], octet: int) -> Iterator[Line]:
    """Draw rows with so many characters to an octet, a multiple of 8: a bit ruler, then boxes with their offsets."""
    yield from _ruler(octet // 8)
    at_home = {(number, cell): box for box, (number, cell) in homes(laid).items()}
    outside = (None,) * OCTETS
    above: tuple[Box | None, ...] = outside
    for number, row in enumerate(laid):
        yield _border(above, row.boxes, octet)
        labels = {
            cell: _label(box, row, cell.octets * octet - 1) for (at, cell), box in at_home.items() if at == number
        }
        yield from _row(row, labels, octet)
        above = row.boxes
    yield _border(above, outside, octet)


def _ruler(bit: int) -> Iterator[Line]:
    """The numbers of the bits, tens above units; a bit's character stands over the middle of it."""
    bits = range(8 * OCTETS)
    tens = "".join(f"{number // 10 if number % 10 == 0 else '':>{bit}}" for number in bits)
    units = "".join(f"{number % 10:>{bit}}" for number in bits)
    for numbers in (tens, units):
        yield [Piece((" " * (_GUTTER - bit // 2 + 1 - bit % 2) + numbers).rstrip())]


def _label(box: Box, row: Row, width: int) -> list[str]:
    if not row.is_shortened:
        return wrapped(box.name, width)
    return wrapped(f"{box.name}, {size_text(box.size)}", width)


def _row(row: Row, labels: dict[Cell, list[str]], octet: int) -> Iterator[Line]:
    height = max((len(label) for label in labels.values()), default=1)
    for number in range(height):
        offset = "" if number or row.offset is None else str(row.offset)
        line = [Piece(f"{offset:>{_GUTTER - 1}} ")]
        for cell in row.cells:
            label = labels.get(cell, [])
            first = (height - len(label)) // 2
            text = label[number - first] if first <= number < first + len(label) else ""
            line += [Piece(_side(row, cell.first)), Piece(f"{text:^{cell.octets * octet - 1}}", cell.box)]
        yield [*line, Piece(_side(row, OCTETS))]


def _side(row: Row, column: int) -> str:
    """The line between the octets left and right of a column's begin."""
    left, right = _neighbours(row.boxes, column)
    if left == right:
        return " "
    return "╎" if row.is_shortened else "│"


def _border(above: Sequence[Box | None], below: Sequence[Box | None], octet: int) -> Line:
    """The line between two rows: drawn where the boxes above and below differ."""
    text = ""
    for column in range(OCTETS + 1):
        (above_left, above_right), (below_left, below_right) = _neighbours(above, column), _neighbours(below, column)
        up, down = above_left != above_right, below_left != below_right
        left, right = above_left != below_left, above_right != below_right
        text += _CORNERS[f"{'u'[:up]:1}{'d'[:down]:1}{'l'[:left]:1}{'r'[:right]:1}"]
        text += (" ", "─")[right] * (octet - 1) if column < OCTETS else ""
    return [Piece(" " * _GUTTER + text.rstrip())]


def _neighbours(boxes: Sequence[Box | None], column: int) -> tuple[Box | None, Box | None]:
    """What stands left and right of a column's begin; outside there is nothing."""
    return boxes[column - 1] if column > 0 else None, boxes[column] if column < OCTETS else None
