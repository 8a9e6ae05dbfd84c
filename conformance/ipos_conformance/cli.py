"""`ipos-conformance`: the door of the suite."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.case import Case, all_cases
from ipos_conformance.demo import demonstrate
from ipos_conformance.errors import SelectionError, SuiteError
from ipos_conformance.run import run as run_suite
from ipos_conformance.selection import select
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_conformance.terminal import Terminal
from ipos_conformance.verdicts import ExitCode

app = typer.Typer(
    help="Judge an ipOS router from outside, over its two LANs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

_Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET.toml] [SELECTION]...",
        help="A target file (default: the packaged one), then requirement ids, case ids, prefixes or globs.",
    ),
]


@app.command()
def run(
    arguments: _Arguments = None,
    output: Annotated[Path, typer.Option(help="Folder for results.json, junit.xml and target.log.")] = Path(
        "ipos-results"
    ),
    launch: Annotated[
        str | None, typer.Option(help="Command in place of the target file's; {python} and {here} are filled in.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only counts and verdict.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of all random numbers; each run's results name theirs.")] = None,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Run the suite against a target.

    Exit status: 0 conformant, 1 not, 2 usage, 3 inconclusive, 4 target lost, 5 nothing selected.

    Examples: [bold]ipos-conformance run[/]; [bold]ipos-conformance run my-router.toml ENC-7 'control-block/*'[/]
    """
    path, selections = _split(arguments or [])
    target = read_target(path)
    cases = _selected(selections)
    terminal = Terminal(Console(), quiet=quiet)
    try:
        command = None if launch is None else _words(launch)
        results = run_suite(target, cases, output, [terminal], launch=command, seed=seed, force=force)
    finally:
        terminal.close()
    if not quiet and results.exit_code is not ExitCode.CONFORMANT:
        typer.echo(
            f"Frames of every case: {output / 'results.json'}; one case again: add its id and --seed {results.seed}"
        )
    raise typer.Exit(results.exit_code)


@app.command("list")
def list_cases(
    selections: Annotated[list[str] | None, typer.Argument(metavar="[SELECTION]...")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")] = False,
) -> None:
    """List cases with their requirement and what they show. Selections are as for `run`: TGT, ENC-7, 'length/*'."""
    cases = _selected(selections or [])
    if as_json:
        typer.echo(json.dumps([_as_json(case) for case in cases], indent=2))
        return
    # No table: a case id is there to be copied, so it must not be cut or broken.
    for case in cases:
        typer.echo(f"{case.requirement.id:<7} {case.requirement.level:<10} {case.id}  {case.sentence}")


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for the results of both runs.")] = Path("ipos-results-demo"),
) -> None:
    """Show what it does: the reference router passes; with one planted defect, exactly that requirement fails."""
    raise typer.Exit(demonstrate(output, Console()))


def main() -> None:
    """Entry point. Whatever the user gets wrong ends in one line on standard error."""
    try:
        app()
    except SelectionError as error:
        _end(error, ExitCode.NOTHING_SELECTED)
    except SuiteError as error:
        _end(error, ExitCode.USAGE)


def _end(error: Exception, code: ExitCode) -> None:
    sys.stderr.write(" ".join(f"ipos-conformance: {error}".split()) + "\n")
    sys.exit(code)


def _split(arguments: list[str]) -> tuple[Path, list[str]]:
    late = next((word for word in arguments[1:] if word.endswith(".toml")), None)
    if late is not None:
        raise SuiteError(f"found {late} behind a selection, expected the target file first")
    if arguments and arguments[0].endswith(".toml"):
        return Path(arguments[0]), arguments[1:]
    return DEFAULT_TARGET, arguments


def _selected(selections: list[str]) -> list[Case]:
    return select(all_cases(), selections)


def _as_json(case: Case) -> dict[str, str]:
    entry = case.requirement
    return {"id": case.id, "requirement": entry.id, "level": entry.level, "sentence": case.sentence}


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise SuiteError(f"--launch: {error}") from error
    if not words:
        raise SuiteError("--launch: nothing, expected a command")
    return words
