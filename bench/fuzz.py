"""How many cases a second: `ipos-fuzz run` in a blind burst beside boofuzz, both over raw sockets, against an echo.

    python bench/fuzz.py [--rounds 5] [-o bench/results/fuzz.json]

The echo (`peers/echo.py`) stands behind two virtual cables in a namespace of its own. Ours is the campaign's whole loop
but for the oracles that an echo can't please: frames of the quick generator, each on the tape and counted in the
coverage; a barrier on both LANs after each 192 of them, and what came back is looked through; resets for what seems to
have been taken over. That is `ipos-fuzz run bench/peers/echo.toml --source volume --oracle liveness --rate 1000000`.
boofuzz's part, `peers/boofuzz_session.py`, is asked for less: nobody looks whether the target lives. The ceiling,
`peers/bare_loop.py`, sends the quick generator's frames, made before, and looks at nothing.

The same packet is the TCP connection packet with its 51 fields; the second pair of tables has all kinds, equally often.
Contestants take turns, each time in a process of its own; setting up is not counted. As root.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from ipos_conformance.bench.launch import bench
from ipos_conformance.target import Target, read_target
from ipos_fuzz.campaign.campaign import Campaign, Settings
from ipos_fuzz.campaign.events import Event, Progressed
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.sources.streams import volume_of
from peers import bare_loop, boofuzz_session
from results import Bar, Results, Row, Table, publish, rows

ECHO = Path(__file__).parent / "peers" / "echo.toml"
ROUNDS = 5
"""Odd, so that the median is a measurement."""

FLOOD = 1_000_000.0
"""Frames a second that are allowed: more than anybody makes."""

CONNECTION = ("tcp-connection",)
OURS, THEIRS, OURS_MIXED, THEIRS_MIXED = "ipos-fuzz", "boofuzz", "ipos-fuzz, all kinds", "boofuzz, all kinds"
BARE, BARE_MIXED = "bare packet-socket loop", "bare packet-socket loop, all kinds"
CASES = {OURS: 40_000, THEIRS: 1_000, BARE: 40_000, OURS_MIXED: 40_000, THEIRS_MIXED: 2_100, BARE_MIXED: 40_000}


@dataclass(frozen=True)
class Took:
    """What so many cases took: seconds by the clock, and of the processor."""

    cases: int
    seconds: float
    processor: float


def ours(target: Target, cases: int, kinds: tuple[str, ...] = ()) -> Took:
    """The campaign's loop, from the end of its first batch to the end of its last."""
    marks: list[Took] = []

    def listen(event: Event) -> None:
        if isinstance(event, Progressed):
            marks.append(Took(event.record.all_cases, time.monotonic(), time.process_time()))

    flooded = target.model_copy(update={"suite": target.suite.model_copy(update={"rate": FLOOD})})
    settings = Settings(1, seconds=None, cases=cases, weights={"volume": 1.0}, oracles=("liveness",))
    streams = {"volume": partial(volume_of, target, kinds=kinds)}
    record = Record(target.target.name, "", settings.seed)
    with tempfile.TemporaryDirectory() as folder:
        finished = Campaign(flooded, settings, Path(folder), record, [listen], streams).run(resumed=False)
    if finished.why != "cases" or finished.findings or record.doubts or record.losses or record.troubles:
        raise AssertionError(f"a burst that nobody answers for: {finished.why}, {record.troubles}")
    first, *_, last = marks
    return Took(last.cases - first.cases, last.seconds - first.seconds, last.processor - first.processor)


def boofuzz(target: Target, cases: int, kinds: tuple[str, ...] = ()) -> Took:
    """Its sessions, one for each kind of packet."""
    command = target.command(target.target.launch, "")
    with tempfile.TemporaryDirectory() as folder, bench(target, command, Path(folder) / "log"):
        packets = boofuzz_session.packets(target)
        chosen = kinds or tuple(packets)
        each = cases // len(chosen)
        took = [boofuzz_session.fuzz(target, packets[kind], each) for kind in chosen]
    return Took(each * len(chosen), sum(seconds for seconds, _ in took), sum(used for _, used in took))


def bare(target: Target, cases: int, kinds: tuple[str, ...] = ()) -> Took:
    """The same frames as ours, and nothing else."""
    command = target.command(target.target.launch, "")
    with tempfile.TemporaryDirectory() as folder, bench(target, command, Path(folder) / "log"):
        return Took(cases, *bare_loop.send(target, cases, kinds))


CONTESTANTS: dict[str, Callable[[Target, int], Took]] = {
    OURS: partial(ours, kinds=CONNECTION),
    THEIRS: partial(boofuzz, kinds=CONNECTION),
    BARE: partial(bare, kinds=CONNECTION),
    OURS_MIXED: ours,
    THEIRS_MIXED: boofuzz,
    BARE_MIXED: bare,
}
TABLES = {
    "TCP connection packets, by the clock": (OURS, THEIRS, BARE, "seconds"),
    "TCP connection packets, time of the processor": (OURS, THEIRS, BARE, "processor"),
    "all kinds of packets, by the clock": (OURS_MIXED, THEIRS_MIXED, BARE_MIXED, "seconds"),
    "all kinds of packets, time of the processor": (OURS_MIXED, THEIRS_MIXED, BARE_MIXED, "processor"),
}


def measured(rounds: int) -> dict[str, list[Took]]:
    """Each contestant once a round, A B C A B C, in a process of its own."""
    took: dict[str, list[Took]] = {name: [] for name in CONTESTANTS}
    for number in range(1, rounds + 1):
        for name, taken in took.items():
            command = [sys.executable, __file__, "--contestant", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
            if done.returncode:
                sys.exit(f"fuzz: {name}: {done.stderr.strip()}")
            one = Took(**json.loads(done.stdout.splitlines()[-1]))
            taken.append(one)
            sys.stdout.write(f"round {number}: {one.cases / one.seconds:9,.0f} cases/s  {name}\n")
            sys.stdout.flush()
    return took


def microseconds(took: dict[str, list[Took]], names: tuple[str, ...], unit: str) -> tuple[Row, ...]:
    """What a case takes each contestant."""
    return rows({name: [getattr(one, unit) / one.cases * 1e6 for one in took[name]] for name in names})


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant runs")
    arguments.add_argument("--contestant", choices=CONTESTANTS, help="run this one alone, once, and print what it took")
    options = arguments.parse_args()
    if options.contestant:
        took = CONTESTANTS[options.contestant](read_target(ECHO), CASES[options.contestant])
        sys.stdout.write(json.dumps(asdict(took)) + "\n")
        return
    if os.geteuid() != 0:
        sys.exit("fuzz: needs root, for packet sockets in a namespace of its own")
    rounds = measured(options.rounds)
    tables = tuple(
        Table(title, "us for a case", microseconds(rounds, tuple(names), unit))
        for title, (*names, unit) in TABLES.items()
    )
    for name, taken in rounds.items():
        rate = statistics.median(one.cases / one.seconds for one in taken)
        sys.stdout.write(f"{rate:9,.0f} cases/s, median of {len(taken)}: {name}\n")
    (ours_row, theirs, _), *_ = (table.rows for table in tables)
    bars = (
        Bar("cases a second in a blind burst", 10_000, (1e6 / ours_row.median,)),
        Bar("boofuzz's time for a case by ours", 30, (theirs.ratio,)),
    )
    publish(Results("fuzz", tables, bars=bars, packages=("ipos", "boofuzz")), options.output)


if __name__ == "__main__":
    main()
