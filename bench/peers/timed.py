"""Runs a command and says what it took: python timed.py FILE COMMAND...

Appends a line with its processor seconds, those of its children included, to FILE. SIGTERM is passed on.
"""

import resource
import signal
import subprocess
import sys
from pathlib import Path


def main(file: str, *command: str) -> int:
    """Run it; its exit status is ours."""
    child = subprocess.Popen(command)  # noqa: S603 - the command is whoever's who calls this
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    status = child.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path(file).open("a", encoding="ascii") as opened:
        opened.write(f"{used.ru_utime + used.ru_stime}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
