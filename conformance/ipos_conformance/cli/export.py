"""`ipos-conformance export`."""

from pathlib import Path
from typing import Annotated

import typer

from ipos_conformance.cli.recorded import DEFAULT_RESULTS, ResultsOption, one_case, read_results
from ipos_conformance.reproducer.export import export as export_case

commands = typer.Typer()


@commands.command()
def export(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a failing case.")],
    output: Annotated[Path, typer.Option(help="Folder for script, captures and README.")],
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Write a failure for somebody who has not the suite.

    A script that shows it again with Python's standard library alone, captures, lines for tcpreplay, and a README.

    Example: [bold]ipos-conformance export length/padding-is-ignored/zeros --output for-the-vendor[/]
    """
    run = read_results(results)
    reason = export_case(one_case(run, case), run, output)
    typer.echo(f"Without a script: {reason}" if reason else f"sudo python3 {output}/reproduce.py FIRST_LAN SECOND_LAN")
