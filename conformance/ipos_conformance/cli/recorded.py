"""What the commands have in common that begin with a results file."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from ipos_conformance.case import Case, all_cases
from ipos_conformance.errors import ResultsError, SuiteError
from ipos_conformance.findings.results import CaseResult, Results, read
from ipos_conformance.selection import is_there, select
from ipos_conformance.target import DEFAULT_TARGET, Target, read_target

DEFAULT_RESULTS = Path("ipos-results/results.json")

ResultsOption = Annotated[Path, typer.Option("--results", help="A results file, or the output folder of a run.")]


def read_results(path: Path) -> Results:
    """Read it. Raises ResultsError that says what to do."""
    if path == DEFAULT_RESULTS and not path.exists():
        raise ResultsError(f"{path}: no results file; `ipos-conformance run` makes one, --results names another one")
    return read(path)


def one_case(run: Results, name: str) -> CaseResult:
    """The case of this id. Raises SuiteError with a suggestion."""
    by_id = {case.id: case for case in run.cases}
    if name in by_id:
        return by_id[name]
    near = get_close_matches(name, by_id, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else "; `ipos-conformance list` shows all"
    known = any(case.id == name for case in all_cases())
    problem = "not in these results, it was not run" if known else "no case"
    raise SuiteError(f"{name}: {problem}{hint}")


def chosen(run: Results, selections: Sequence[str]) -> list[Case]:
    """The cases of a run that selections match, as the suite has them now. Raises SelectionError."""
    ids = {case.id for case in run.cases}
    return select([case for case in all_cases() if case.id in ids], selections)


def target_of(run: Results, file: Path | None) -> Target:
    """The target of a run, or another one. Raises SuiteError."""
    if file is not None:
        return read_target(file)
    recorded = Path(run.target.file) if run.target.file else DEFAULT_TARGET
    if not is_there(recorded):
        raise SuiteError(f"{recorded}: the target file of that run is not there any more; name one behind the cases")
    return read_target(recorded)


def split(words: Sequence[str]) -> tuple[list[str], Path | None]:
    """Cases, and the target file that may stand before or behind them. Raises SuiteError."""
    files = [word for word in words if word.endswith(".toml")]
    if len(files) > 1:
        raise SuiteError(f"found {files[0]} and {files[1]}, expected one target file")
    return [word for word in words if word not in files], Path(files[0]) if files else None
