"""How fast the reference's TCP gets octets to a Linux client and from it, on good lines and on lossy ones.

    python bench/goodput.py [--rounds 7] [-o bench/results/goodput.json]

The client's kernel talks over one bridge to four servers with the same application: the reference router, reached over
TAP, which passes the octets on to an application on loopback; PyTCP, reached over TAP, with the application inside; and
the kernel's own TCP, once cutting every segment itself and once leaving that to the device, as on a real NIC. The
bridge loses TCP packets of both directions at random. Every octet is checked on arrival. Contestants take turns; the
TCP in question has the last core, client and the router's application have another. As root, with /dev/net/tun.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench" / "peers")]

from bed import needs_kernel  # noqa: E402
from measure import end_in_order, take_turns  # noqa: E402
from results import Bar, Growth, Results, Table, growth, publish, rows  # noqa: E402
from tcp_client import download, upload  # noqa: E402
from tcp_paths import KERNEL, KERNEL_OFFLOADED, PYTCP, ROUTER, Paths  # noqa: E402

ROUNDS = 7
MIB = 1 << 20

NAMES = {
    ROUTER: "ipos-router, application behind it",
    PYTCP: "PyTCP, application inside",
    KERNEL: "Linux, no segmentation offload",
    KERNEL_OFFLOADED: "Linux, segmentation offload",
}
OCTETS = {ROUTER: 8 * MIB, PYTCP: 2 * MIB, KERNEL: 32 * MIB, KERNEL_OFFLOADED: 32 * MIB}
"""What each transfers in a round: about as long for all, and long against slow start."""

TOLD = (
    "Octets of the application, from the SYN to the last one, on one connection: in a round "
    f"{OCTETS[ROUTER] // MIB} MiB of ipos-router, {OCTETS[PYTCP] // MIB} of PyTCP, {OCTETS[KERNEL] // MIB} of Linux."
)
TOLD_OF_LOSS = f"{TOLD} The bridge loses TCP packets of both directions at random."
TOLD_OF_PROCESSOR = (
    "Of the router without its application, of PyTCP with it; what the kernel does with a frame that is written to the "
    "TAP, up to the client's ACK, is in it."
)

DIRECTIONS = {"Download": download, "Upload": upload}
LOSSES = (0.0, 0.1, 1.0)
"""Percent."""

SIZES = (64 * 1024, MIB, 8 * MIB, 64 * MIB)
CONNECTIONS = (1, 4, 16, 64)
CLOCK, PROCESSOR, LINUX = "ipos-router, by the clock", "ipos-router, time of its processor", "Linux, by the clock"

Transfer = Callable[[Callable[[], object], int, int], float]


class Bench:
    """Measures over paths that stand."""

    def __init__(self, paths: Paths, rounds: int) -> None:
        self._paths = paths
        self._rounds = rounds

    def table(self, direction: str, percent: float) -> tuple[Table, Table]:
        """Goodput at a loss, and the time of the processor that it takes the two that are processes."""
        self._paths.lose(percent)
        # A frame of 64 KiB that the bridge drops is another loss than one of 1.5 KiB
        servers = [server for server in NAMES if not percent or server != KERNEL_OFFLOADED]
        used: dict[str, list[float]] = {NAMES[ROUTER]: [], NAMES[PYTCP]: []}

        def goodput(server: str) -> float:
            seconds, processor = self._transfer(DIRECTIONS[direction], server, OCTETS[server])
            if NAMES[server] in used:
                used[NAMES[server]].append(processor * 1e3 * MIB / OCTETS[server])
            return OCTETS[server] * 8 / seconds / 1e6

        measured = take_turns({NAMES[server]: partial(goodput, server) for server in servers}, self._rounds)
        if percent and not self._paths.lost():
            raise AssertionError(f"a loss of {percent} % that loses nothing")
        line = f"{percent:g} % loss" if percent else "no loss"
        return (
            Table(f"{direction}, {line}", "Mbit/s", rows(measured), "more", TOLD_OF_LOSS if percent else TOLD),
            Table(f"{direction}, {line}: time of the processor", "ms/MiB", rows(used), told=TOLD_OF_PROCESSOR),
        )

    def by_size(self) -> Growth:
        """How the time of a download grows with its octets."""
        self._paths.lose(0)
        return self._growth("Download of so many octets", "octets", SIZES, lambda size: (size, 1))

    def by_connections(self) -> Growth:
        """How the time grows with the number of connections that download 1 MiB each at once."""
        self._paths.lose(0)
        return self._growth("Download of 1 MiB on each of so many connections", "connections", CONNECTIONS, _a_mib_each)

    def _growth(self, title: str, size: str, sizes: Sequence[int], what: Callable[[int], tuple[int, int]]) -> Growth:
        taken: dict[str, list[list[float]]] = {name: [[] for _ in sizes] for name in (CLOCK, PROCESSOR, LINUX)}
        for _ in range(self._rounds):
            for at, one in enumerate(sizes):
                seconds, processor = self._transfer(download, ROUTER, *what(one))
                linux, _ = self._transfer(download, KERNEL, *what(one))
                for name, value in ((CLOCK, seconds), (PROCESSOR, processor), (LINUX, linux)):
                    taken[name][at].append(value * 1e3)
        medians = {name: [statistics.median(values) for values in series] for name, series in taken.items()}
        return growth(title, "ms", size, sizes, medians)

    def _transfer(self, transfer: Transfer, server: str, octets: int, connections: int = 1) -> tuple[float, float]:
        before = self._paths.processor_seconds(server)
        seconds = transfer(lambda: self._paths.connect(server), octets, connections)
        return seconds, self._paths.processor_seconds(server) - before


def _a_mib_each(connections: int) -> tuple[int, int]:
    return MIB, connections


def measured(paths: Paths, rounds: int) -> Results:
    """All tables, growths and bars."""
    for server in NAMES:  # caches, and the neighbours' addresses
        download(lambda server=server: paths.connect(server), MIB)
    bench = Bench(paths, rounds)
    pairs = [bench.table(direction, percent) for percent in LOSSES for direction in DIRECTIONS]
    growths = (bench.by_size(), bench.by_connections())
    (best, _), *_ = pairs
    ours, theirs = best.rows[:2]
    bars = (
        Bar("Mbit/s of a download without loss", 150, (ours.median,)),
        Bar("download without loss by PyTCP's", 2, (1 / theirs.ratio,)),
        *(
            Bar(f"power of the number of {one.size} by which the time grows", 1.2, (one.slopes[PROCESSOR],), False)
            for one in growths
        ),
    )
    tables = (*(goodput for goodput, _ in pairs), *(processor for _, processor in pairs))
    return Results("goodput", tables, growths, bars, packages=("ipos", "pmd-pytcp"))


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant has its turn")
    options = arguments.parse_args()
    if reason := needs_kernel() or next(
        (f"needs {word}" for word in ("nsenter", "nft", "ip") if not shutil.which(word)), None
    ):
        sys.exit(f"goodput: {reason}")
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    with tempfile.TemporaryDirectory() as directory, Paths(Path(directory)) as paths:
        for process in paths.processes.values():
            os.sched_setaffinity(process, {cores[-1]})
        results = measured(paths, options.rounds)
    publish(results, options.output)


if __name__ == "__main__":
    end_in_order()
    main()
