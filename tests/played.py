"""Plays frames to a target on its bench, in a namespace of its own, and tells what became of it.

    python played.py TARGET.toml LOG < FRAMES

FRAMES: one a line, the LAN (`first` or `second`) and the octets in hexadecimal. LOG gets what the target
prints. Barriers on both LANs follow; the answer is a line: `alive`, or how the target ended.
"""

import sys
import time
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Lan
from ipos_conformance.target import read_target

_LANS = {"first": Lan.FIRST, "second": Lan.SECOND}
_BETWEEN_LOOKS = 64
"""Frames after which the answers are taken off the wire and the target's process is looked at."""


def main(file: str, log: str) -> str:
    """Send what stands in standard input, and look whether the target lives."""
    target = read_target(Path(file))
    with bench(target, target.command(target.target.launch, target.target.configuration), Path(log)) as place:
        dut = Dut(target, place.ports, 1, place.target_end)
        if not dut.judge.is_ready(time.monotonic() + target.timing.start):
            return place.target_end() or "it did not begin to answer"
        try:
            _send(dut)
            alive = dut.judge.is_ready(time.monotonic() + target.timing.start)
        except BenchError as error:  # its interfaces go with it
            return place.target_end() or str(error)
        return place.target_end() or ("alive" if alive else "it does not answer any more")


def _send(dut: Dut) -> None:
    for number, line in enumerate(sys.stdin):
        lan, octets = line.split()
        dut.traffic.send(_LANS[lan], bytes.fromhex(octets))
        if number % _BETWEEN_LOOKS == 0:
            dut.traffic.collect(0)
            if dut.target_end() is not None:
                return


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
