"""`ipos-conformance demo`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.runs.demo import demonstrate

commands = typer.Typer()


@commands.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for the results of both runs.")] = Path("ipos-results-demo"),
) -> None:
    """Show what it does: the reference router passes; with one planted defect, exactly that requirement fails."""
    raise typer.Exit(demonstrate(output, Console()))
