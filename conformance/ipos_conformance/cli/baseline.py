"""`ipos-conformance baseline` and `ipos-conformance diff`."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.cli.recorded import read_results
from ipos_conformance.findings.verdict_changes import Kind, Progress, progress
from ipos_conformance.runs.baseline import BaselineError, write_baseline
from ipos_conformance.verdicts import ExitCode

commands = typer.Typer()
_DAYS = 90
_COLOURS = {Kind.WORSE: "bold red", Kind.OTHER_FAILURE: "yellow", Kind.BETTER: "green"}


@commands.command()
def baseline(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results file, or the output folder of a run.")],
    link: Annotated[str, typer.Option(help="Where these failures are followed up, such as an issue.")],
    reason: Annotated[str, typer.Option(help="Why they are left as they are for now.")],
    output: Annotated[Path, typer.Option(help="The file to write.")] = Path("baseline.toml"),
    expires: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help=f"Last day on which they are expected; {_DAYS} days from now.")
    ] = "",
) -> None:
    """Write the failures of a run as expected ones, for `run --baseline`. Link, day and reason can be edited there."""
    number = write_baseline(read_results(results), output, link=link, reason=reason, expires=_day(expires))
    typer.echo(f"{output}: {number} expected failure{'s' * (number != 1)}")


@commands.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A results file, or the output folder of a run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same of a later run, as of another firmware.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")] = False,
) -> None:
    """What became worse, better, fails otherwise, is new, is gone, can't be compared.

    Exit status 1: something became worse.
    """
    found = progress(read_results(old), read_results(new))
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
    else:
        _print(found, Console())
    raise typer.Exit(ExitCode.NOT_CONFORMANT if found.is_worse else ExitCode.CONFORMANT)


def _print(found: Progress, console: Console) -> None:
    say = {"highlight": False, "soft_wrap": True, "markup": False}
    console.print(f"old: {found.old}\nnew: {found.new}", **say)  # type: ignore[arg-type]
    for remark in found.remarks:
        console.print(f"note: {remark}", **say)  # type: ignore[arg-type]
    width = max((len(change.case) for change in found.changes), default=0)
    for change in found.changes:
        verdicts = f"{change.before or '-'} -> {change.after or '-'}"
        console.print(f"{change.kind:<14}", style=_COLOURS.get(change.kind), end="  ", highlight=False)
        console.print(f"{change.requirement:<7} {change.case:<{width}}  {verdicts}", **say)  # type: ignore[arg-type]
        if change.note:
            console.print(f"{'':<14}  {change.note}", **say)  # type: ignore[arg-type]
    counts = [(kind, sum(change.kind is kind for change in found.changes)) for kind in Kind]
    told = [f"{number} {kind}" for kind, number in counts if number]
    console.print(", ".join([*told, f"{found.same} as before"]), **say)  # type: ignore[arg-type]


def _day(text: str) -> date:
    if not text:
        return datetime.now(UTC).date() + timedelta(days=_DAYS)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BaselineError(f"--expires: found {text!r}, expected a day such as 2027-02-28") from error
