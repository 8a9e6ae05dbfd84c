"""How long a verdict takes: the conformance suite against the reference, its smoke selection and all of it.

    python bench/suite.py [--rounds 3] [-o bench/results/suite.json]

Each is `ipos-conformance run` as a user types it, start of Python included, on TAP devices in a namespace of its own.
By the clock a run waits much: for answers, for timers of the protocol, scaled down or not, and for the target to be up.
How much of it is work the processor's time says, the suite's and the target's, its web server included; both may work
at the same time where there are two cores, so that for at least the rest neither does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from results import Results, Row, Table, publish, rows

ROUNDS = 3
"""Odd, so that the median is a measurement."""

SELECTIONS: Mapping[str, tuple[str, ...]] = {"smoke selection": ("--smoke",), "all cases": ()}
TIMED = Path(__file__).parent / "peers" / "timed.py"
CLOCK, SUITE, TARGET, REST = "by the clock", "processor, suite", "processor, target", "waiting, at least"
_CONFORMANT = 0


@dataclass(frozen=True)
class Run:
    """One run of the suite.

    clock, suite, target   seconds that passed, and of the processor
    cases                  seconds that each case took, waiting included; of those that were judged
    """

    clock: float
    suite: float
    target: float
    cases: tuple[float, ...]


def run(selection: Sequence[str]) -> Run:
    """Judge the reference once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        launch = f"{{python}} {TIMED} {folder / 'seconds'} {{python}} -m ipos_reference run {{configuration}}"
        command = [sys.executable, "-m", "ipos_conformance", "run", *selection, "--quiet"]
        command += ["--output", str(folder / "results"), "--launch", launch]
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - ourselves
        said = child.stdout.read() if child.stdout else b""
        _, status, used = os.wait4(child.pid, 0)
        clock = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != _CONFORMANT:
            sys.exit(f"suite: the reference is not conformant: {said.decode(errors='replace').strip()[-500:]}")
        cases = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))["cases"]
        target = sum(map(float, (folder / "seconds").read_text(encoding="ascii").split()))
        judged = tuple(case["seconds"] for case in cases if case["verdict"] in ("PASS", "WARN"))
        # The suite has waited for the target's process, whose time is thus in its own.
        return Run(clock, used.ru_utime + used.ru_stime - target, target, judged)


def tables_of(runs: Mapping[str, Sequence[Run]]) -> Iterator[Table]:
    """What runs took, how many cases a second that is, and how long a case is."""
    for name, taken in runs.items():
        seconds = {
            CLOCK: [one.clock for one in taken],
            SUITE: [one.suite for one in taken],
            TARGET: [one.target for one in taken],
            REST: [max(one.clock - one.suite - one.target, 0) for one in taken],
        }
        yield Table(f"{name}: {len(taken[0].cases):,} cases judged", "s", rows(seconds))
    rates = {name: [len(one.cases) / one.clock for one in taken] for name, taken in runs.items()}
    yield Table("cases a second, by the clock", "cases/s", rows(rates), "more")
    lengths = {name: [seconds * 1e3 for seconds in taken[0].cases] for name, taken in runs.items()}
    yield Table(
        "a case",
        "ms",
        _spread(lengths),
        told="Quartiles are of the cases here; those of the full run that wait for a timer wait beside others.",
    )


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each selection is run")
    options = arguments.parse_args()
    runs: dict[str, list[Run]] = {name: [] for name in SELECTIONS}
    for number in range(1, options.rounds + 1):
        for name, selection in SELECTIONS.items():
            runs[name].append(run(selection))
            sys.stdout.write(f"round {number}: {runs[name][-1].clock:8.1f} s  {name}\n")
            sys.stdout.flush()
    publish(Results("suite", tuple(tables_of(runs)), packages=("ipos", "scapy")), options.output)


def _spread(lengths: Mapping[str, Sequence[float]]) -> tuple[Row, ...]:
    """Medians and quartiles of what is not taken in turns."""
    medians = {name: statistics.median(taken) for name, taken in lengths.items()}
    first = next(iter(medians.values()))
    quartiles = {name: statistics.quantiles(taken) for name, taken in lengths.items()}
    return tuple(
        Row(name, medians[name], (low, high), medians[name] / first) for name, (low, _, high) in quartiles.items()
    )


if __name__ == "__main__":
    main()
