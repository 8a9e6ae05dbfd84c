"""What entering, looking up and expiring cost in the reference's tables, from a thousand entries to a million.

    python bench/tables.py [--rounds 31] [-o bench/results/tables.json]

Forward is the packed table that each forwarded packet needs; Temporary, Local and Forward-Connect are of one kind and
called endpoints here; the tables of what servers tell are of one kind, too, of which Cookie Map is the largest. Beside
each stands a dict of the same objects, in which expiring is a look at all of them. In each round all sizes of a table
and of its dict take turns: entries are entered, entries drawn at random are looked up, and some are expired one by one
while the others stay. The garbage collector stands still meanwhile, as in `timeit`. Memory is what a process of its own
has resident, with the table less without. Tables are as large as no router makes them by default; the bound is an
operator's choice (TAB-4).
"""

import argparse
import gc
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from measure import pin, take_turns
from results import Bar, Growth, Results, Table, growth, publish, rows
from table_contestants import (
    NOW,
    Contestant,
    CookieMap,
    Endpoints,
    Forward,
    PlainEndpoints,
    PlainForward,
    PlainSessions,
)

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FEW, MANY = SIZES[0], SIZES[-1]
ENTERED, LOOKED_UP = 200, 2_000
"""In a round."""

ROUNDS = 31
"""Odd, so that the median is a measurement."""

FORWARD, ENDPOINTS, COOKIES = "Forward", "Endpoints", "Cookie Map"
PLAIN = " as a dict of objects"
PAIRS: Mapping[str, tuple[type[Contestant], type[Contestant]]] = {
    FORWARD: (Forward, PlainForward),
    ENDPOINTS: (Endpoints, PlainEndpoints),
    COOKIES: (CookieMap, PlainSessions),
}
CONTESTANTS: Mapping[str, type[Contestant]] = {
    name: one for title, (ours, plain) in PAIRS.items() for name, one in ((title, ours), (title + PLAIN, plain))
}

ENTER, LOOK_UP, EXPIRE, MEMORY = "entering", "looking up", "expiring one while the others stay", "memory"
_PAGE = 4096

Taken = Mapping[tuple[str, int], Sequence[float]]
"""Nanoseconds for one, round by round, of each contestant in each size."""


def entering(table: Contestant) -> float:
    """Nanoseconds to enter one more."""
    first = table.size + MANY
    entries = [table.entry(number, NOW) for number in range(first, first + ENTERED)]
    enter = table.enter
    began = time.perf_counter_ns()
    for key, value, heard in entries:
        enter(key, value, heard)
    taken = time.perf_counter_ns() - began
    for key, _, _ in entries:
        table.remove(key)
    return taken / ENTERED


def looking_up(table: Contestant, rng: random.Random) -> float:
    """Nanoseconds to find one of those that are there."""
    keys = [table.key(rng.randrange(table.size)) for _ in range(LOOKED_UP)]
    find, found = table.find, 0
    began = time.perf_counter_ns()
    for key in keys:
        found += find(key) is not None
    taken = time.perf_counter_ns() - began
    _expect(LOOKED_UP, found)
    return taken / LOOKED_UP


def expiring(table: Contestant) -> float:
    """Nanoseconds to take out one that is over."""
    ends, expire, gone = table.ending(), table.expire, 0
    began = time.perf_counter_ns()
    for end in ends:
        gone += expire(end)
    taken = time.perf_counter_ns() - began
    _expect(len(ends), gone)
    return taken / len(ends)


def measured(names: Iterable[str], rounds: int) -> Mapping[str, Taken]:
    """By operation, what it took contestants in all sizes."""
    tables: dict[tuple[str, int], Contestant] = {}
    for name in names:
        for size in SIZES:
            tables[name, size] = CONTESTANTS[name](size)
            tables[name, size].fill()
    rng = random.Random(2)  # noqa: S311 - repeatable on purpose
    operations: Mapping[str, Callable[[Contestant], float]] = {
        ENTER: entering,
        LOOK_UP: partial(looking_up, rng=rng),
        EXPIRE: expiring,
    }
    gc.collect()
    gc.disable()
    taken = {
        what: take_turns({key: partial(do, table) for key, table in tables.items()}, rounds)
        for what, do in operations.items()
    }
    gc.enable()
    return taken


def megabytes(name: str, size: int) -> float:
    """What a table takes, in a process that has nothing else."""
    command = [sys.executable, __file__, "--memory", name, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    if done.returncode:
        sys.exit(f"tables: {name}, {size} entries: {done.stderr.strip()}")
    return float(done.stdout)


def resident() -> int:
    """Octets of memory that the process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def tables_of(taken: Mapping[str, Taken]) -> Iterator[Table]:
    """Each table beside its dict, among a million."""
    for what in (ENTER, LOOK_UP):
        for title in PAIRS:
            pair = {name: taken[what][name, MANY] for name in (title, title + PLAIN)}
            yield Table(f"{title}: {what}, among a million", "ns", rows(pair))


def growths_of(taken: Mapping[str, Taken], memory: Mapping[str, Sequence[float]]) -> Iterator[Growth]:
    """From a thousand to a million."""
    for what, of in taken.items():
        series = {name: [statistics.median(of[name, size]) for size in SIZES] for name in CONTESTANTS}
        yield growth(what, "ns", "entries", SIZES, series)
    yield growth(MEMORY, "MB", "entries", SIZES, memory)


def bars_of(taken: Mapping[str, Taken], memory: Mapping[str, Sequence[float]]) -> Iterator[Bar]:
    """Memory and look-ups of Forward; expiring in all."""
    yield Bar("megabytes of a million entries of Forward", 250, (memory[FORWARD][-1],), at_least=False)
    yield Bar(
        "a look-up in Forward, among a million by among a thousand",
        1.5,
        (_by_size(taken[LOOK_UP], FORWARD),),
        at_least=False,
    )
    for title in PAIRS:
        says = f"expiring one of {title}, among a million by among a thousand"
        yield Bar(says, 2, (_by_size(taken[EXPIRE], title),), at_least=False)


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant is timed")
    arguments.add_argument("--memory", nargs=2, metavar=("TABLE", "SIZE"), help="print the megabytes of one table")
    options = arguments.parse_args()
    if options.memory:
        name, size = options.memory
        before = resident()
        table = CONTESTANTS[name](int(size))
        table.fill()
        sys.stdout.write(f"{(resident() - before) / 1e6}\n")
        return
    pin()
    memory = {name: [megabytes(name, size) for size in SIZES] for name in CONTESTANTS}
    taken: dict[str, dict[tuple[str, int], Sequence[float]]] = {}
    for title in PAIRS:
        for what, of in measured((title, title + PLAIN), options.rounds).items():
            taken.setdefault(what, {}).update(of)
    results = Results(
        "tables", tuple(tables_of(taken)), tuple(growths_of(taken, memory)), tuple(bars_of(taken, memory))
    )
    publish(results, options.output)


def _by_size(of: Taken, name: str) -> float:
    pairs = zip(of[name, MANY], of[name, FEW], strict=True)
    return statistics.median(many / few for many, few in pairs)


def _expect(expected: int, found: int) -> None:
    if found != expected:
        raise AssertionError(f"{found} entries, expected {expected}")


if __name__ == "__main__":
    main()
