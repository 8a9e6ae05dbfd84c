"""Migration beside plain proxies which do the same routing by URL: nginx and HAProxy, on the same LANs.

    python bench/proxy.py [-o bench/results/proxy.json]

A client asks the first server for what is the second one's. Two routers migrate its connection there; a proxy hands on
request and answer; or the client asks the second server at once, which is what the others are compared with. Behind
all of them is nginx, and all share this machine's cores. Offloads of the virtual interfaces are off. As root.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from random import Random

import wrk
from peers import proxies

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from farm import FIRST_SERVER, Farm, Host, lacks, request
from measure import end_in_order, take_turns
from namespace import Namespace
from results import Results, Row, Table, p99, publish, rows

ROUNDS, SECONDS, CONNECTIONS = 5, 2, 16
"""Slices of load for each contestant, their length, and the connections at a time."""

LATENCY_ROUNDS, WARM_UP = 2_000, 50
REST = 0.0005
"""Seconds before each request, in which routers and servers end what the one before has left to do."""

SIZE = 10_000_000
DOWNLOADS = 5
ROOM = "[bounds]\ntemporary = 1000000\nlocal = 1000000\nforward = 1000000\nforward_connect = 1000000\n"
"""Entries of Forward stay for 120 s and endpoints in TIME-WAIT for a minute: nobody is refused for want of room."""

DIRECT, OURS, NGINX, HAPROXY = "directly at the second server", "migration", "proxy: nginx", "proxy: HAProxy"
LINKS = {OURS: ("lan1-ipos1", "lan2-ipos1"), NGINX: proxies.LINKS, HAPROXY: proxies.LINKS}
"""The first server's links to both LANs, as the bridges' namespace calls them."""

Address = tuple[str, int]


def rates(host: Host, contestants: Mapping[str, Address], *options: str) -> dict[str, list[float]]:
    """Requests a second, slice by slice."""

    def rate(address: Address) -> float:
        url = "http://{}:{}/2/load".format(*address)
        load = wrk.load(host.namespace, url, *options, connections=CONNECTIONS, seconds=SECONDS)
        if load.failed:
            raise AssertionError(f"{url}: {load}")
        return load.rate

    return take_turns({name: partial(rate, address) for name, address in contestants.items()}, ROUNDS)


def waits(host: Host, contestants: Mapping[str, Address]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Microseconds to the first octet of the answer: of a connection's first request, and of its second one."""
    first: dict[str, list[float]] = {name: [] for name in contestants}
    second: dict[str, list[float]] = {name: [] for name in contestants}
    order, rng = list(contestants), Random(1)  # noqa: S311 - an order, no secret
    for number in range(WARM_UP + LATENCY_ROUNDS):
        rng.shuffle(order)
        for name in order:
            with host.namespace.within(partial(connected, contestants[name])) as tcp:
                pair = asked(tcp), asked(tcp)
            if number >= WARM_UP:
                first[name].append(pair[0])
                second[name].append(pair[1])
    return first, second


def connected(address: Address) -> socket.socket:
    """A connection of a client."""
    tcp = socket.create_connection(address, timeout=30.0)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tcp


def asked(tcp: socket.socket) -> float:
    """Microseconds from a request to the first octet of its answer, which has to be the second server's."""
    time.sleep(REST)
    octets = request("/2/wait")
    began = time.perf_counter()
    tcp.sendall(octets)
    got = tcp.recv(65536)
    took = time.perf_counter() - began
    while not got.endswith(b"\r\n\r\n2 /2/wait\n"):
        more = tcp.recv(65536)
        if not more:
            raise AssertionError(f"expected the second server's answer, got {got!r}")
        got += more
    return took * 1e6


def passing(lan: Namespace, host: Host, contestants: Mapping[str, Address]) -> dict[str, list[float]]:
    """Octets on the first server's links, in and out, for an answer of `SIZE` octets."""

    def measure(name: str) -> float:
        before = counted(lan, LINKS[name])
        download(host, contestants[name])
        return float(counted(lan, LINKS[name]) - before)

    return take_turns({name: partial(measure, name) for name in contestants if name in LINKS}, DOWNLOADS)


def counted(lan: Namespace, links: tuple[str, ...]) -> int:
    """Octets in frames that links have carried in both directions."""
    total = 0
    with lan.routes() as ip:
        for link in links:
            (found,) = ip.get_links(ifname=link)
            counters = found.get_attr("IFLA_STATS64")
            total += counters["rx_bytes"] + counters["tx_bytes"]
    return total


def download(host: Host, address: Address) -> None:
    """A client gets the whole file."""
    with host.namespace.within(partial(connected, address)) as tcp:
        tcp.sendall(b"GET /2/files/large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = 0
        while octets := tcp.recv(1 << 16):
            got += len(octets)
    if got < SIZE:
        raise AssertionError(f"{address}: expected more than {SIZE} octets, got {got}")


def more(samples: Mapping[str, list[float]]) -> tuple[Row, ...]:
    """How much more than the direct way, round by round; ratios are to the direct way."""
    found = []
    for name, taken in samples.items():
        if name != DIRECT:
            added = [mine - its for mine, its in zip(taken, samples[DIRECT], strict=True)]
            low, median, high = statistics.quantiles(added)
            ratio = statistics.median(mine / its for mine, its in zip(taken, samples[DIRECT], strict=True))
            found.append(Row(name, median, (low, high), ratio, p99(added)))
    return tuple(found)


def tables(farm: Farm, host: Host, contestants: Mapping[str, Address]) -> list[Table]:
    """All measurements."""
    found = []
    if reason := wrk.lacks():
        sys.stdout.write(f"No rates: {reason}\n")
    else:
        load = f"{CONNECTIONS} at a time"
        kept, fresh = rates(host, contestants), rates(host, contestants, *wrk.CLOSING)
        found += [
            Table(f"Requests on connections that stay open, {load}", "1/s", rows(kept), better="more"),
            Table(f"Requests, each on a connection of its own, {load}", "1/s", rows(fresh), better="more"),
        ]
    for what, samples in zip(("first", "second"), waits(host, contestants), strict=True):
        title = f"From a connection's {what} request to the first octet of the answer"
        found.append(Table(title, "us", rows(samples)))
        found.append(Table(f"{title}: more than directly", "us", more(samples), base=DIRECT))
    octets = rows(passing(farm.lan, host, contestants))
    told = "Frames in and out on both LANs: the first server's part of a migration are the client's acknowledgements."
    found.append(Table(f"Octets that pass the first server for {SIZE:,}", "octets", octets, told=told))
    return found


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("-o", "--output", type=Path, help="also write the results as JSON")
    output = arguments.parse_args().output
    if reason := lacks() or proxies.lacks():
        sys.exit(reason)
    contestants = {DIRECT: proxies.DIRECT, OURS: (FIRST_SERVER, 80), NGINX: proxies.NGINX, HAPROXY: proxies.HAPROXY}
    if not proxies.has_haproxy():
        sys.stdout.write("No HAProxy: it is not installed (apt install haproxy)\n")
        del contestants[HAPROXY]
    with (
        tempfile.TemporaryDirectory() as name,
        Farm(Path(name), 2, application="nginx", tables=ROOM) as farm,
        proxies.Proxies(farm.lan, Path(name) / "proxies") as _,
    ):
        for place in ("2", "proxies"):
            (Path(name) / place / "files").mkdir(exist_ok=True)
            (Path(name) / place / "files" / "large").write_bytes(Random(1).randbytes(SIZE))  # noqa: S311 - no secret
        host = farm.host()
        found = tables(farm, host, contestants)
    publish(Results("proxy", tuple(found), packages=("ipos", "h11"), programs=proxies.versions()), output)


if __name__ == "__main__":
    end_in_order()
    main()
