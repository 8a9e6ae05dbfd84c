"""`ipos-fuzz afl`."""

from pathlib import Path
from typing import Annotated

import typer

from ipos_fuzz.afl import write

commands = typer.Typer()


@commands.command(epilog="Examples:\n\nipos-fuzz afl afl-ipos")
def afl(folder: Annotated[Path, typer.Argument(help="Where everything is put; made if it is not there.")]) -> None:
    """Write what AFL++ needs to fuzz a parser in C: seeds, a dictionary, a custom mutator, a harness to begin with.

    What to do then stands in its README.md.
    """
    files = write(folder)
    typer.echo(f"{folder}: {len(files)} files; begin with README.md")
