"""Target files: what is refused, and how it is said."""

from pathlib import Path

import pytest
from ipos_conformance.errors import TargetFileError
from ipos_conformance.target import DEFAULT_TARGET, read_target


def altered(folder: Path, old: str, new: str) -> Path:
    text = DEFAULT_TARGET.read_text().replace('"site/', f'"{DEFAULT_TARGET.parent}/site/')
    assert old in text
    file = folder / "target.toml"
    file.write_text(text.replace(old, new, 1))
    return file


def test_packaged_target_is_right():
    target = read_target(DEFAULT_TARGET)
    assert target.command(target.target.launch, target.target.configuration)[-1] == str(
        DEFAULT_TARGET.parent / "reference-router.toml"
    )
    assert len(target.body(target.pixit.large)) > 16384


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("mtu = 1500", "mtu = 1500\ncolour = 1", "first_lan.colour: found 1, expected no such key"),
        ("mtu = 1500", 'mtu = "big"', "first_lan.mtu: found 'big', expected: Input should be a valid integer"),
        ('router_mac = "02:00:00:00:01:01"', 'router_mac = "no mac"', "first_lan.router_mac: found 'no mac'"),
        ('router_mac = "02:00:00:00:01:01"', 'router_mac = "ff:ff:ff:ff:ff:ff"', "is a group address"),
        ("http_port = 80", "", "pixit.http_port: nothing found, expected a value"),
        ("http_port = 80", "http_port = 0", "pixit.http_port: found 0"),
        ('interfaces = "target"', 'interfaces = "cloud"', "target.interfaces: found 'cloud'"),
        ('interfaces = "target"', 'interfaces = "veth"', "target_interface: missing"),
        ("198.51.100.0/24", "192.0.2.0/25", "suite.client_network: 192.0.2.0/25 overlaps 192.0.2.0/24"),
        ("198.51.100.0/24", "198.51.100.7/24", "suite.client_network"),
        ('[[peer]]\naddress = "192.0.2.3"\nmac = "02:00:00:00:02:03"\n', "", "peer: "),
        ('/second.txt" }', '/first.txt" }', "pixit.second.content: the same as pixit.first's"),
        ('/large.txt" }', '/first.txt" }', "pixit.large.content: 24 octets, expected at least 16384"),
        ('/large.txt" }', '/none.txt" }', "pixit.large.content: found"),
        (
            'gateway = "192.0.2.254"',
            'gateway = "192.0.3.254"',
            "router.gateway: 192.0.3.254, expected an address in 192.0",
        ),
        (
            'address = "192.0.2.1"',
            'address = "224.0.0.1"',
            "router.address: 224.0.0.1, expected the address of one host",
        ),
        ('address = "192.0.2.3"', 'address = "192.0.2.1"', "peer.address: one address twice among router, gateway and"),
        ('mac = "02:00:00:00:02:03"', 'mac = "02:00:00:00:02:02"', "peer.mac: one MAC twice among router, gateway and"),
        (
            "closed_port = 9",
            "closed_port = 80",
            "pixit.closed_port: 80, which is http_port, expected one that nobody serves",
        ),
        ('away = 1007, peer = "192.0.2.2"', "away = 1007", "pixit.raw: away and peer belong together"),
        ('peer = "192.0.2.2"', 'peer = "192.0.2.9"', "pixit.away.peer: 192.0.2.9, expected the address of a [[peer]]"),
        ('configuration = "reference-router-quick.toml"', "", "quick.configuration: nothing, expected one, or launch"),
        ("scale = 0.02", "scale = 2", "quick.scale: found 2"),
        ("prefix = 24", "prefx = 24", "router.prefx: found 24, expected no such key"),
        ("[target]", "here = 1\n[target]", "here: found, expected no such key"),
        ("[target]", "[target", "no TOML"),
    ],
)
def test_mistake_names_key_finding_and_expectation(tmp_path, old, new, says):
    with pytest.raises(TargetFileError) as error:
        read_target(altered(tmp_path, old, new))
    assert says in str(error.value)
    assert "\n" not in str(error.value)
