"""`ipos-spec states`: the state tables in the terminal, and for documentation."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from rich.table import Table as Printed

from ipos_spec.cli.common import Json, app, console, listing, meant, refuse
from ipos_spec.states import TABLES
from ipos_spec.states.diagram import dot, mermaid, svg
from ipos_spec.states.listing import cells, plain, rst
from ipos_spec.states.table import Table

WRITTEN: Mapping[str, Callable[[Table], str]] = {"dot": dot, "mermaid": mermaid, "rst": rst, "svg": svg}


@app.command(
    epilog="Examples:\n\nipos-spec states\n\nipos-spec states target\n\n"
    "ipos-spec states forwarding --format svg > forwarding.svg\n\nipos-spec states --json",
)
def states(
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help=f"One of {', '.join(TABLES)}; else all.")] = None,
    written: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"table, {', '.join(WRITTEN)}; but for table, of one.")
    ] = "table",
    as_json: Json = False,
) -> None:
    """Show the state tables: at which event, on which conditions, a router does what, by which requirements."""
    if name is not None:
        name = meant(TABLES, name) or refuse(f"no state table is called {name!r}; there are {', '.join(TABLES)}")
    if as_json and written != "table":
        refuse(f"--json and --format {written}, expected one of them")
    if written not in ("table", *WRITTEN):
        refuse(f"format {written!r} is not one of table, {', '.join(WRITTEN)}")
    chosen = [table for table in TABLES.values() if name in (None, table.name)]
    if as_json:
        typer.echo(json.dumps([plain(table) for table in chosen], indent=2))
    elif written == "table":
        for table in chosen:
            console().print(_printed(table))
    elif name is None:
        refuse(f"format {written} is of one table; name one of {', '.join(TABLES)}")
    else:
        typer.echo(WRITTEN[written](TABLES[name]), nl=False)


def _printed(table: Table) -> Printed:
    printed = listing("State", "Event", "Conditions", "Actions", "Then", "Requirements")
    printed.title, printed.title_justify = f"{table.name}: {table.documentation}", "left"
    for row in table.rows:
        printed.add_row(*cells(row), ", ".join(row.ids))
    return printed
