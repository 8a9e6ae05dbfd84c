"""Runs as one JSON document, for another program: what each target file came to, and where its results are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipos_conformance.findings.results import Results
from ipos_conformance.verdicts import ExitCode

FORMAT, VERSION = "ipos-run", 1
_GRAVEST_FIRST = (
    ExitCode.USAGE,
    ExitCode.NOTHING_SELECTED,
    ExitCode.TARGET_LOST,
    ExitCode.NOT_CONFORMANT,
    ExitCode.INCONCLUSIVE,
    ExitCode.CONFORMANT,
)


@dataclass(frozen=True)
class Finished:
    """One run that is over.

    file, folder  its target file and its output
    status        exit status, whatever the process meant by it
    results       None if there are none
    problem       why not, in one line
    """

    file: Path
    folder: Path
    status: int
    results: Results | None
    problem: str = ""


def worst(statuses: Sequence[int]) -> int:
    """The exit status of several runs: the gravest; one that is none of ours is graver than all."""
    strange = [status for status in statuses if status not in _GRAVEST_FIRST]
    if strange:
        return strange[0]
    return next(code.value for code in _GRAVEST_FIRST if code in statuses)


def document(runs: Sequence[Finished]) -> str:
    """The whole text. Frames, sentences and settings are in each run's results."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "exit_status": worst([run.status for run in runs]),
        "runs": [_run(run) for run in runs],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _run(run: Finished) -> dict[str, Any]:
    start = {
        "target_file": str(run.file),
        "output": str(run.folder),
        "exit_status": run.status,
        "problem": run.problem,
    }
    if run.results is None:
        return start
    found = run.results
    return start | {
        "target": found.target.model_dump(mode="json"),
        "outcome": found.outcome.model_dump(mode="json"),
        "started": found.started,
        "seconds": found.seconds,
        "seed": found.seed,
        "lost": found.lost,
        "cases": [
            case.model_dump(
                mode="json",
                include={
                    "id",
                    "requirement",
                    "level",
                    "verdict",
                    "expected",
                    "actual",
                    "reason",
                    "attempts",
                    "seconds",
                },
            )
            for case in found.cases
        ],
    }
