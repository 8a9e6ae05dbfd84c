"""Ten thousand migrations over LANs that lose, double and reorder: no client notices one."""

import random
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from ipos_reference.addresses import Address
from ipos_reference.settings import idle
from ipos_reference.tally import Happening
from ipos_reference.tcp.segment import Options
from ipos_spec.addresses import IPv4
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.tables.records import ServerState
from network import HTTP, UDP_PORT, Client, Network, Wire, router_ip
from tcp.simple_client import SimpleClient

BAD_WIRE = Wire(loss=0.01, duplication=0.01, reordering=0.01)
FIRST_CLIENT = ip("198.18.0.0")
SEED = 20_260_101


def client(network: Network, number: int, paths: list[str], **options: int) -> Client:
    """Client ``number`` of a network, with options that differ from client to client."""
    offers = (
        Options(mss=1460, window_scale=2, sack_permitted=True, timestamps=(0, 0)),
        Options(mss=536),
        Options(mss=1460, window_scale=7),
        Options(mss=1000, sack_permitted=True),
    )
    window = (65535, 4000, 20_000, 65535)[number % 4]
    tcp = SimpleClient(isn=number * 7919 % 2**32, window=window, mss=1000, offer=offers[number % 4], **options)
    address = Address(IPv4(FIRST_CLIENT + number), 40_000)
    return Client(network, address, Address(router_ip(1), HTTP), paths, tcp)


def records(network: Network) -> int:
    """Everything in tables of endpoints and Forward, and every attempt under way."""
    routers = [site.router for site in network.sites]
    return sum(
        len(it.tables) + len(it.forward) + len(it.datagrams.tables) + len(it.datagrams.forward) for it in routers
    )


def tally(network: Network, what: Happening) -> int:
    """How often something happened at any router."""
    return sum(site.router.tally[what] for site in network.sites)


@pytest.mark.parametrize(
    ("routers", "clients", "paths"),
    [
        (2, 1_000, ["/2/900/a"]),
        pytest.param(2, 10_000, ["/2/900/a"], marks=pytest.mark.thorough),
        (2, 200, ["/2/5000/a", "/1/300/b", "/2/40000/c", "/1/10/d"]),
        (3, 500, ["/2/3000/a", "/3/200/b", "/1/100/c", "/3/2000/d"]),
    ],
)
def test_every_client_gets_its_answers_once_and_in_order(routers: int, clients: int, paths: list[str]) -> None:
    network = Network(routers, SEED, BAD_WIRE)
    everybody = [client(network, number, paths) for number in range(clients)]
    for number, one in enumerate(everybody):
        network.at(network.now + 0.005 * number, partial(network.add, one))
    network.run(network.now + 0.005 * clients + 300)
    wrong = [one.address for one in everybody if not one.done or one.tcp.received != one.expected]
    assert wrong == [], f"seed {SEED}"
    moves = sum(1 for before, after in pairwise(["/1", *paths]) if before[:2] != after[:2])
    assert tally(network, Happening.ACKNOWLEDGED) == moves * clients
    network.run(network.now + 1000)
    assert records(network) == 0
    assert all(site.router.next_timeout() is None for site in network.sites)


def test_datagrams_are_answered_by_the_server_that_was_chosen() -> None:
    """UDP promises neither all nor the order, but nothing may come from two servers (UDP-1 to UDP-3)."""
    network = Network(2, SEED, Wire(duplication=0.01, reordering=0.01))
    chooser = network.sites[0].router
    chooser.knowledge.server_state.put(busy(router_ip(1)), router_ip(1))
    addresses = [Address(IPv4(FIRST_CLIENT + number), 5000) for number in range(500)]
    rng = random.Random(SEED)
    for address in addresses:
        for number in range(5):
            when = network.now + rng.random() + number
            server = Address(router_ip(1), UDP_PORT)
            network.at(when, partial(network.datagram, address, server, b"%d" % number))
    network.run(network.now + 30)
    for address in addresses:
        answers = network.datagrams[address]
        assert {answer.split(b":")[0] for answer in answers} == {b"2"}
        assert {answer.split(b":")[1] for answer in answers} == {b"%d" % number for number in range(5)}
    network.run(network.now + 200)
    assert records(network) == 0


def busy(server: IPv4) -> ServerState:
    """The state of a server that has no CPU left."""
    return replace(idle(server), cpu_utilization=10_000)
