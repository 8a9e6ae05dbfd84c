"""Ten minutes of a router's life at full speed, to see whether anything grows.

    python bench/soak.py [--seconds 600] [-o bench/results/soak.json]

Three routers in memory serve clients that come and go, over LANs that lose, double and reorder: kept-open connections
that move from server to server, half-open ones, datagrams, resets, vanished clients, malformed frames, a router that
crashes now and then. The clock in it is virtual, so that hours of timers pass; the memory is real, measured at the
same point of each round, when all clients are through and the tables have emptied.
"""

import argparse
import gc
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "reference" / "tests"))

from ipos_reference.addresses import Address  # noqa: E402
from ipos_reference.router import Lan  # noqa: E402
from ipos_reference.tcp.segment import Flags, Options, Segment  # noqa: E402
from ipos_spec.addresses import IPv4, ipv4  # noqa: E402
from network import HTTP, UDP_PORT, Client, Network, Wire, answer, router_ip, router_mac  # noqa: E402
from results import Bar, Results, Table, publish, rows  # noqa: E402
from tcp.simple_client import SimpleClient  # noqa: E402

CLIENTS = 300
PATHS = ("/1/50/a", "/2/50/b", "/3/3000/c", "/2/20000/d", "/1/500/e")
QUIET = 12_000.0
"""Seconds of virtual time in which everything of a round ends by itself."""

MOST_GROWN = 100.0
"""Octets for each client: far less than a record."""

_PAGE = 4096


def resident() -> int:
    """Octets of memory that the process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def round_of(network: Network, rng: random.Random, number: int) -> None:
    """Clients come and go, one way and another."""
    for count in range(CLIENTS):
        address = Address(IPv4(ipv4("198.18.0.0") + number * CLIENTS % 2**16 + count), 40_000)
        tcp = SimpleClient(
            isn=rng.getrandbits(32),
            window=rng.choice((3000, 65_535)),
            mss=1000,
            offer=Options(mss=1460, window_scale=3),
        )
        paths = rng.choices(PATHS, k=rng.randrange(1, 6))
        client = Client(network, address, Address(router_ip(1), HTTP), paths, tcp, pause=rng.choice((0.0, 0.2, 400.0)))
        network.at(network.now + rng.random() * 10, lambda client=client: network.add(client))  # type: ignore[misc]
        if rng.random() < 0.1:
            reset = rng.random() < 0.5
            network.at(network.now + rng.random() * 20, lambda c=client, r=reset: c.vanish(reset=r))  # type: ignore[misc]
        if rng.random() < 0.3:
            server = Address(router_ip(1), UDP_PORT)
            network.at(network.now + rng.random() * 20, lambda a=address, s=server: network.datagram(a, s, b"x"))  # type: ignore[misc]
        if rng.random() < 0.3:
            syn = Segment(source_port=1, destination_port=HTTP, seq=count, ack=0, flags=Flags.SYN, window=1000)
            network.from_client(client, syn)
    for _ in range(300):
        site, lan = rng.choice(network.sites), rng.choice(list(Lan))
        kind = rng.choice((b"\x08\x00", b"\x08\x06", b"\x00\x07"))
        frame = router_mac(site.number, lan) + rng.randbytes(6) + kind + rng.randbytes(rng.randrange(200))
        network.at(network.now + rng.random() * 20, lambda s=site, la=lan, f=frame: s.receive(la, f))  # type: ignore[misc]
    crashed = rng.choice(network.sites)
    network.at(network.now + 15, crashed.crash)
    network.at(network.now + 16, crashed.restart)
    network.run(network.now + 60)
    for client in list(network.clients.values()):
        if not client.done:
            network.at(network.now + 1500, lambda client=client: client.vanish(reset=False))  # type: ignore[misc]
    network.run(network.now + QUIET)
    network.clients.clear()
    network.datagrams.clear()


def main() -> None:
    """Run, and report; exit status 1 where something has grown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="of real time")
    parser.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    arguments = parser.parse_args()
    rng = random.Random(1)  # noqa: S311 - repeatable on purpose
    wire = Wire(loss=0.01, duplication=0.01, reordering=0.05, straggling=0.001)
    network = Network(3, 1, wire, answer=lambda _server, path: answer(0, path))
    began, number, memory, left = time.monotonic(), 0, [], 0
    while time.monotonic() - began < arguments.seconds or number < 4:
        round_of(network, rng, number)
        number += 1
        gc.collect()
        memory.append(resident())
        routers = [site.router for site in network.sites]
        left = sum(len(it.tables) + len(it.forward) + len(it.datagrams.tables) for it in routers)
        if left:
            break
    publish(
        results_of(memory, left, f"{number * CLIENTS:,} clients, {(network.now - 1000) / 3600:,.0f} virtual hours."),
        arguments.output,
    )
    sys.exit(0 if left == 0 and grown(memory) <= MOST_GROWN else 1)


def grown(memory: Sequence[int]) -> float:
    """Octets that memory has grown by for each client of the second half."""
    half = len(memory) // 2
    return (memory[-1] - memory[half - 1]) / ((len(memory) - half) * CLIENTS)


def results_of(memory: Sequence[int], left: int, told: str) -> Results:
    """Memory and records that were left."""
    halves = {"after the first half": memory[len(memory) // 2 - 1], "after the second half": memory[-1]}
    megabytes = rows({name: [octets / 1e6] for name, octets in halves.items()})
    bars = (
        Bar("octets that a client leaves behind, of the second half", MOST_GROWN, (grown(memory),), at_least=False),
        Bar("records that are left when all clients have gone", 0, (left,), at_least=False),
    )
    return Results("soak", (Table("memory of three routers and their clients", "MB", megabytes, told=told),), bars=bars)


if __name__ == "__main__":
    main()
