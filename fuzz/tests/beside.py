"""Sets a target up in a namespace of its own, and runs a command beside it, whose exit status is ours.

python beside.py TARGET.toml COMMAND...
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from ipos_conformance.runs.phases import usual
from ipos_conformance.target import read_target
from ipos_fuzz.campaign.place import place
from ipos_fuzz.oracles.bystanders import REQUEST


def main(file: str, *command: str) -> int:
    target = read_target(Path(file))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        # Not a seed of the tests: the router would have met the clients of a script already.
        with place(target, usual(target, (), ()), log, 99, absent={REQUEST}):
            return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
