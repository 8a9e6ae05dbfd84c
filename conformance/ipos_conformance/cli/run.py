"""`ipos-conformance run`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.case import all_cases
from ipos_conformance.cli.arguments import split, words
from ipos_conformance.recording import Keep
from ipos_conformance.run import run as run_suite
from ipos_conformance.selection import select
from ipos_conformance.target import read_target
from ipos_conformance.terminal import Terminal
from ipos_conformance.verdicts import ExitCode

commands = typer.Typer()

_Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET.toml] [SELECTION]...",
        help="A target file (default: the packaged one), then requirement ids, case ids, prefixes or globs.",
    ),
]


@commands.command()
def run(
    arguments: _Arguments = None,
    output: Annotated[Path, typer.Option(help="Folder for the results and all that is made of them.")] = Path(
        "ipos-results"
    ),
    launch: Annotated[
        str | None,
        typer.Option(help="Command in place of the target file's; {python}, {here} and {configuration} are filled in."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only counts and verdict.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of all random numbers; each run's results name theirs.")] = None,
    captures: Annotated[
        Keep, typer.Option(help="Of which cases the frames are kept, in results.json and as captures.")
    ] = Keep.FAILED,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Run the suite against a target.

    Exit status: 0 conformant, 1 not, 2 usage, 3 inconclusive, 4 target lost, 5 nothing selected.

    Examples: [bold]ipos-conformance run[/]; [bold]ipos-conformance run my-router.toml ENC-7 'control-block/*'[/]
    """
    path, selections = split(arguments or [])
    target = read_target(path)
    cases = select(all_cases(), selections)
    terminal = Terminal(Console(), quiet=quiet)
    try:
        command = [] if launch is None else words(launch)
        results = run_suite(
            target,
            cases,
            output,
            [terminal],
            launch=command,
            seed=seed,
            force=force,
            keep=captures,
            command=("ipos-conformance", *sys.argv[1:]),
        )
    finally:
        terminal.close()
    if not quiet and results.exit_code is not ExitCode.CONFORMANT:
        typer.echo(f"Report: {output / 'report.html'}; one case again: add its id and --seed {results.seed}")
    raise typer.Exit(results.exit_code)
