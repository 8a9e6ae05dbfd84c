"""How many migrations a second: a flood of connections, each of which the first router migrates at its request.

    python bench/flood.py [-o bench/results/flood.json]

Two routers on TAP devices with nginx behind each, and wrk as 64 clients that open a connection for each request. All of
them share this machine's cores, so two rates are told: by the clock, and per core, that is by the processor time,
user's and kernel's, which the process of the first router takes. As root.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import wrk

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from farm import FIRST_SERVER, Farm, Host, lacks
from ipos_reference.tally import Happening
from measure import end_in_order
from results import Bar, Results, Table, publish, rows

ROUNDS, SECONDS = 5, 4
"""Slices of each contestant, and their length."""

CONNECTIONS = 64
BAR = 2_000.0
"""Migrations a second and core."""

ROOM = "[bounds]\ntemporary = 1000000\nlocal = 1000000\nforward = 1000000\nforward_connect = 1000000\n"
"""Entries of Forward stay for 120 s and endpoints in TIME-WAIT for a minute: nobody is refused for want of room."""

HERE, AWAY = "no migration: served by the first router", "each connection migrated"
PATHS = {HERE: "/1/flood", AWAY: "/2/flood"}


@dataclass(frozen=True)
class Slice:
    """What so many connections took: seconds by the clock, and of the first router's processor time."""

    connections: int
    seconds: float
    processor: float


def flood(farm: Farm, host: Host, what: str) -> Slice:
    """A slice of one contestant; none of its connections may fail, or go another way than it should."""
    migrations, processor = migrated(farm), spent(farm)
    load = wrk.load(
        host.namespace,
        f"http://{FIRST_SERVER}{PATHS[what]}",
        *wrk.CLOSING,
        connections=CONNECTIONS,
        seconds=SECONDS,
    )
    migrations, processor = migrated(farm) - migrations, spent(farm) - processor
    # Those that are under way when wrk ends are in one count and not in the other.
    if load.failed or abs(migrations - load.requests * (what == AWAY)) > 2 * CONNECTIONS:
        raise AssertionError(f"{what}: {load}, of which {migrations} were migrated")
    return Slice(load.requests, load.seconds, processor)


def migrated(farm: Farm) -> int:
    """Migrations so far."""
    return farm.counters()[Happening.ACKNOWLEDGED]


def spent(farm: Farm) -> float:
    """Seconds of processor time of the first router so far."""
    times = psutil.Process(farm.process(1)).cpu_times()
    return times.user + times.system


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    output = arguments.parse_args().output
    if reason := lacks() or wrk.lacks():
        sys.exit(reason)
    slices: dict[str, list[Slice]] = {what: [] for what in PATHS}
    with (
        tempfile.TemporaryDirectory() as place,
        Farm(Path(place), 2, application="nginx", tables=ROOM) as farm,
    ):
        host = farm.host()
        host.namespace.run("sh", "-c", "echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range")
        for _ in range(ROUNDS):
            for what, taken in slices.items():
                taken.append(flood(farm, host, what))
    clock = {what: [one.connections / one.seconds for one in taken] for what, taken in slices.items()}
    core = {what: [one.connections / one.processor for one in taken] for what, taken in slices.items()}
    tables = (
        Table("Connections by the clock, on cores that all processes share", "1/s", rows(clock), better="more"),
        Table(
            "Connections by the first router's processor time",
            "1/s and core",
            rows(core),
            better="more",
            told="Connections by the seconds of processor time, user's and kernel's, that its process takes for them.",
        ),
    )
    per_core = rows(core)[-1].median
    bar = Bar("migrations a second and core of the origin, over TAP", BAR, (per_core,))
    publish(Results("flood", tables, bars=(bar,), packages=("ipos", "h11")), output)


if __name__ == "__main__":
    end_in_order()
    main()
