"""How many packets a second the reference forwards (FWD-1), beside the least a loop in Python does, Scapy and Linux.

    python bench/forwarding.py [--rounds 11] [-o bench/results/forwarding.json]

A contestant (`peers/forwarding_*.py`) is stopped, its queue is filled with a burst, and it is let go: what is timed is
how long the queue takes to drain, by the kernel's stamp on the last frame, and what the process used of the processor.
So neither sender nor receiver works meanwhile. All frames are compared with those that have to come out; who loses one
gets no figure. The bridge has no queue to fill: it forwards while the burst is sent, so its rate has the sender in it.
Contestants take turns on one core, each on TAP devices or virtual cables of its own in one namespace. As root.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from measure import end_in_order, take_turns
from namespace import Namespace
from peers.forwarding_flow import arriving, leaving
from peers.forwarding_wire import Burst, await_frames, caught, opened
from results import Bar, Growth, Results, Table, growth, publish, rows

ROUNDS = 11
"""Odd, so that the median is a measurement."""

SIZES = (100, 512, 1400)
"""Octets of a client's packet."""

ENTRIES, CLIENTS = 1_000, 256
"""Of Forward, and of those how many talk."""

BURST, SCAPYS = 4_096, 256
"""Frames that wait for a contestant; Scapy gets fewer, since it is slow."""

TURNED = 8 * BURST
"""Frames that a TAP may keep waiting."""

PEERS = Path(__file__).parent / "peers"
OURS, FLOOR, SCAPY, BRIDGE = "reference router", "least loop in Python", "Scapy", "Linux bridge, sender included"
PROGRAMS = {OURS: "router", FLOOR: "floor", SCAPY: "scapy"}
PORTS = {"tap": "TAP", "packet": "packet socket on a veth"}

GROWING, MIDDLE = (1_000, 10_000, 100_000, 1_000_000), 512
"""Entries of Forward, and the packets' octets."""


class Took(NamedTuple):
    """What a frame took: microseconds by the clock, and of the processor."""

    clock: float
    processor: float


class Contestant:
    """A forwarding process between two interfaces; ended by ``close``.

    kind     "tap" or "packet": which ports it opens
    program  of `peers`
    entries  of Forward
    """

    _numbers = count(1)

    def __init__(self, space: Namespace, core: int, kind: str, program: str, entries: int = ENTRIES) -> None:
        self.name = f"{program}, {kind}, {entries} entries"
        number = next(Contestant._numbers)
        inside = [f"lan{lan}-{number}" for lan in (1, 2)]
        outside = inside if kind == "tap" else [f"w{name}" for name in inside]
        if kind == "packet":
            for name, other in zip(inside, outside, strict=True):
                space.link_to(space, name, other)
        command = [sys.executable, str(PEERS / f"forwarding_{program}.py"), kind, *inside, str(entries)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own words
        try:
            os.sched_setaffinity(self._process.pid, {core})
            assert self._process.stdout is not None  # noqa: S101 - it was asked for
            if self._process.stdout.readline() != b"ready\n":
                sys.exit(f"forwarding: {' '.join(command)} did not begin")
            if kind == "tap":
                for name in inside:
                    space.tidy(name)
                    with space.routes() as ip:
                        ip.link("set", index=ip.link_lookup(ifname=name)[0], txqlen=TURNED)
            self._first, self._second = (opened(name) for name in outside)
        except BaseException:  # Ctrl-C, too: nobody can close what was not made
            self._process.kill()
            raise

    def drains(self, burst: Burst, expected: Counter[bytes]) -> Took:
        """Fill its queue, let it go, and see that everything comes out."""
        process = self._process.pid
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOWAIT)
        burst.send(self._first)
        began, used = time.time(), _processor_time(process)
        self._process.send_signal(signal.SIGCONT)
        await_frames(self._second, len(burst.frames), quiet=0.5)
        used = _processor_time(process) - used
        return _took(self.name, burst, expected, caught(self._second), began, used)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for wire in (self._first, self._second):
            wire.close()


class Bridge:
    """Linux's own, between two virtual cables."""

    def __init__(self, space: Namespace) -> None:
        with space.routes() as ip:
            ip.link("add", ifname="bridge", kind="bridge", br_mcast_snooping=0)  # which would tell others of itself
        space.tidy("bridge")
        for number in (1, 2):
            space.link_to(space, f"br-{number}", f"wbr-{number}")
            space.join("bridge", f"br-{number}")
        self._first, self._second = opened("wbr-1"), opened("wbr-2")

    def passes(self, burst: Burst, expected: Counter[bytes]) -> Took:
        """What is sent comes out."""
        began = time.time()
        burst.send(self._first)
        await_frames(self._second, len(burst.frames), quiet=0.5)
        return _took("bridge", burst, expected, caught(self._second), began, 0.0)

    def close(self) -> None:
        """Let go of the cables."""
        self._first.close()
        self._second.close()


def _took(
    name: str, burst: Burst, expected: Counter[bytes], got: tuple[Counter[bytes], float], began: float, used: float
) -> Took:
    frames, ended = got
    if frames != expected:
        missing, foreign = (expected - frames).total(), (frames - expected).total()
        sys.exit(f"forwarding: {name}: of {len(burst.frames)} frames {missing} are missing, {foreign} are others")
    return Took((ended - began) / len(burst.frames) * 1e6, used / len(burst.frames) * 1e6)


def _processor_time(process: int) -> float:
    """Seconds of processor time that a process has used: its clock, as clock_getcpuclockid(3) numbers it."""
    return time.clock_gettime(~process << 3 | 2)


class Flow:
    """A burst of packets of one size, of the clients with these numbers, and what has to come out of a router."""

    def __init__(self, octets: int, numbers: Sequence[int]) -> None:
        self.burst = Burst([arriving(number, octets) for number in numbers])
        self.leaving = Counter(leaving(number, octets) for number in numbers)


def by_turns(space: Namespace, core: int, rounds: int) -> dict[str, dict[str, list[Took]]]:
    """What each contestant took, round by round, on each port and for each size."""
    many, few = (
        {octets: Flow(octets, [number % CLIENTS for number in range(frames)]) for octets in SIZES}
        for frames in (BURST, SCAPYS)
    )
    turns: dict[tuple[str, str], Callable[[], Took]] = {}
    with ExitStack() as stack:
        bridge = stack.enter_context(closing(Bridge(space)))
        for kind, port in PORTS.items():
            contestants = {
                name: stack.enter_context(closing(Contestant(space, core, kind, program)))
                for name, program in PROGRAMS.items()
            }
            for octets in SIZES:
                where = f"{port}, packets of {octets} octets"
                for name, contestant in contestants.items():
                    flow = (few if name == SCAPY else many)[octets]
                    turns[where, name] = partial(contestant.drains, flow.burst, flow.leaving)
                passed = many[octets].burst
                turns[where, BRIDGE] = partial(bridge.passes, passed, Counter(passed.frames))
        taken = take_turns(turns, rounds + 1)  # the first is to warm up
    tables: dict[str, dict[str, list[Took]]] = {}
    for (where, name), took in taken.items():
        tables.setdefault(where, {})[name] = took[1:]
    return tables


def growing(space: Namespace, core: int, rounds: int) -> Growth:
    """Processor time of a packet, and how it grows with Forward."""
    rng = Random(1)  # noqa: S311 - repeatable on purpose
    same = Flow(MIDDLE, [number % CLIENTS for number in range(BURST)])
    turns: dict[tuple[str, int], Callable[[], Took]] = {}
    with ExitStack() as stack:
        for entries in GROWING:
            contestant = stack.enter_context(closing(Contestant(space, core, "packet", "router", entries)))
            spread = Flow(MIDDLE, [rng.randrange(entries) for _ in range(BURST)])
            turns[f"the same {CLIENTS} clients", entries] = partial(contestant.drains, same.burst, same.leaving)
            turns["clients drawn from all", entries] = partial(contestant.drains, spread.burst, spread.leaving)
        taken = take_turns(turns, rounds + 1)
    series: dict[str, list[float]] = {}
    for (name, _), took in taken.items():
        series.setdefault(name, []).append(median(one.processor for one in took[1:]))
    title = f"Processor time of a packet of {MIDDLE} octets, packet socket"
    return growth(title, "us", "entries of Forward", GROWING, series)


def rates(where: str, taken: Mapping[str, Sequence[Took]]) -> Table:
    """Packets a second of each contestant."""
    samples = {name: [1e6 / one.clock for one in took] for name, took in taken.items()}
    told = f"{BURST:,} packets wait for a contestant in a round, {SCAPYS} for Scapy; the bridge forwards as they come."
    return Table(where, "packets/s", rows(samples), "more", told)


def costs(where: str, taken: Mapping[str, Sequence[Took]]) -> Table:
    """Microseconds of the processor for a packet; the bridge is no process."""
    samples = {name: [one.processor for one in took] for name, took in taken.items() if name != BRIDGE}
    return Table(f"{where}: processor time of a packet", "us", rows(samples))


def bars(tables: Iterable[Table]) -> Iterator[Bar]:
    """At least 0.6 of the floor's rate, at least 20 times Scapy's."""
    for table in tables:
        ratios = {row.name: 1 / row.ratio for row in table.rows}
        yield Bar(f"{table.title}: our rate by the least loop's", 0.6, (ratios[FLOOR],))
        yield Bar(f"{table.title}: our rate by Scapy's", 20, (ratios[SCAPY],))


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant is measured")
    options = arguments.parse_args()
    if os.geteuid() or not Path("/dev/net/tun").exists():
        sys.exit("forwarding: needs root and /dev/net/tun")
    space, cores = Namespace(), sorted(os.sched_getaffinity(0))
    space.enter()
    os.sched_setaffinity(0, {cores[0]})
    taken = by_turns(space, cores[-1], options.rounds)
    fast = [rates(where, took) for where, took in taken.items()]
    cheap = [costs(where, took) for where, took in taken.items()]
    grown = growing(space, cores[-1], options.rounds)
    publish(
        Results("forwarding", (*fast, *cheap), (grown,), tuple(bars(fast)), packages=("ipos", "scapy", "python-pytun")),
        options.output,
    )


if __name__ == "__main__":
    end_in_order()
    main()
