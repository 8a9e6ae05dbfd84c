"""The fast path beside the long way: the same frames out, the same counts, the same entries, whatever comes in."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import CLIENT, EDGE_MAC, FIRST_MAC, PEER_IP, PEER_MAC, SECOND_MAC, SERVER, SETTINGS, client_packet, says
from ipos_reference import ethernet
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.fast_path import FastPath
from ipos_reference.forward_table import Entry, Onward
from ipos_reference.numbers import Numbers
from ipos_reference.router import Lan, Router
from ipos_reference.tables import Place
from ipos_reference.tally import Happening
from ipos_reference.tcp.segment import Flags, Options
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac
from ipos_spec.checksum import internet_checksum

NARROW = replace(SETTINGS, second_mtu=1500)
ROOM = 1500 - 16 - 40
"""Octets of data that fit the second LAN."""

ONWARD, NUMBERS, NOW = Onward(PEER_IP, 80, PEER_MAC), Numbers(1, 2, 3, 4), 1000.0
CLIENTS = (CLIENT, Address(CLIENT.ip, 50_000), Address(CLIENT.ip, 50_001), Address(CLIENT.ip, 50_002))
"""Two that stand in Forward, one there for another server, and one that nobody knows."""

OTHER_SERVER = Address(PEER_IP, 80)


def router() -> Router:
    """A router with clients in Forward."""
    made = Router(NARROW, Random(1))
    for client, server in zip(CLIENTS[:3], (SERVER, SERVER, OTHER_SERVER), strict=True):
        made.forward.enter(client, server, ONWARD, NUMBERS, NOW)
    return made


def framed(packet: bytes, mac: Mac = FIRST_MAC, ether_type: int = ethernet.IPV4) -> bytes:
    """A frame of the edge router."""
    return ethernet.build(Frame(mac, EDGE_MAC, ether_type, packet))


def with_options(packet: bytes) -> bytes:
    """A packet with four octets of IP options that mean nothing."""
    longer = b"\x46" + packet[1:2] + (len(packet) + 4).to_bytes(2, "big") + packet[4:20] + bytes(4) + packet[20:]
    return summed(longer)


def summed(packet: bytes) -> bytes:
    """A packet whose header checksum is right."""
    end = (packet[0] & 0xF) * 4
    checksum = internet_checksum(packet[:10] + b"\0\0" + packet[12:end])
    return packet[:10] + checksum.to_bytes(2, "big") + packet[12:]


def changed(packet: bytes, at: int, octet: int) -> bytes:
    """A packet with one octet in place of another, its header checksum right."""
    return summed(packet[:at] + bytes([octet]) + packet[at + 1 :])


PLAIN = client_packet(says(b"GET "))
SHORT_WAY = {
    "data": framed(PLAIN),
    "padding": framed(client_packet(says())) + b"more",
    "damaged segment": framed(PLAIN[:-1] + b"?"),
    "largest": framed(client_packet(says(bytes(ROOM)))),
    "TCP options": framed(client_packet(says(b"x", options=Options(timestamps=(1, 2))))),
}
LONG_WAY = {
    "too large": framed(client_packet(says(bytes(ROOM + 1)))),
    "SYN": framed(client_packet(says(flags=Flags.SYN))),
    "FIN": framed(client_packet(says(flags=Flags.FIN | Flags.ACK))),
    "RST": framed(client_packet(says(flags=Flags.RST))),
    "IP options": framed(with_options(PLAIN)),
    "fragment": framed(changed(PLAIN, 6, 0x20)),
    "fragment offset": framed(changed(PLAIN, 7, 1)),
    "version 6": framed(changed(PLAIN, 0, 0x65)),
    "UDP": framed(changed(PLAIN, 9, 17)),
    "header checksum": framed(PLAIN[:10] + b"\0\0" + PLAIN[12:]),
    "length": framed(changed(PLAIN, 3, len(PLAIN) + 17)),
    "length below the headers'": framed(changed(PLAIN, 3, 39)),
    "cut off": framed(PLAIN)[:53],
    "other MAC": framed(PLAIN, SECOND_MAC),
    "broadcast": framed(PLAIN, BROADCAST_MAC),
    "other EtherType": framed(PLAIN, ether_type=0x86DD),
    "other client": framed(client_packet(says(client=CLIENTS[3]), CLIENTS[3])),
    "other server": framed(client_packet(says(b"x"), server=OTHER_SERVER)),
    "other port of the server": framed(client_packet(says(port=81))),
    "entry of another server": framed(client_packet(says(client=CLIENTS[2]), CLIENTS[2])),
}


def fast_path(made: Router) -> FastPath:
    """Of a router."""
    return FastPath(NARROW, made.forward, made.tables)


@pytest.mark.parametrize("frame", SHORT_WAY.values(), ids=SHORT_WAY)
def test_what_goes_amid_a_connection_takes_the_short_way(frame: bytes) -> None:
    made = router()
    sent = fast_path(made).forwarded(frame, NOW + 1)
    assert made.forward.of(CLIENT, NOW).heard == NOW + 1  # type: ignore[union-attr]
    made.receive(Lan.FIRST, frame, NOW)
    assert [sent] == [octets for _, octets in made.frames_to_send()]


@pytest.mark.parametrize("frame", LONG_WAY.values(), ids=LONG_WAY)
def test_everything_else_takes_the_long_way_as_if_nothing_had_been(frame: bytes) -> None:
    made = router()
    assert fast_path(made).forwarded(frame, NOW + 1) is None
    assert all(entry.heard == NOW for _, entry in made.forward.entries())


def test_as_long_as_an_endpoint_may_have_to_do_with_it_it_takes_the_long_way() -> None:
    made = router()
    for _ in range(2):  # a SYN that is repeated is believed, beside the entry (FWD-5)
        made.receive(Lan.FIRST, LONG_WAY["SYN"], NOW)
    made.forward.doubt(CLIENT, None)
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW) is None
    half_open = made.tables.beside(CLIENT, SERVER)
    assert half_open is not None
    home = replace(half_open, number=made.tables.new_number())
    made.tables.enter(Place.LOCAL, home)
    made.tables.remove(half_open)
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW) is None
    made.tables.remove(home)
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW) is not None


@pytest.mark.parametrize("flag", ["SYN", "FIN"])
def test_an_entry_with_more_to_remember_takes_the_long_way(flag: str) -> None:
    made = router()
    made.receive(Lan.FIRST, LONG_WAY[flag], NOW)
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW) is None


def test_an_entry_that_is_over_is_none() -> None:
    made = router()
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW + 899.9) is not None
    assert fast_path(made).forwarded(SHORT_WAY["data"], NOW + 899.9 + 900) is None


def test_nobody_is_no_client_not_even_where_the_clock_has_just_begun() -> None:
    made, nobody = router(), Address(IPv4(0), 0)
    frame = framed(client_packet(says(client=nobody, port=0), nobody, nobody))
    made.receive_all(Lan.FIRST, [frame], 1.0)
    assert (made.frames_to_send(), made.tally[Happening.FORWARDED]) == ([], 0)
    assert made.discards[Discard.IPV4_BAD_SOURCE] == 1


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A client's frame, mostly right, often with a slip."""
    client, server = draw(st.sampled_from(CLIENTS)), draw(st.sampled_from((SERVER, SERVER, OTHER_SERVER)))
    flags = draw(
        st.sampled_from((Flags.ACK,) * 4 + (Flags.SYN, Flags.FIN | Flags.ACK, Flags.RST, Flags.SYN | Flags.ACK))
    )
    size, seq = draw(st.sampled_from((0, 1, 5, 100, ROOM, ROOM + 1))), draw(st.integers(900, 903))
    packet = client_packet(says(bytes(size), seq=seq, flags=flags, client=client, port=server.port), client, server)
    if draw(st.integers(0, 5)) == 0:
        packet = with_options(packet)
    slip = draw(st.sampled_from(("none",) * 4 + ("octet", "octet, summed", "cut", "padding", "MAC")))
    if slip.startswith("octet"):
        at = draw(st.integers(0, 39))
        packet = packet[:at] + bytes([draw(st.integers(0, 255))]) + packet[at + 1 :]
    if slip == "octet, summed" and packet[0] & 0xF >= 5:
        packet = summed(packet)
    frame = framed(packet, BROADCAST_MAC if slip == "MAC" else FIRST_MAC)
    if slip == "cut":
        frame = frame[: draw(st.integers(0, 60))]
    return frame + bytes(draw(st.integers(0, 4)) if slip == "padding" else 0)


STEPS = st.lists(
    st.tuples(st.sampled_from((0.0, 0.5, 100.0, 119.9, 599.9, 899.9)), st.lists(frames(), max_size=4)), max_size=8
)


def entries(made: Router) -> list[Entry]:
    """All of Forward."""
    return sorted(entry for _, entry in made.forward.entries())


@given(STEPS, st.sampled_from(list(Lan)))
def test_both_ways_do_the_same(steps: list[tuple[float, list[bytes]]], lan: Lan) -> None:
    short, long = router(), router()
    now = NOW
    for seconds, arriving in steps:
        now += seconds
        short.receive_all(lan, arriving, now)
        for frame in arriving:
            long.receive(lan, frame, now)
        for made in (short, long):
            made.handle_timeout(now)
        assert short.frames_to_send() == long.frames_to_send()
        assert entries(short) == entries(long)
    assert (short.discards, short.tally, short.next_timeout()) == (long.discards, long.tally, long.next_timeout())
