"""`ipos-spec tables`: FIG. 12's tables, with all that is said about them."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ipos_spec.cli.common import Json, app, console, listing, meant, refuse
from ipos_spec.cli.spelled import HEADING
from ipos_spec.description import FieldDescription, TableDescription, describe
from ipos_spec.export.neutral_json import neutral_json
from ipos_spec.tables import Lifetime
from ipos_spec.text import Text as TextFormat
from ipos_spec.wording import bounds


@app.command(epilog="Examples:\n\nipos-spec tables\n\nipos-spec tables forward\n\nipos-spec tables --json")
def tables(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Of a table; without, all are listed.")] = None,
    as_json: Json = False,
) -> None:
    """Show a table of FIG. 12: key and fields, bound, lifetimes, who fills it and who reads it."""
    known = {table.name: table for table in describe().tables}
    if name is not None:
        name = meant(known, name) or refuse(f"no table is called {name!r}; expected one of {', '.join(known)}")
    if as_json:
        described = json.loads(neutral_json(describe()))["protocol"]["tables"]
        typer.echo(json.dumps([table for table in described if name in (None, table["name"])], indent=2))
    elif name is None:
        console().print(_list(known.values()))
    else:
        _show(known[name], console())


def _list(known: Iterable[TableDescription]) -> Table:
    listed = listing("Name", "Key", "Other fields", "What it is for", name="Name")
    for table in known:
        others = [field.name for field in table.record.fields if field.name not in table.record.key]
        listed.add_row(table.name, ", ".join(table.record.key), ", ".join(others), table.use)
    return listed


def _show(table: TableDescription, out: Console) -> None:
    out.print(Text(f"{table.title}. {table.use} [{table.source}]", style=HEADING))
    out.print()
    out.print(_fields(table))
    out.print()
    if table.lifetimes:
        out.print(_lifetimes(table))
        out.print()
    for line in _remarks(table):
        out.print(line)


def _fields(table: TableDescription) -> Table:
    fields = _plain("Key", "Octets", "Field", "Meaning", "May hold", "Source")
    for field in table.record.fields:
        key = "yes" if field.name in table.record.key else "no"
        meaning = f"{field.documentation} ({field.unit})" if field.unit else field.documentation
        holds = "; ".join(str(bound) for bound in bounds(field))
        fields.add_row(key, _octets(field), Text(field.name), meaning, holds, field.source)
    return fields


def _octets(field: FieldDescription) -> str:
    if field.size is not None:
        return str(field.size)
    return f"{TextFormat.length_size} + up to {field.maximum}"


def _lifetimes(table: TableDescription) -> Table:
    lifetimes = _plain("After", "Instance", "Since", "What happens", "Source")
    for lifetime in table.lifetimes:
        lifetimes.add_row(
            f"{lifetime.seconds} s", _instance(lifetime), lifetime.since, lifetime.then, lifetime.requirement
        )
    return lifetimes


def _instance(lifetime: Lifetime) -> str:
    return lifetime.protocol.name if lifetime.protocol else "all"


def _plain(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading in ("Field", "After", "Octets"))
    return table


def _remarks(table: TableDescription) -> Iterator[str]:
    instances = " and ".join(protocol.name for protocol in table.instances)
    yield f"Instances: {f'one for {instances} each (TAB-5)' if instances else 'one'}."
    bound = table.bound
    yield f"Bound: {bound.records} records, if the operator says nothing else ({bound.requirement})."
    yield f"Full: {bound.explanation}"
    yield f"Filled by: {table.filled_by}"
    yield f"Read by: {table.read_by}"
    if any(lifetime.scaled for lifetime in table.lifetimes):
        yield "Times are multiplied by the operator's factor (TIM-1)."
