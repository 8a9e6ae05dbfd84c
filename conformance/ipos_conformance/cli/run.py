"""`ipos-conformance run`."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.case import all_cases
from ipos_conformance.cli.arguments import split, with_smoke, words
from ipos_conformance.doctor import bench, repairs
from ipos_conformance.errors import SuiteError
from ipos_conformance.reports.summary import Finished, document, worst
from ipos_conformance.reports.terminal import Terminal
from ipos_conformance.reports.terminal_of_several import TerminalOfSeveral
from ipos_conformance.runs.baseline import read_baseline
from ipos_conformance.runs.recording import Keep
from ipos_conformance.runs.run import run as run_suite
from ipos_conformance.runs.several import jobs as jobs_of
from ipos_conformance.runs.several import passed_on, run_all
from ipos_conformance.selection import select
from ipos_conformance.target import read_target
from ipos_conformance.verdicts import ExitCode

commands = typer.Typer()

_Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET.toml]... [SELECTION]...",
        help="Target files (default: the packaged one), then which cases: requirement ids, case ids, prefixes, globs, "
        "role:target, level:SHOULD, tag:smoke, both by +, none by not:.",
    ),
]


@commands.command()
def run(
    arguments: _Arguments = None,
    output: Annotated[
        Path,
        typer.Option(help="Folder for the results and all that is made of them; of several targets, one in it each."),
    ] = Path("ipos-results"),
    launch: Annotated[
        str | None,
        typer.Option(help="Command in place of the target file's; {python}, {here} and {configuration} are filled in."),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Only one case of each subject: a few seconds.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only counts and verdict.")] = False,
    as_document: Annotated[
        bool, typer.Option("--json", help="Print one JSON document in the end, for another program to read.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Of several targets, how many at once.", show_default="cores"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of all random numbers; each run's results name theirs.")] = None,
    captures: Annotated[
        Keep, typer.Option(help="Of which cases the frames are kept, in results.json and as captures.")
    ] = Keep.FAILED,
    baseline: Annotated[
        Path | None, typer.Option(help="Expected failures, as `ipos-conformance baseline` writes them.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Put the interfaces right as doctor does, and back after the run.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Run the suite against a target, or against several.

    Exit status: 0 conformant, 1 not, 2 usage, 3 inconclusive, 4 target lost, 5 nothing selected; of several,
    the gravest.

    Examples: [bold]ipos-conformance run[/]; [bold]ipos-conformance run my-router.toml ENC-7 'control-block/*'[/];
    [bold]ipos-conformance run my-router.toml --smoke[/]; [bold]ipos-conformance run old.toml new.toml --jobs 2[/]
    """
    files, selections = split(arguments or [])
    cases = select(all_cases(), with_smoke(selections, smoke=smoke))
    contracts = None if baseline is None else read_baseline(baseline, [case.id for case in all_cases()])
    command = [] if launch is None else words(launch)
    if len(files) > 1:
        raise typer.Exit(_several(files, output, jobs or os.cpu_count() or 1, quiet=quiet, as_document=as_document))
    target = read_target(files[0])
    terminal = Terminal(Console(stderr=as_document), quiet=quiet, summary=not as_document)
    with contextlib.closing(terminal), repairs.for_a_run(bench.repairs(target) if fix else []):
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
            baseline=contracts,
            let_go=not fix,  # what was put right has to be put back
        )
    if as_document:
        typer.echo(document([Finished(files[0], output, results.exit_code, results)]))
    elif not quiet and results.exit_code is not ExitCode.CONFORMANT:
        typer.echo(f"Report: {output / 'report.html'}; one case again: add its id and --seed {results.seed}")
    raise typer.Exit(results.exit_code)


def _several(files: list[Path], output: Path, at_once: int, *, quiet: bool, as_document: bool) -> int:
    """Judge several targets; the exit status of all."""
    missing = next((file for file in files if files.count(file) > 1), None)
    if missing is not None:
        raise SuiteError(f"{missing}: found twice, expected each target file once")
    work = jobs_of(files, output)
    terminal = TerminalOfSeveral(Console(stderr=as_document), work, quiet=quiet or as_document)
    try:
        runs = run_all(work, passed_on(sys.argv[2:], files), at_once, terminal.draw)
    finally:
        terminal.close()
    if as_document:
        typer.echo(document(runs))
    else:
        terminal.print()
    return worst([run.status for run in runs])
