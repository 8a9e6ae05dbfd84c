"""How long a migration takes, as a client sees it: from its request to the first octet of the answer.

    python bench/migration.py [-o bench/results/migration.json]

Three reference routers on two LANs of network namespaces, a web server behind each, and a Linux client that talks to
the first one; needs root and /dev/net/tun. In each round every kind of request is made once, in any order. The second
table of an application has what a kind of request takes more than the same without a migration, in the same round. The
last tables are of first requests alone, ten thousand of each kind, so that they show the slowest, too.
"""

import argparse
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from farm import Farm, Host, bodies, lacks, request, right
from measure import end_in_order
from results import Results, Row, Table, publish, rows

ROUNDS = 401
"""Odd, so that the median is a measurement."""

TAIL_ROUNDS = 10_000
"""For a 99th percentile."""

WARM_UP = 20
"""Rounds before: caches of three interpreters, and of the neighbours' addresses."""

REST = 0.001
"""Seconds between two requests, in which the routers end what the one before has left to do.

Longer ones let the machine fall asleep: after 5 ms everything takes half as long again.
"""

ROOM = "[bounds]\nforward = 1000000\n"
"""Entries of Forward stay for 120 s behind a connection's end: nobody is to be served here for want of room."""

HERE, AWAY, HOME, ON = (
    "no migration: served where it is",
    "migration away from the first server",
    "migration back home to it",
    "migration from second to third",
)
FORWARDED = "no migration now: moved earlier"
FIRST_HERE, FIRST_AWAY = "first request, no migration", "first request, migration"

COMPARED = {FORWARDED: HERE, AWAY: HERE, HOME: HERE, ON: HERE, FIRST_AWAY: FIRST_HERE}
"""What is compared with what."""


class Client:
    """Kept-open connections, one for each kind of request, and a fresh one where the first request is asked for."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._here, self._moved, self._to_and_fro, self._on = (host.connect() for _ in range(4))
        self._random = Random(1)  # noqa: S311 - an order, no secret

    def round(self, number: int) -> Iterator[tuple[str, float]]:
        """One request of each kind with its microseconds, in any order; of AWAY and HOME one in each round."""
        odd = number % 2
        kinds = [
            (HERE, self._here, "/1/here"),
            (FORWARDED, self._moved, "/2/moved"),
            (HOME if odd else AWAY, self._to_and_fro, "/1/home" if odd else "/2/away"),
            (ON, self._on, f"/{2 + odd}/on"),
            (FIRST_HERE, None, "/1/first"),
            (FIRST_AWAY, None, "/2/first"),
        ]
        self._random.shuffle(kinds)
        for what, kept_open, path in kinds:
            tcp = kept_open or self._host.connect()
            time.sleep(REST)
            yield what, asked(tcp, path)
            if kept_open is None:
                tcp.close()
            time.sleep(REST)

    def first_requests(self) -> dict[str, float]:
        """A connection that stays and one that is migrated, each with its microseconds, in any order."""
        kinds = [(FIRST_HERE, "/1/first"), (FIRST_AWAY, "/2/first")]
        self._random.shuffle(kinds)
        found = {}
        for what, path in kinds:
            with self._host.connect() as tcp:
                time.sleep(REST)
                found[what] = asked(tcp, path)
            time.sleep(REST)
        return found


def asked(tcp: socket.socket, path: str) -> float:
    """Microseconds from a request to the first octet of its answer, which has to be right."""
    octets, wanted = request(path), right(path)
    began = time.perf_counter()
    tcp.sendall(octets)
    got = tcp.recv(65536)
    took = time.perf_counter() - began
    while bodies(got) != [wanted]:
        more = tcp.recv(65536)
        if not more:
            raise AssertionError(f"{path}: {got!r}")
        got += more
    return took * 1e6


def measured(application: str) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """The microseconds of each kind of request, round by round; and those of first requests, many more."""
    with (
        tempfile.TemporaryDirectory() as place,
        Farm(Path(place), application=application, tables=ROOM) as farm,
    ):
        host = farm.host()
        host.namespace.run("sh", "-c", "echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range")
        client = Client(host)
        rounds = [dict(client.round(number)) for number in range(WARM_UP + ROUNDS)][WARM_UP:]
        return rounds, [client.first_requests() for _ in range(TAIL_ROUNDS)]


def timing(what: str, base: str, rounds: list[dict[str, float]], *, more: bool) -> Row:
    """What a kind of request takes, or how much more than another kind in the same round."""
    pairs = [(one[what], one[base]) for one in rounds if what in one]
    low, median, high = statistics.quantiles([mine - its * more for mine, its in pairs])
    return Row(what, median, (low, high), statistics.median(mine / its for mine, its in pairs))


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    output = arguments.parse_args().output
    if reason := lacks():
        sys.exit(reason)
    tables: list[Table] = []
    for application in ("nginx", "python") if shutil.which("nginx") else ("python",):
        rounds, firsts = measured(application)
        waits = tuple(timing(what, HERE, rounds, more=False) for what in (HERE, FIRST_HERE, *COMPARED))
        tables.append(Table(f"{application}: from the request to the first octet of the answer", "us", waits))
        more = tuple(timing(what, base, rounds, more=True) for what, base in COMPARED.items())
        title, base = f"{application}: more than without a migration", "the same without a migration"
        tables.append(Table(title, "us", more, base=base))
        both = {what: [one[what] for one in firsts] for what in (FIRST_HERE, FIRST_AWAY)}
        title = f"{application}: from the first request to the first octet, {TAIL_ROUNDS:,} of each"
        tables.append(Table(title, "us", rows(both)))
    publish(Results("migration", tuple(tables), packages=("ipos", "h11")), output)


if __name__ == "__main__":
    end_in_order()
    main()
