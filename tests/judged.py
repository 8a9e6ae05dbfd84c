"""Whole runs of the suite against the reference router with something planted, many side by side."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = 3
"""Runs side by side. Each has its namespace, and mostly waits for its target or for timers."""

_PATIENCE = 240
"""Seconds, with all other runs beside it."""


@dataclass(frozen=True)
class Judgement:
    """What the suite found: its exit status, and the verdict of each case with its requirement."""

    status: int
    verdicts: dict[str, tuple[str, str]]

    def other_than(self, *verdicts: str) -> dict[str, tuple[str, str]]:
        """The cases that ended in none of these verdicts."""
        return {case: found for case, found in self.verdicts.items() if found[1] not in verdicts}


def judge(planted: str, directory: Path, *selections: str) -> Judgement:
    """Run the suite's cases, or those that are selected, against a router with a defect or variation."""
    launch = f"{{python}} -m ipos_defects {planted} run {{configuration}}"
    command = [sys.executable, "-m", "ipos_conformance", "run", *selections, "-q", "--output", str(directory)]
    done = subprocess.run(
        [*command, "--launch", launch], capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    assert (directory / "results.json").exists(), done.stdout + done.stderr
    results = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    verdicts = {case["id"]: (case["requirement"], case["verdict"]) for case in results["cases"]}
    return Judgement(done.returncode, verdicts)


@contextmanager
def side_by_side(
    selections: Mapping[str, tuple[str, ...]], make_directory: Callable[[str], Path]
) -> Iterator[dict[str, "Future[Judgement]"]]:
    """All runs begun at once: from what is planted to the selections of cases. Each has a directory of its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(judge, name, make_directory(name), *chosen) for name, chosen in selections.items()}
