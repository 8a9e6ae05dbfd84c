"""`ipos-conformance minimise`."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ipos_conformance.cli.recorded import DEFAULT_RESULTS, ResultsOption, chosen, one_case, read_results, target_of
from ipos_conformance.errors import SuiteError
from ipos_conformance.findings import results as results_files
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.reproducer.export import export
from ipos_conformance.reproducer.minimising import Smaller, minimise
from ipos_conformance.reproducer.recipe import NotExpressible, Recipe, recipe, usual_fields
from ipos_conformance.reproducer.smaller import smaller_case
from ipos_conformance.reproducer.stage import Stage
from ipos_conformance.runs.double import double
from ipos_conformance.runs.phases import phases
from ipos_conformance.verdicts import ExitCode

commands = typer.Typer()


@commands.command(name="minimise")
def minimise_command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a failing case.")],
    target_file: Annotated[
        Path | None, typer.Argument(metavar="[TARGET.toml]", help="Another target than the recorded one.")
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
    output: Annotated[Path, typer.Option(help="Folder for the smaller results, script and captures.")] = Path(
        "ipos-results-smaller"
    ),
    tries: Annotated[int, typer.Option(min=1, max=1000, help="How often the target is asked at most.")] = 40,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """Make a failing stimulus smaller: fewer frames, then fewer changed fields, as long as it fails in the same way.

    Each try plays the recorded octets against a freshly launched, or reset, target, and where it fails, against the
    packaged reference router with the target's addresses: what a right router does, too, is no failure.

    Exit status: 0 a smaller one is written, 2 usage, or it can't be made smaller, 3 it did not fail again.
    """
    run = read_results(results)
    one = one_case(run, case)
    made = _recipe(one, recipe(one, run))
    target = target_of(run, target_file)
    (phase,) = phases(target, chosen(run, [case])[:1], run.target.launch)
    output.mkdir(parents=True, exist_ok=True)
    stage = Stage(target, phase, output / "target.log", force=force)
    with tempfile.TemporaryDirectory() as folder:
        reference = double(target, Path(folder))
        (right_phase,) = phases(reference, chosen(run, [case])[:1])
        right = Stage(reference, right_phase, Path(folder) / "target.log")
        if right.fails_beside(made):
            raise NotExpressible(f"{case}: the reference router answers these frames in the same way")
        # Whatever is left has to be wrong: what a right router does, too, shows nothing.
        found = minimise(
            made, usual_fields(one, made), lambda some: stage.fails(some) and not right.fails_beside(some), tries
        )
    if found is None or stage.last is None:
        typer.echo("It did not fail again: the frames alone don't show it, or it is fixed.")
        raise typer.Exit(ExitCode.INCONCLUSIVE)
    less = smaller_case(one, found, stage.last)
    smaller_run = run.model_copy(update={"cases": (less,), "lost": ""})
    results_files.write(smaller_run, output / "results.json")
    export(less, smaller_run, output)
    for line in _in_words(made, found):
        typer.echo(line)
    typer.echo(f"ipos-conformance show {case} --results {output}")


def _recipe(case: CaseResult, made: Recipe) -> Recipe:
    if not made.decisive or made.compares == "data":
        raise NotExpressible(
            f"{case.id}: an answer is missing, and would be missing, too, from whatever is left out; "
            "only an answer that should not have come can be made smaller"
        )
    if case.phase not in ("usual", "quick"):
        raise SuiteError(f"{case.id}: found phase {case.phase}, expected usual or quick")
    return made


def _in_words(whole: Recipe, found: Smaller) -> list[str]:
    sent = sum(step[1] == "sent" for step in whole.steps)
    restored = f", {len(found.restored)} fields usual again: {', '.join(found.restored)}" if found.restored else ""
    lines = [f"{len(found.steps)} of {sent} sent frames are left{restored}; {found.tries} tries"]
    if found.flaky:
        lines.append(f"flaky: the smaller one failed {found.failed} of {found.confirmed} times")
    if found.cut_short:
        lines.append("the tries ran out: more may be superfluous, see --tries")
    return lines
