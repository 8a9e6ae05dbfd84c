"""Diagrams as geometry: which field stands at which octet of which row, 32 bits a row, whatever draws them."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ipos_spec.description import ProtocolDescription, StructureDescription
from ipos_spec.wording import Described, is_reserved, packets, structures

OCTETS = 4
"""Of a row: 32 bits, as in RFCs."""

_LONGEST = 3
"""So many whole rows of one box are drawn; of more, one that stands for all of them."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn as one: a field, or a nested structure as a whole.

    path      dotted name within what is drawn
    offset    in octets
    size      in octets; None if it varies
    group     what is drawn alike: the path in a packet of the structure that it belongs to, such as `header`;
              of what belongs to none, its own path
    reserved  whether senders zero it and receivers ignore it
    """

    path: str
    offset: int
    size: int | None
    group: str
    reserved: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Cell:
    """The octets of one row that one box fills: from column `first` on, 0 to 3."""

    box: Box | None
    first: int
    octets: int


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at each of four octets; None behind the end.

    offset  of the first one; None where it is not fixed
    octets  that the row stands for: 4, more where a long box is shortened, None where it has no fixed size
    """

    offset: int | None
    octets: int | None
    boxes: tuple[Box | None, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The row's octets, neighbours of one box together."""
        runs = [(box, len(list(run))) for box, run in itertools.groupby(self.boxes)]
        starts = itertools.accumulate((octets for _, octets in runs), initial=0)
        return tuple(Cell(box, first, octets) for (box, octets), first in zip(runs, starts, strict=False))

    @property
    def is_shortened(self) -> bool:
        """Whether it stands for more than it shows."""
        return self.octets != OCTETS


def members(described: Described, description: ProtocolDescription) -> tuple[Box, ...]:
    """What a structure or packet is made of at its top: fields, and nested structures as one box each."""
    group_of = _groups(description)
    sizes = {known.name: known.size for known in structures(description)}
    parts = [
        Box(part.path, part.offset, sizes[part.structure], group_of[part.structure])
        for part in described.parts
        if "." not in part.path
    ]
    fields = [box for box in leaves(described, description) if "." not in box.path]
    return tuple(sorted([*parts, *fields], key=lambda box: (box.offset, box.size is None)))


def leaves(described: Described, description: ProtocolDescription) -> tuple[Box, ...]:
    """All fields of a structure or packet, those of nested structures included."""
    group_of = _groups(description)
    by_path = {part.path: group_of[part.structure] for part in described.parts}
    if isinstance(described, StructureDescription):
        by_path[""] = group_of[described.name]
    return tuple(
        Box(field.path, field.offset, field.size, by_path.get(field.group, field.path), is_reserved(field))
        for field in described.fields
    )


def _groups(description: ProtocolDescription) -> Mapping[str, str]:
    """The group of each structure by its name, which is the group of one that is in no packet."""
    own = {known.name: known.name for known in structures(description)}
    return own | {part.structure: part.path for packet in packets(description) for part in packet.parts}


def rows(boxes: Sequence[Box]) -> tuple[Row, ...]:
    """Lay boxes out that follow each other without a gap. What varies in size fills its row and one more."""
    slots: list[Box | None] = []
    for box in boxes:
        slots += [box] * (-len(slots) % OCTETS + OCTETS if box.size is None else box.size)
    slots += [None] * (-len(slots) % OCTETS)
    fixed = sum(box.size or 0 for box in boxes)
    laid = [
        Row(at if at < fixed else None, OCTETS if at < fixed else None, tuple(slots[at : at + OCTETS]))
        for at in range(0, len(slots), OCTETS)
    ]
    return tuple(_shortened(laid))


def homes(laid: Iterable[Row]) -> dict[Box, tuple[int, Cell]]:
    """Where the name of each box goes: the number of the row, and the cell; its widest one, the upper of equals."""
    found: dict[Box, tuple[int, Cell]] = {}
    for number, row in enumerate(laid):
        for cell in row.cells:
            if cell.box and (cell.box not in found or found[cell.box][1].octets < cell.octets):
                found[cell.box] = number, cell
    return found


def _shortened(laid: Iterable[Row]) -> Iterator[Row]:
    for box, grouped in itertools.groupby(laid, key=_whole):
        run = list(grouped)
        if box is None or len(run) <= _LONGEST:
            yield from run
        else:
            yield Row(run[0].offset, OCTETS * len(run), run[0].boxes)


def _whole(row: Row) -> Box | None:
    """The box that fills the whole row, if one does."""
    return row.boxes[0] if len(row.cells) == 1 else None


def wrapped(name: str, width: int) -> list[str]:
    """A name in lines of at most so many characters, broken behind underscores and blanks if possible."""
    lines = [""]
    for word in _breakable(name, width):
        if len(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _breakable(name: str, width: int) -> Iterator[str]:
    word = ""
    for letter in name:
        if len(word) == width:
            yield word
            word = ""
        word += letter
        if letter in "_ ":
            yield word
            word = ""
    if word:
        yield word
