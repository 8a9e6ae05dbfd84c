"""The demonstration: a right router is green, one planted defect is red in exactly its requirement."""

import contextlib
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from ipos_conformance.errors import ResultsError
from ipos_conformance.findings import results
from ipos_conformance.findings.results import Results
from ipos_conformance.verdicts import ExitCode, Verdict

_DEFECT = "wrong-checksum-accepted"
_BROKEN = "ENC-7"
_SELECTION = ("tag:smoke", "ENC", "not:advertisements")
"""Enough to be believed, and little enough to be watched: a case of each subject, and all about FIG. 11's frames."""
_DEFECTIVE = f"{{python}} -m ipos_defects {_DEFECT} run {{configuration}}"


def demonstrate(output: Path, console: Console) -> int:
    """Run the suite twice; 0 if both runs showed what they should, else 1."""
    console.print("[bold]1. The reference router, as it is[/]")
    right = _run(output / "reference", [], console)
    if right is None:
        return ExitCode.USAGE
    console.print(f"\n[bold]2. The same router with one planted defect: {_DEFECT}[/]")
    wrong = _run(output / _DEFECT, ["--launch", _DEFECTIVE], console)
    as_expected = _is_green(right) and _is_red_in(wrong, _BROKEN)
    console.print(
        f"\n[bold]{'As expected' if as_expected else 'NOT as expected'}[/]: the right router passes, "
        f"and the defect is caught by the cases of {_BROKEN} and by no others."
    )
    return 0 if as_expected else 1


def _run(output: Path, options: list[str], console: Console) -> Results | None:
    # A process of its own for each run: a namespace can be entered, but not left.
    file = output / "results.json"
    with contextlib.suppress(OSError):  # `run` says what is wrong with the folder
        file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ipos_conformance", "run", *_SELECTION, "--output", str(output), *options]
    status = subprocess.run(command, check=False).returncode  # noqa: S603 - our own program
    console.print(f"exit status {status}", highlight=False)
    try:
        found = results.read(file)
    except ResultsError:  # the run has said why there are none
        return None
    return found if found.exit_code == status else None


def _is_green(run: Results | None) -> bool:
    return (
        run is not None
        and run.exit_code is ExitCode.CONFORMANT
        and set(run.counts)
        <= {
            Verdict.PASS,
            Verdict.NOT_APPLICABLE,
        }
    )


def _is_red_in(run: Results | None, requirement: str) -> bool:
    """Every case of the requirement fails, and no other."""
    if run is None or run.exit_code is not ExitCode.NOT_CONFORMANT:
        return False
    red = {case.id for case in run.cases if case.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    return red == {case.id for case in run.cases if case.requirement == requirement}
