"""`ipos-conformance show`."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.case import all_cases
from ipos_conformance.cli.recorded import DEFAULT_RESULTS, ResultsOption, one_case, read_results, target_of
from ipos_conformance.errors import SuiteError
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.reports.output import REPRODUCERS
from ipos_conformance.reports.showing import show as show_case
from ipos_conformance.reports.showing import summary
from ipos_conformance.runs.against_reference import first_difference
from ipos_conformance.runs.double import double
from ipos_conformance.runs.recording import Keep
from ipos_conformance.runs.run import run as run_suite
from ipos_conformance.verdicts import Verdict

commands = typer.Typer()


@commands.command()
def show(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Id; without, all that is not PASS.")] = None,
    results: ResultsOption = DEFAULT_RESULTS,
    against_reference: Annotated[
        bool, typer.Option(help="Run it against the packaged reference router, too: the first answer that differs.")
    ] = False,
) -> None:
    """Show one case: its sentence, the stimulus field by field, what was due, what came, when, how to see it again.

    In frames, [ ] and * mark what is not as usual, ! what a router discards the frame for.
    """
    run = read_results(results)
    console = Console()
    if case is None:
        _all(run, results, console)
        return
    one = one_case(run, case)
    show_case(one, run, console)
    for line in _what_next(one, results):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if against_reference:
        console.print()
        for line in _beside_reference(one, run):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def _all(run: Results, results: Path, console: Console) -> None:
    others = [case for case in run.cases if case.verdict is not Verdict.PASS]
    for case in others:
        summary(case, console)
        console.print()
    passed = len(run.cases) - len(others)
    console.print(f"{len(others)} of {len(run.cases)} cases did not pass, {passed} did.", highlight=False)
    if others:
        hint = f"Frames and fields of one: ipos-conformance show {others[0].id}{_results_option(results)}"
        console.print(hint, highlight=False, markup=False, soft_wrap=True)


def _what_next(case: CaseResult, results: Path) -> list[str]:
    if case.verdict is Verdict.PASS:
        return []
    option = _results_option(results)
    lines = ["", f"again:      ipos-conformance replay {case.id}{option}"]
    folder = results if results.is_dir() else results.parent
    script = folder / REPRODUCERS / f"{case.id}.py"
    if script.is_file():
        lines.append(f"by itself:  python3 {script} FIRST_LAN_INTERFACE SECOND_LAN_INTERFACE")
        lines.append(f"smaller:    ipos-conformance minimise {case.id}{option}")
        lines.append(f"to give on: ipos-conformance export {case.id}{option} --output FOLDER")
    return lines


def _results_option(results: Path) -> str:
    return "" if results == DEFAULT_RESULTS else f" --results {results}"


def _beside_reference(case: CaseResult, run: Results) -> list[str]:
    cases = [one for one in all_cases() if one.id == case.id]
    if not cases:
        raise SuiteError(f"{case.id}: this suite has no such case any more")
    if not case.frames:
        raise SuiteError(f"{case.id}: its frames were not kept")
    with tempfile.TemporaryDirectory() as folder:
        reference = double(target_of(run, None), Path(folder))
        right = run_suite(reference, cases, Path(folder) / "run", [], seed=run.seed, keep=Keep.ALL)
    return list(first_difference(case, run, right.cases[0], right))
