"""A frame as a person reads it: its octets and the table of its fields, in one colour for each group of fields."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ipos_spec.captures import CapturedFrame
from ipos_spec.dissection import Item
from ipos_spec.errors import DecodeError
from ipos_spec.requirements import requirement

COLOURS = {
    "ethernet": 32,
    "header": 28,
    "connection": 163,
    "connection.control_block": 30,
    "inner": 130,
    "table_header": 163,
    "records": 30,
    "padding": 244,
    "undecoded": 244,
}
"""Of the terminal's 256; each has a contrast of 3.8 to 1 or more to black and to white (WCAG 2.1 1.4.11 asks for 3)."""

WRONG = Style(color="color(231)", bgcolor="color(160)", bold=True)
WRONG_TEXT = Style(color="color(160)", bold=True)
HEADING = Style(bold=True)

NARROW, WIDE = 100, 120
"""Columns below which units stand with the meaning, and from which the octets stand beside the table."""

_MAC_WIDTH = 17

_BESIDE, _ABOVE = 8, 16
"""Octets in a line of the dump."""


def title(number: int, what: str, length: int, captured: CapturedFrame | None, since_ns: int | None) -> Text:
    """A frame's first line, and its comments.

    number    of the frame
    what      its packet, or why it is none
    length    in octets
    since_ns  time since the capture's first frame, in nanoseconds, if it is known
    """
    words = [f"Frame {number}: {what}", f"{length} octets"]
    if captured is not None and captured.interface:
        words.append(printable(captured.interface))
    if since_ns is not None:
        words.append(f"at {seconds_text(since_ns)} s")
    text = Text(", ".join(words), style=HEADING)
    for line in (line for comment in captured.comments for line in comment.splitlines()) if captured else ():
        text.append(f"\n    {printable(line)}", style=Style(bold=False, italic=True))
    return text


def printable(text: str) -> str:
    """Somebody else's text without what could steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def seconds_text(time_ns: int) -> str:
    """Nanoseconds as seconds with nine decimal places."""
    sign, absolute = "-" if time_ns < 0 else "", abs(time_ns)
    return f"{sign}{absolute // 10**9}.{absolute % 10**9:09}"


def spelled(heading: Text, items: Sequence[Item], error: DecodeError | None, console: Console) -> RenderableType:
    """A frame with its octets beside or above the table of its fields, and what it violates below."""
    items = [item for item in items if item.size or item.wrong]
    parts: list[RenderableType] = [heading]
    if console.is_terminal and console.width >= WIDE:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(Group("", _dump(items, _BESIDE)), _table(items, error, console.width))
        parts.append(grid)
    else:
        parts += [Text(), _dump(items, _ABOVE), Text(), _table(items, error, console.width)]
    if error is not None:
        violated = requirement(error.requirement)
        parts.append(Text(f"Violates {violated.id} ({violated.level}): {violated.sentence}", style=WRONG_TEXT))
    return Group(*parts, Text())


def _dump(items: Iterable[Item], per_line: int) -> Text:
    """The octets in hexadecimal, each in the style of its field, behind the offset of the line's first."""
    octets = [(octet, style) for item, style in _styled(items) for octet in _octets(item)]
    lines = []
    for offset in range(0, len(octets), per_line):
        line = Text(f"{offset:04x} ")
        for octet, style in octets[offset : offset + per_line]:
            line.append(" ").append(f"{octet:02x}", style=style)
        lines.append(line)
    return Text("\n").join(lines)


def _octets(item: Item) -> bytes:
    return item.value if isinstance(item.value, bytes) else item.value.to_bytes(item.size, "big")


def _styled(items: Iterable[Item]) -> Iterator[tuple[Item, Style]]:
    """Each item with its style: its group's colour, in bold for every other one so that neighbours stay apart."""
    bold, group = False, ""
    for item in items:
        bold = not bold and group == _group(item)
        group = _group(item)
        yield item, WRONG if item.wrong else Style(color=f"color({_colour(group)})", bold=bold)


def _colour(group: str) -> int:
    """Of the group, or of all that it is one of, as a record is one of `records`."""
    return COLOURS.get(group) or COLOURS[group.partition(".")[0]]


def _group(item: Item) -> str:
    """What the field is a part of; a part of the inner packet, which only an error names, belongs to it."""
    group = item.path.rpartition(".")[0]
    return group or item.path


def _table(items: Iterable[Item], error: DecodeError | None, width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("Offset", justify="right")
    table.add_column("Size", justify="right")
    table.add_column("Field", no_wrap=True)
    table.add_column("Value", overflow="fold", min_width=_MAC_WIDTH)
    with_units = width >= NARROW
    if with_units:
        table.add_column("Unit", no_wrap=True)
    table.add_column("Meaning")
    group = ""
    for item, style in _styled(items):
        parent, _, name = item.path.rpartition(".")
        if parent != group:
            table.add_row("", "", Text(parent.removeprefix("connection."), style=HEADING))
            group = parent
        cells = [Text(cell, style=style) for cell in (str(item.offset), str(item.size), name, item.text)]
        if with_units:
            cells.append(Text(item.wire.unit))
        table.add_row(*cells, _meaning(item, error, with_unit=not with_units))
    return table


def _meaning(item: Item, error: DecodeError | None, *, with_unit: bool) -> Text:
    if item.wrong and error is not None:
        return Text(f"WRONG: {error.problem}", style=WRONG_TEXT)
    unit = f" ({item.wire.unit})" if with_unit and item.wire.unit else ""
    return Text(f"{item.wire.documentation}{unit}")
