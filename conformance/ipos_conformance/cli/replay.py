"""`ipos-conformance replay`."""

from pathlib import Path
from typing import Annotated

import typer

from ipos_conformance.cli.recorded import DEFAULT_RESULTS, ResultsOption, chosen, read_results, split, target_of
from ipos_conformance.findings.results import Results
from ipos_conformance.runs.replaying import recorded
from ipos_conformance.runs.replaying import replay as replay_cases
from ipos_conformance.runs.run import run as run_suite
from ipos_conformance.verdicts import Verdict

commands = typer.Typer()


@commands.command()
def replay(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CASE]... [TARGET.toml]", help="Cases as for `run`; without, all that failed."),
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
    times: Annotated[int, typer.Option(min=1, max=1000, help="How often; then n of m is told.")] = 1,
    output: Annotated[Path, typer.Option(help="Folder for the new results.")] = Path("ipos-results-replay"),
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Run cases again as they were recorded: same seed, same target file, same launch command.

    FIXED: it passes; STILL: it fails in the same way; OTHER: in another way; ERROR: it could not be judged.

    Exit status: 0 all fixed, 1 something still fails, 2 usage, 3 inconclusive, 4 target lost, 5 nothing selected.
    """
    selections, file = split(words or [])
    run = read_results(results)
    target = target_of(run, file)
    cases = [case for case in chosen(run, selections) if selections or _failed(run, case.id)]
    before = recorded(run, cases)
    if not before:
        typer.echo("Nothing failed in these results.")
        return

    def again(folder: Path) -> Results:
        return run_suite(target, cases, folder, [], launch=run.target.launch, seed=run.seed, force=force)

    found = replay_cases(before, again, output, times)
    for line in found.lines():
        typer.echo(line)
    raise typer.Exit(found.exit_code)


def _failed(run: Results, case_id: str) -> bool:
    verdict = next(case.verdict for case in run.cases if case.id == case_id)
    return verdict in (Verdict.FAIL, Verdict.WARN, Verdict.XFAIL)
