"""The quick generator: every operator on every kind, each frame about a client of its own, promises kept."""

from collections import Counter
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

import pytest
from frames_of import CLIENT, TARGET, TEMPLATES
from ipos_conformance.frames import Lan
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.sources.volume import PORTS, WRONG_LAN, Volume, fresh_clients, volume
from ipos_fuzz.subject import Subject
from judging import reason_for_stranger

SEED, COUNT = 1, 30_000


@pytest.fixture(scope="module")
def stream() -> list[Volume]:
    return list(islice(volume(TARGET, SEED), COUNT))


def test_every_operator_and_every_kind_comes_up(stream: list[Volume]) -> None:
    assert {made.operator for made in stream} == {*OPERATORS, WRONG_LAN}
    kinds = Counter(made.kind for made in stream)
    assert len(kinds) == 11
    assert min(kinds.values()) > COUNT / 11 * 0.9


def test_each_frame_has_a_client_of_its_own(stream: list[Volume]) -> None:
    clients = {made.client for made in stream}
    assert len(clients) == COUNT
    assert all(IPv4Address(client.ip) in TARGET.suite.client_network for client in clients)
    assert not any(20_000 <= client.port < 60_000 for client in clients)  # the suite's own


def test_must_be_discarded_holds_of_the_frame_as_it_is_sent(stream: list[Volume]) -> None:
    first_of = {Subject.of(template.of(CLIENT)).shape.kind: template for template in TEMPLATES}
    judged = 0
    for made in stream[: COUNT // 3]:
        if not made.must_be_discarded or made.operator == WRONG_LAN or made.kind == "acknowledgement":
            continue  # of acknowledgements the judge knows the worked example's alone
        assert reason_for_stranger(made.octets, first_of[made.kind].of(made.client)) is not None, made
        judged += 1
    assert judged > COUNT / 12


def test_wrong_lan_frames_are_right_and_on_the_other_lan(stream: list[Volume]) -> None:
    wrong = [made for made in stream if made.operator == WRONG_LAN]
    assert len(wrong) > COUNT / 100
    for made in wrong:
        is_ipos = made.octets[12:14] == b"\x00\x07"
        assert made.lan is (Lan.FIRST if is_ipos else Lan.SECOND)
        assert made.octets[:6] == (TARGET.first_lan if is_ipos else TARGET.second_lan).router_mac
        assert made.must_be_discarded


def test_on_one_interface_no_lan_is_wrong() -> None:
    one_lan = TARGET.model_copy(
        update={"first_lan": TARGET.first_lan.model_copy(update={"interface": TARGET.second_lan.interface})}
    )
    assert not any(made.must_be_discarded for made in islice(volume(one_lan, SEED), 3000) if made.operator == WRONG_LAN)


def test_frames_fit_their_lan(stream: list[Volume]) -> None:
    """But for what a VLAN tag or a splice adds, which a raw socket may refuse."""
    for made in stream:
        mtu = TARGET.first_lan.mtu if made.lan is Lan.FIRST else TARGET.second_lan.mtu
        assert 14 <= len(made.octets) <= 14 + mtu + (8 if made.operator == "vlan-tag" else 0), made


def test_jumbo_frames_fill_a_second_lan_that_takes_them() -> None:
    wide = TARGET.model_copy(update={"second_lan": TARGET.second_lan.model_copy(update={"mtu": 9000})})
    longest = dict.fromkeys(Lan, 0)
    for made in islice(volume(wide, SEED), COUNT):
        longest[made.lan] = max(longest[made.lan], len(made.octets))
    assert longest == {Lan.FIRST: 14 + TARGET.first_lan.mtu, Lan.SECOND: 14 + 9000}


def test_destination_mac_is_the_router_s_unless_the_operator_is_about_it(stream: list[Volume]) -> None:
    about_it = ("group-mac", "other-station", "other-destination")
    for made in stream:
        lan = TARGET.first_lan if made.lan is Lan.FIRST else TARGET.second_lan
        if made.operator not in about_it and made.kind != "table-advertisement":
            assert made.octets[:6] == lan.router_mac, made


def test_same_seed_gives_the_same_stream_and_another_seed_another(stream: list[Volume]) -> None:
    assert list(islice(volume(TARGET, SEED), 1000)) == stream[:1000]
    assert list(islice(volume(TARGET, SEED + 1), 1000)) != stream[:1000]


@pytest.mark.parametrize("network", ["198.51.100.0/30", "198.51.100.0/29"])
def test_clients_come_once_each_before_any_comes_again(network: str) -> None:
    hosts = list(IPv4Network(network).hosts())
    count = len(hosts) * len(PORTS)
    clients = list(islice(fresh_clients(IPv4Network(network), SEED), count + 10))
    assert len(set(clients[:count])) == count
    assert clients[count:] == clients[:10]
    assert {IPv4Address(client.ip) for client in clients} == set(hosts)


def test_kinds_can_be_chosen() -> None:
    kinds = ("tcp-connection", "arp")
    frames = list(islice(volume(TARGET, SEED, kinds), 200))
    assert {frame.kind for frame in frames} == set(kinds)
