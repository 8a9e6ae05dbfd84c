"""How soon AFL++ finds a bug behind a right checksum: with the mutator and the dictionary, with either, with neither.

    python bench/afl.py [--rounds 5] [--longest 60] [-o bench/results/afl.json]

The program is the example of `ipos-fuzz afl`, whose bug is one field of a connection packet; the seed is that packet.
Each round gives every contestant the same seed of chance, one after the other. Who has found nothing within the
longest time counts with it, so ratios are lower bounds then, and the table says how often. Executions do not depend on
what else the machine does; seconds do. Needs afl-fuzz (4.04 or later, with Python), clang and make.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipos_fuzz.afl import write
from results import Results, Table, publish, rows

MUTATOR = {"AFL_PYTHON_MODULE": "ipos_mutator"}
DICTIONARY = ("-x", "ipos.dict")
CONTESTANTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "mutator and dictionary": (MUTATOR, DICTIONARY),
    "mutator": (MUTATOR, ()),
    "dictionary": ({}, DICTIONARY),
    "neither": ({}, ()),
}
QUIET = dict.fromkeys(
    (
        "AFL_BENCH_UNTIL_CRASH",
        "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES",
        "AFL_NO_AFFINITY",
        "AFL_NO_UI",
        "AFL_SKIP_CPUFREQ",
    ),
    "1",
)


@dataclass(frozen=True)
class Search:
    """One contestant in one round: whether it found the bug, in how many executions and seconds."""

    found: bool
    executions: int
    seconds: float


def main() -> None:
    """Measure, print, and write what the arguments ask for."""
    arguments = _arguments()
    missing = [tool for tool in ("afl-fuzz", "afl-clang-fast", "make") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"afl: needs {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        searches: dict[str, list[Search]] = {contestant: [] for contestant in CONTESTANTS}
        for number in range(1, arguments.rounds + 1):
            for contestant, taken in searches.items():
                taken.append(_search(folder, contestant, number, arguments.longest))
    publish(results_of(searches, arguments.longest), arguments.output)


def results_of(searches: Mapping[str, Sequence[Search]], longest: int) -> Results:
    """Executions and seconds until the bug was found. AFL++ counts milliseconds, so nothing took less than one."""
    executions = {name: [max(search.executions, 1) for search in taken] for name, taken in searches.items()}
    seconds = {name: [max(search.seconds, 0.001) for search in taken] for name, taken in searches.items()}
    found = ", ".join(
        f"{name} {sum(search.found for search in taken)} of {len(taken)}" for name, taken in searches.items()
    )
    told = f"Found within {longest} s: {found}. A search that was given up counts with what it had taken."
    tables = (
        Table("executions until the bug is found", "executions", rows(executions), told=told),
        Table("seconds until the bug is found", "s", rows(seconds)),
    )
    return Results("afl", tables, programs={"afl++": _version()})


def _version() -> str:
    done = subprocess.run(["afl-fuzz", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
    found = re.search(r"\d+\.\d+\w*", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _prepare(folder: Path) -> None:
    write(folder)
    # This sanitizer needs no library at run time.
    subprocess.run(
        ["make", "fuzzed", "SANITIZERS=AFL_USE_UBSAN=1"],  # noqa: S607
        cwd=folder,
        check=True,
        capture_output=True,
    )
    (folder / "in").mkdir()
    shutil.copy(folder / "seeds" / "tcp-connection", folder / "in")


def _search(folder: Path, contestant: str, seed: int, longest: int) -> Search:
    settings, options = CONTESTANTS[contestant]
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = ["afl-fuzz", "-i", "in", "-o", "out", "-s", str(seed), "-V", str(longest), *options, "--", "./fuzzed"]
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(folder), **settings}
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    statistics_file = folder / "out" / "default" / "fuzzer_stats"
    if not statistics_file.exists():
        sys.exit(f"afl: afl-fuzz made nothing: {(done.stdout + done.stderr).strip()[-500:]}")
    crashes = sorted((folder / "out" / "default" / "crashes").glob("id*"))
    if crashes:
        facts = dict(part.split(":", 1) for part in crashes[0].name.split(",") if ":" in part)
        return Search(True, int(facts["execs"]), int(facts["time"]) / 1000)
    facts = dict(line.replace(" ", "").split(":", 1) for line in statistics_file.read_text().splitlines())
    return Search(False, int(facts["execs_done"]), float(longest))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant searches")
    parser.add_argument("--longest", type=int, default=60, help="seconds after which a search is given up")
    parser.add_argument("-o", "--output", type=Path, help="where the searches go as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
