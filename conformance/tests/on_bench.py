"""Launches a router on a target's bench, in a namespace of its own, and runs a command beside it.

    python on_bench.py [--target TARGET.toml] [--phase quick] LAUNCH COMMAND...

LAUNCH is one word, as for `ipos-conformance run --launch`; empty: the target file's. The packaged target if none is
named; `quick` is its second configuration. The command's exit status is ours.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.dut import Dut
from ipos_conformance.runs.phases import quick, usual
from ipos_conformance.runs.run import ready_or_why_not
from ipos_conformance.target import DEFAULT_TARGET, read_target

_SEED = 1 << 40
"""Of the clients that ask whether the router is ready: others than the command's, which it would remember (TGT-4)."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, default=DEFAULT_TARGET)
    parser.add_argument("--phase", choices=("usual", "quick"), default="usual")
    parser.add_argument("launch")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    target = read_target(chosen.target)
    launch = tuple(shlex.split(chosen.launch))
    phase = quick(target, (), launch) if chosen.phase == "quick" else usual(target, (), launch)
    if phase is None:
        sys.exit(f"{chosen.target}: no [quick]")
    with tempfile.TemporaryDirectory() as folder, bench(target, phase.launch, Path(folder) / "log") as place:
        dut = Dut(target, place.ports, _SEED, place.target_end, phase.scale, phase.bounds)
        unready = ready_or_why_not(dut, target.timing.start)
        if unready:
            sys.exit(unready)
        return subprocess.run(chosen.command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
