"""What a migration costs a router, without I/O: processor time of each step, and how it grows with what is there.

    python bench/migrations.py [-o bench/results/migrations.json]

Two routers in one process hand each other their frames; a client opens a connection, asks, and gets its answer. The
first router is the origin: it accepts, holds the request, chooses, and migrates; the second one takes over.
"""

import argparse
import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ipos_reference.forward_table import Onward
from ipos_reference.numbers import Numbers
from ipos_reference.router import Lan
from measure import pin
from pair import BATCH, SERVER, Pair, router_ip, router_mac
from results import Growth, Results, Table, growth, publish, rows

ROUNDS = 101
GROWTH_ROUNDS = 11
"""Odd, so that the median is a measurement."""

FORWARDED = 100, 1_000, 10_000, 100_000
OPEN = 100, 1_000, 5_000, 20_000

HERE, ORIGIN, TARGET = "no migration: handshake and request", "migration: the origin", "migration: the target"
STEPS = {
    "origin: handshake": ("handshake",),
    "origin: request, choice, connection packet": ("request",),
    "origin: acknowledgement, Forward, request sent on": ("acknowledged",),
    "target: connection packet, acknowledgement": ("takes over",),
    "target: request, to the application": ("definite",),
    "origin: each later packet of the client": ("forwards",),
}
"""What `Pair` measures, by rows."""

ROWS: Mapping[str, Sequence[str]] = {
    ORIGIN: ("handshake", "request", "acknowledged"),
    TARGET: ("takes over", "definite"),
    **STEPS,
}


def served_here(pair: Pair) -> float:
    """Microseconds of the router for a connection whose first request it serves itself."""
    pair.spent.clear()
    clients = pair.clients()
    pair.connect(clients)
    numbers = pair.ask_here(clients)
    spent = pair.spent["handshake"] + pair.spent["request"]
    pair.answer(pair.origin, numbers, clients)
    pair.reset(clients)
    return microseconds(spent)


def migrated(pair: Pair) -> Mapping[str, int]:
    """Nanoseconds of each step for a batch of connections that are migrated at their first request."""
    pair.spent.clear()
    clients = pair.clients()
    pair.connect(clients)
    numbers = pair.migrate(clients)
    pair.answer(pair.target, numbers, clients)
    pair.acknowledge(clients)
    spent = dict(pair.spent)
    pair.reset(clients)
    return spent


def microseconds(nanoseconds: float) -> float:
    """Of one client of a batch."""
    return nanoseconds / BATCH / 1000


def steps() -> dict[str, list[float]]:
    """Microseconds by row, round by round."""
    pair = Pair()
    samples: dict[str, list[float]] = {name: [] for name in (HERE, *ROWS)}
    for _ in range(ROUNDS):
        samples[HERE].append(served_here(pair))
        spent = migrated(pair)
        for name, parts in ROWS.items():
            samples[name].append(microseconds(sum(spent[part] for part in parts)))
    return samples


def per_second(samples: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Of what each router takes, and of both, were they one core's."""
    took = {ORIGIN: samples[ORIGIN], TARGET: samples[TARGET]}
    took["migration: both"] = [sum(both) for both in zip(samples[ORIGIN], samples[TARGET], strict=True)]
    return {name: [1e6 / one for one in taken] for name, taken in took.items()}


def forwarding(size: int) -> Pair:
    """A pair whose first router forwards for so many clients already."""
    pair = Pair()
    onward, numbers = Onward(router_ip(2), SERVER.port, router_mac(2, Lan.SECOND)), Numbers(1, 2, 3, 4)
    for client in pair.clients(size):
        pair.origin.forward.enter(client.address, SERVER, onward, numbers, pair.now)
    return pair


def serving(size: int) -> Pair:
    """A pair of which both routers have so many open connections, some that came in by migration."""
    pair = Pair()
    for done in range(0, size, BATCH):
        clients = pair.clients(min(BATCH, size - done))
        pair.connect(clients)
        pair.answer(pair.origin, pair.ask_here(clients), clients)
        pair.acknowledge(clients)
        others = pair.clients(len(clients))
        pair.connect(others)
        pair.migrate(others)
        for client in others:
            pair.origin.forward.remove(client.address)
    pair.rest()
    return pair


def full(size: int) -> Pair:
    """A pair whose second router takes over so many endpoints and has them already."""
    pair = Pair(taken_over=size)
    for done in range(0, size, BATCH):
        clients = pair.clients(min(BATCH, size - done))
        pair.connect(clients)
        pair.migrate(clients)
    pair.rest()
    return pair


def refused(pair: Pair) -> Mapping[str, int]:
    """Nanoseconds of each step for a batch of connections that the second router has no room for."""
    pair.spent.clear()
    clients = pair.clients()
    pair.connect(clients)
    pair.refuse(clients)
    return pair.spent


def grows(
    title: str,
    size: str,
    sizes: Sequence[int],
    make: Callable[[int], Pair],
    do: Callable[[Pair], Mapping[str, int]] = migrated,
    contestants: Mapping[str, Sequence[str]] = {name: ROWS[name] for name in (ORIGIN, TARGET)},
) -> Growth:
    """What steps cost where so much is there already: those of a migration, for each router."""
    pairs = [make(number) for number in sizes]
    gc.freeze()  # what is there is not looked through again for each: the smallest pair would pay for the largest
    samples: dict[str, list[list[float]]] = {name: [[] for _ in sizes] for name in contestants}
    for _ in range(GROWTH_ROUNDS):
        for place, pair in enumerate(pairs):
            spent = do(pair)
            for name, taken in samples.items():
                taken[place].append(microseconds(sum(spent[part] for part in contestants[name])))
    series = {name: [statistics.median(one) for one in taken] for name, taken in samples.items()}
    return growth(title, "us", size, sizes, series)


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    output = arguments.parse_args().output
    pin()
    samples = steps()
    table = Table(
        "What one connection costs a router: from SYN to request",
        "us",
        rows(samples),
        told=f"Processor time without I/O; {BATCH} clients do each step together.",
    )
    rates = Table(
        "Migrations a second of processor time, handshake included",
        "1/s and core",
        rows(per_second(samples)),
        better="more",
    )
    growths = (
        grows("A migration, by clients whose packets are forwarded", "clients in Forward", FORWARDED, forwarding),
        grows("A migration, by connections that each router serves", "open connections", OPEN, serving),
        grows(
            "A connection packet that a full target refuses",
            "endpoints taken over",
            OPEN,
            full,
            refused,
            {"refusal: the target": ("refuses",)},
        ),
    )
    publish(Results("migrations", (table, rates), growths, packages=("ipos", "h11")), output)


if __name__ == "__main__":
    main()
