"""How soon AFL++ finds a bug behind a right checksum: with the mutator and the dictionary, with either, with neither.

    python bench/afl.py [--rounds 5] [--longest 60] [-o bench/results/afl.json]

The program is the example of `ipos-fuzz afl`, whose bug is one field of a connection packet; the seed is that packet.
Each round gives every contestant the same seed of chance, one after the other. Who has found nothing within the
longest time counts with it, so ratios are lower bounds then, and the table says how often. Executions do not depend on
what else the machine does; seconds do. Needs afl-fuzz (4.04 or later, with Python), clang and make.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ipos_fuzz.afl import write

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
    _print(searches)
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        told = {contestant: [asdict(search) for search in taken] for contestant, taken in searches.items()}
        document = {"subject": "afl", "longest": arguments.longest, "searches": told}
        arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


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


def _print(searches: dict[str, list[Search]]) -> None:
    first = _medians(searches[next(iter(searches))])
    sys.stdout.write(
        f"{'':26}{'found':>8}{'executions':>12}{'seconds':>10}{'ratio of executions':>21}{'of seconds':>12}\n"
    )
    for contestant, taken in searches.items():
        executions, seconds = _medians(taken)
        found = sum(search.found for search in taken)
        bound = "" if found == len(taken) else "> "
        ratios = f"{bound + format(executions / first[0], '.1f'):>21}{bound + format(seconds / first[1], '.1f'):>12}"
        sys.stdout.write(f"{contestant:26}{found:>4} of {len(taken)}{executions:>12.0f}{seconds:>10.2f}{ratios}\n")


def _medians(taken: list[Search]) -> tuple[float, float]:
    """Executions and seconds; AFL++ counts milliseconds, so nothing took less than one."""
    executions = statistics.median(search.executions for search in taken)
    return max(executions, 1), max(statistics.median(search.seconds for search in taken), 0.001)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant searches")
    parser.add_argument("--longest", type=int, default=60, help="seconds after which a search is given up")
    parser.add_argument("-o", "--output", type=Path, help="where the searches go as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
