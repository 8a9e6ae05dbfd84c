"""Launches a router on the packaged target's bench, in a namespace of its own, and runs a command beside it.

    python on_bench.py LAUNCH COMMAND...

LAUNCH is one word, as for `ipos-conformance run --launch`. The command's exit status is ours.
"""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.dut import Dut
from ipos_conformance.runs.run import ready_or_why_not
from ipos_conformance.target import DEFAULT_TARGET, read_target


def main(launch: str, *command: str) -> int:
    target = read_target(DEFAULT_TARGET)
    router = target.command(tuple(shlex.split(launch)), target.target.configuration)
    with tempfile.TemporaryDirectory() as folder, bench(target, router, Path(folder) / "log") as place:
        unready = ready_or_why_not(Dut(target, place.ports, 1, place.target_end), target.timing.start)
        if unready:
            sys.exit(unready)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
