"""The plan of the lab fits together: names, addresses, routes, configurations."""

import itertools
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from ipos_reference import configuration
from ipos_reference.lab import plan, servers, site
from ipos_reference.lab.plan import Interface

ENDS = [end for link in plan.LINKS for end in (link.one, link.other)]
DOCUMENTATION = [IPv4Network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]  # RFC 5737


def network_of(end: Interface) -> IPv4Network:
    return IPv4Interface(end.address).network


def test_every_name_is_one_that_linux_takes_and_is_there_once() -> None:
    assert all(len(name) <= 15 for name in (*plan.NAMESPACES, *(end.name for end in ENDS)))
    assert len(set(plan.NAMESPACES)) == len(plan.NAMESPACES)
    places = [(end.namespace, end.name) for end in ENDS]
    assert len(set(places)) == len(places)
    assert {end.namespace for end in ENDS} <= set(plan.NAMESPACES)


def test_every_address_is_for_documentation_and_is_there_once() -> None:
    addresses = [IPv4Interface(end.address).ip for end in ENDS if end.address]
    addresses += [IPv4Interface(server.address).ip for server in plan.SERVERS]
    assert len(set(addresses)) == len(addresses)
    assert all(any(address in network for network in DOCUMENTATION) for address in addresses)


def test_every_mac_is_there_once() -> None:
    macs = [end.mac for end in ENDS if end.mac]
    macs += [mac for server in plan.SERVERS for mac in (server.first_mac, server.second_mac)]
    assert len(set(macs)) == len(macs)
    assert len(plan.by_mac()) == len(macs)


def test_both_ends_of_a_cable_are_in_one_network() -> None:
    for link in plan.LINKS:
        if link.one.address and link.other.address:
            assert network_of(link.one) == network_of(link.other)


def test_every_gateway_is_a_neighbour() -> None:
    neighbours = {
        name: {IPv4Interface(end.address).ip for link in plan.LINKS for end in (link.one, link.other) if end.address}
        for name in plan.NAMESPACES
    }
    own = {name: [network_of(end) for end in ENDS if end.namespace == name and end.address] for name in plan.NAMESPACES}
    for route in plan.ROUTES:
        gateway = IPv4Interface(route.gateway).ip
        assert gateway in neighbours[route.namespace]
        assert any(gateway in network for network in own[route.namespace]), route


def test_without_a_line_there_is_a_way_over_the_other_isp() -> None:
    for name, link in plan.LINES.items():
        for end in (link.one, link.other):
            there = network_of(end)
            routes = [route for route in plan.ROUTES if route.namespace == end.namespace]
            by_line = [route for route in routes if IPv4Interface(route.gateway).ip in there]
            assert by_line, name
            for route in by_line:
                others = [other for other in routes if other.destination == route.destination and other != route]
                assert [other.metric > route.metric for other in others] == [True]


@pytest.mark.parametrize("web_server", ["/usr/sbin/nginx", None])
def test_the_routers_take_their_configurations_and_know_each_other(tmp_path: Path, web_server: str | None) -> None:
    found = {}
    for server in plan.SERVERS:
        found[server] = configuration.read(servers.write(server, tmp_path / server.name, web_server))
    for server, other in itertools.permutations(plan.SERVERS, 2):
        (known,) = (peer for peer in found[server].peer if peer.address == other.address)
        assert known.mac == found[other].second_lan.mac
        assert known.listens == [listen.port for listen in found[other].listen]
    assert all(one.second_lan.mtu >= one.first_lan.mtu + 16 for one in found.values())  # MTU-1


def test_a_directory_with_blanks_and_quotes_is_taken(tmp_path: Path) -> None:
    directory = tmp_path / 'my "lab"\\x'
    directory.mkdir()
    found = configuration.read(servers.write(plan.SERVERS[0], directory / "server-1", "/usr/sbin/nginx"))
    assert found.control is not None
    assert found.control.socket == str(directory / "server-1" / "control.sock")


def test_no_two_servers_have_the_same_page() -> None:
    for path in (site.PAGE, site.ACCOUNTS, site.PICTURE, site.LARGE):
        assert len({site.pages(server)[path] for server in plan.SERVERS}) == len(plan.SERVERS)
