"""`ipos-conformance doctor`: what is wrong with the bench or with the target file, and what to do."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.doctor import bench, repairs
from ipos_conformance.doctor.exam import examined
from ipos_conformance.doctor.finding import Finding, State, exit_code, unknown
from ipos_conformance.doctor.report import as_json, conclusion, print_findings
from ipos_conformance.doctor.settings import Change
from ipos_conformance.errors import SuiteError
from ipos_conformance.target import DEFAULT_TARGET, Target, read_target

commands = typer.Typer()


@commands.command()
def doctor(
    file: Annotated[Path, typer.Argument(metavar="[TARGET.toml]")] = DEFAULT_TARGET,
    fix: Annotated[bool, typer.Option("--fix", help="Do what can be done, and say how to undo it.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what --fix has done.")] = False,
    as_document: Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Leave out what is well.")] = False,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Look the bench and a target file over, and say for each finding what to do.

    First this machine, then the interfaces, then the target: is it where the file says, does it serve what the file
    says, does it know the peers. Exit status: 0 all is well, 1 there are faults, 3 something can't be judged.

    Examples: [bold]ipos-conformance doctor my-router.toml[/]; [bold]ipos-conformance doctor my-router.toml --fix[/]
    """
    if undo:
        if fix:
            raise SuiteError("--fix and --undo: found both, expected one")
        for change in repairs.undo():
            typer.echo(f"undone: {change.command}")
        return
    target = read_target(file)
    console = Console(stderr=as_document)
    done: list[Change] = []
    if fix:
        done = _repaired(target, console)
    findings = list(_found(target, force=force))
    if as_document:
        typer.echo(as_json(findings, done))
    else:
        print_findings(findings, console, quiet=quiet)
        console.print(conclusion(findings), highlight=False, soft_wrap=True)
    raise typer.Exit(exit_code(findings))


def _found(target: Target, *, force: bool) -> Iterator[Finding]:
    findings = list(bench.looked_over(target, force=force))
    yield from findings
    if any(_is_in_the_way(finding) for finding in findings):
        yield unknown("target", "it can be examined when the bench is as it should be", "Mend the faults above first.")
        return
    with TemporaryDirectory() as folder:
        yield from examined(target, Path(folder) / "target.log", force=force)


def _is_in_the_way(finding: Finding) -> bool:
    """Whether nothing can be examined with it; what `--fix` would mend besides does not hide the target."""
    if finding.state is not State.FAULT:
        return False
    return finding.repair is None or finding.repair.setting.kind == "up"


def _repaired(target: Target, console: Console) -> list[Change]:
    """Do what can be done; what takes each back."""
    done = list(_told(bench.repairs(target), console))
    if done:
        console.print("Take it back by `ipos-conformance doctor --undo`.\n", highlight=False)
    return done


def _told(changes: Sequence[Change], console: Console) -> Iterator[Change]:
    for back in repairs.repair(changes):
        (change,) = (one for one in changes if one.setting == back.setting)
        console.print(f"done: {change.command}   (before: {back.command})", highlight=False, soft_wrap=True)
        yield back
