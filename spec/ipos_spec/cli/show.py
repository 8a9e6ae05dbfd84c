"""`ipos-spec show`: a packet or structure as a diagram and a table of its fields."""

import difflib
from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

import typer
from rich.console import Console, JustifyMethod
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ipos_spec.box_drawing import IN_ASCII, Line, columns, draw
from ipos_spec.cli.common import app, console, listing, meant, refuse
from ipos_spec.cli.spelled import COLOURS, HEADING, NARROW, WIDE
from ipos_spec.description import ExtensionDescription, FieldDescription, ProtocolDescription, describe
from ipos_spec.diagram import Box, leaves, rows
from ipos_spec.wording import Described, bounds, common_bounds, everything, slug, summary

_OCTET_WIDTHS = (24, 16)
"""Characters to an octet of the diagram, of which the first is taken that fits; else the last."""


@app.command(epilog="Examples:\n\nipos-spec show\n\nipos-spec show tcp-connection\n\nipos-spec show control-block")
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Of a packet or structure; without, all are listed.")
    ] = None,
) -> None:
    """Show a packet or structure: which octet is what, what each field means, and what it may hold."""
    description = describe()
    known = {slug(described): described for described in everything(description)}
    out = console()
    if name is None:
        out.print(_list(known))
    elif found := meant(known, name):
        _show(known[found], description, out)
    else:
        refuse(f"no packet or structure is called {name!r}; {_suggestion(name, known, description)}")


def _suggestion(name: str, known: Mapping[str, Described], description: ProtocolDescription) -> str:
    table = meant((table.name for table in description.tables), name)
    if table:
        return f"a table is: `ipos-spec tables {table}`"
    close = difflib.get_close_matches(name.lower(), known)
    return f"perhaps {' or '.join(close)}?" if close else "`ipos-spec show` lists all"


def _list(known: Mapping[str, Described]) -> Table:
    table = listing("Name", "Octets", "What it is", name="Name")
    table.columns[1].justify = "right"
    for name, described in known.items():
        table.add_row(name, str(described.size), summary(described))
    return table


def _show(described: Described, description: ProtocolDescription, out: Console) -> None:
    boxes = leaves(described, description)
    octet = next((octet for octet in _OCTET_WIDTHS if columns(octet) <= out.width), _OCTET_WIDTHS[-1])
    out.print(Text(summary(described), style=HEADING))
    for line in draw(rows(boxes), octet):
        out.print(_styled(line, ascii_only=out.options.ascii_only), no_wrap=True, crop=False)
    out.print()
    out.print(_table(described, boxes, out.width))
    out.print()
    for bound in common_bounds(described, description):
        out.print(str(bound))
    for extension in description.extensions:
        if extension.packet == described:
            out.print(_records(extension))


def _styled(line: Line, *, ascii_only: bool) -> Text:
    text = Text()
    for piece in line:
        characters = piece.text.translate(IN_ASCII) if ascii_only else piece.text
        text.append(characters, _style(piece.box) if piece.box else Style.null())
    text.rstrip()
    return text


def _style(box: Box) -> Style:
    """One colour for each group of fields, as `decode` has it."""
    colour = f"color({COLOURS[box.group]})" if box.group in COLOURS else None
    return Style(color=colour, italic=box.reserved)


def _table(described: Described, boxes: tuple[Box, ...], width: int) -> Table:
    """As many columns as there is room for."""
    shown = [column for column in _COLUMNS if column.from_width <= width]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in shown:
        table.add_column(column.heading, justify=column.justify, no_wrap=column.heading == "Field")
    group = ""
    for field, box in zip(described.fields, boxes, strict=True):
        if field.group not in ("", group):
            table.add_row("", "", Text(field.group.rpartition(".")[2], style=HEADING))
            group = field.group
        table.add_row(*(Text(column.cell(field, width), _style(box) if column.coloured else "") for column in shown))
    return table


def _records(extension: ExtensionDescription) -> Table:
    """Which fields the records of an extension have."""
    table = Table(*(path.rpartition(".")[2] for path in extension.selected_by), "records", box=None, pad_edge=False)
    for variant in extension.variants:
        table.add_row(*variant.names, ", ".join(field.name for field in variant.record.fields))
    return table


def _meaning(field: FieldDescription, width: int) -> str:
    return f"{field.documentation} ({field.unit})" if field.unit and width < NARROW else field.documentation


class _Column(NamedTuple):
    """A column of the table, and how wide a terminal has to be for it."""

    heading: str
    cell: Callable[[FieldDescription, int], str]
    from_width: int = 0
    justify: JustifyMethod = "left"
    coloured: bool = False


_COLUMNS = (
    _Column("Offset", lambda field, _: str(field.offset), justify="right", coloured=True),
    _Column("Size", lambda field, _: str(field.size or ""), justify="right", coloured=True),
    _Column("Field", lambda field, _: field.name, coloured=True),
    _Column("Unit", lambda field, _: field.unit, NARROW),
    _Column("Meaning", _meaning),
    _Column("May hold", lambda field, _: "; ".join(str(bound) for bound in bounds(field)), NARROW),
    _Column("Source", lambda field, _: field.source, WIDE),
)
