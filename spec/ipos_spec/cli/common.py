"""What the commands share: the application they register with, exit codes, the console, the one line for bad input."""

import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

BAD_FRAME, USAGE = 1, 2
WIDTH_OF_A_FILE = 140
"""Columns that a table takes where no terminal says how many there are."""

app = typer.Typer(
    name="ipos-spec",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The ipOS protocol: spells out frames, tells requirements, draws packets, states and tables, gives vectors "
    "and whole exchanges, writes all of it down in other languages.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if show_version:
        typer.echo(f"ipos-spec {version('ipos')}")
        raise typer.Exit


def refuse(problem: str) -> NoReturn:
    """End with one line on stderr: the command was not understood."""
    typer.echo(f"ipos-spec: {problem}", err=True)
    raise typer.Exit(USAGE)


def reason(error: OSError) -> str:
    """Why the system could not do it, in its words, to stand within a line."""
    return (error.strerror or str(error)).lower()


def meant(names: Iterable[str], text: str) -> str | None:
    """Which name is meant: in capitals or not, with hyphens, underscores or spaces between its words."""
    return {_plain(name): name for name in names}.get(_plain(text))


def _plain(text: str) -> str:
    return text.lower().replace("_", "-").replace(" ", "-")


def console() -> Console:
    """Rich's console, which takes texts as they are; a table in a file is not cut to a terminal's width."""
    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    return Console(markup=False, highlight=False, emoji=False, width=width)


def listing(*headings: str, name: str = "") -> Table:
    """An empty table in which nothing is cut: a word that is too long goes on in the next line, a `name` has room."""
    table = Table(box=SIMPLE)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == name)
    return table
