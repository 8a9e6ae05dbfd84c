"""Sequence diagrams from captures: who is who, what belongs together, what is folded, and that the picture holds."""

import random
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import packets
from ipos_spec.addresses import ipv4, mac
from ipos_spec.captures import CapturedFrame, LinkType
from ipos_spec.codec import encode
from ipos_spec.drawing.document import CHARACTER, WIDTH
from ipos_spec.drawing.theme import SMALL_SIZE
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.exchanges import EXCHANGES, FIRST_LAN, SECOND_LAN, Exchange
from ipos_spec.exchanges.internet import Segment, Socket, TcpFlag, tcp_packet
from ipos_spec.sequence import Kind, Participant, Role, Sequence, conversations, line, sequence, svg

CLIENT, OTHER, SERVER = (
    Socket(ipv4("198.51.100.7"), 49152),
    Socket(ipv4("198.51.100.8"), 49152),
    Socket(ipv4("192.0.2.1"), 80),
)
EDGE, EDGE_B, ROUTER, TARGET = (mac(f"02:00:00:00:01:{number}") for number in ("fe", "ff", "01", "02"))
NAMES = {CLIENT.ip: "Anna", EDGE: "edge A", EDGE_B: "edge B", ipv4("192.0.2.1"): "one", ipv4("192.0.2.2"): "two"}


def captured(exchange: Exchange) -> list[CapturedFrame]:
    return [
        CapturedFrame(
            octets=frame.octets,
            original_length=len(frame.octets),
            time_ns=frame.time_ns,
            interface=frame.lan,
            comments=(frame.comment,),
        )
        for frame in exchange.frames
    ]


def of(octets: bytes, lan: str = FIRST_LAN, time_ns: int = 0) -> CapturedFrame:
    return CapturedFrame(octets=octets, original_length=len(octets), time_ns=time_ns, interface=lan)


def segment(
    source: Socket,
    destination: Socket,
    flags: int = TcpFlag.ACK,
    data: bytes = b"",
    *,
    macs: tuple[bytes, bytes] = (EDGE, ROUTER),
    identification: int = 0,
) -> CapturedFrame:
    content = Segment(1, 1, TcpFlag(flags), 1000, None, None, data)
    packet = tcp_packet(source, destination, content, identification=identification, ttl=64)
    return of(macs[1] + macs[0] + b"\x08\x00" + packet)


def arp(sender: bytes, address: int) -> CapturedFrame:
    body = struct.pack(">HHBBH6sI6sI", 1, 0x0800, 6, 4, 1, sender, address, bytes(6), 1)
    return of(b"\xff" * 6 + sender + b"\x08\x06" + body)


def told(frames: Iterable[CapturedFrame], number: int = -1) -> Sequence:
    return sequence(conversations(frames)[number], NAMES)


def ways(found: Sequence) -> list[str]:
    return [" ".join(found.participants[place].name for place in message.way) for message in found.messages]


@pytest.mark.parametrize("name", EXCHANGES)
def test_every_frame_of_an_exchange_is_in_a_conversation(name: str) -> None:
    numbers = []
    for talk in conversations(captured(EXCHANGES[name])):
        numbers += [number for message in sequence(talk).messages for number in message.numbers]
        assert [one.role for one in sequence(talk).participants][:3] == [Role.CLIENT, Role.EDGE_ROUTER, Role.ORIGIN]
    assert numbers == list(range(1, len(EXCHANGES[name].frames) + 1))


@pytest.mark.parametrize(("name", "handed_over"), [("migration", True), ("refusal", False)])
def test_an_endpoint_is_handed_over_once_that_is_acknowledged(name: str, handed_over: bool) -> None:
    assert [talk.handed_over for talk in conversations(captured(EXCHANGES[name]))] == [handed_over]


def test_a_migration_reads_like_its_story() -> None:
    found = told(captured(EXCHANGES["migration"]))
    lines = [f"{way}: {message.label}" for way, message in zip(ways(found), found.messages, strict=True)]
    assert lines[:8] == [
        "Anna edge A one: SYN",
        "one edge A Anna: SYN ACK",
        "Anna edge A one: ACK",
        "Anna edge A one: GET /video (23 octets)",
        "one two: TCP connection packet",
        "two one: acknowledgement",
        "one two: packet: GET /video (23 octets)",
        "two edge A Anna: ACK",
    ]
    assert line(found.messages[4], found) == "     25.4 ms  second LAN  one -> two  TCP connection packet"


def test_who_answers_is_found_at_each_hop_of_a_chain() -> None:
    found = told(captured(EXCHANGES["chain"]))
    answers = [way for way, message in zip(ways(found), found.messages, strict=True) if "200 OK" in message.label]
    assert answers == ["two edge A Anna", "router 192.0.2.3 edge A Anna"]


def test_a_connection_that_comes_home_is_answered_by_its_origin() -> None:
    found = told(captured(EXCHANGES["come-home"]))
    answers = [way for way, message in zip(ways(found), found.messages, strict=True) if "200 OK" in message.label]
    assert answers == ["two edge A Anna", "one edge A Anna"]


def test_a_frame_that_does_not_decode_is_shown_with_the_requirement() -> None:
    wrong = [message for message in told(captured(EXCHANGES["wrong-checksum"])).messages if message.kind is Kind.WRONG]
    assert [message.label for message in wrong] == ["wrong: ENC-7 header.checksum"]


def test_connections_of_two_clients_are_told_apart() -> None:
    first = captured(EXCHANGES["migration"])
    second = [segment(OTHER, SERVER, TcpFlag.SYN), segment(OTHER, SERVER, data=b"x")]
    mixed = [first[0], second[0], *first[1:], second[1]]
    one, two = conversations(mixed)
    assert (one.client, two.client) == (CLIENT, OTHER)
    assert [frame.number for frame in two.frames] == [2, len(mixed)]
    assert (one.handed_over, two.handed_over) == (True, False)


def test_a_port_that_is_used_again_is_another_connection() -> None:
    story = captured(EXCHANGES["migration"])
    again = [segment(CLIENT, SERVER, TcpFlag.SYN)]
    assert [len(talk.frames) for talk in conversations([*story, *again])] == [len(story), 1]


def test_a_repeated_syn_is_not() -> None:
    syn = segment(CLIENT, SERVER, TcpFlag.SYN)
    assert [len(talk.frames) for talk in conversations([syn, syn])] == [2]


def test_a_capture_that_begins_in_the_midst_knows_the_client_by_its_port() -> None:
    (talk,) = conversations([segment(SERVER, CLIENT, macs=(ROUTER, EDGE)), segment(CLIENT, SERVER)])
    assert (talk.client, talk.server) == (CLIENT, SERVER)


def test_what_one_edge_router_passes_to_the_other_goes_over_both() -> None:
    answer = {"identification": 7, "data": b"x" * 20}
    frames = [
        segment(CLIENT, SERVER, TcpFlag.SYN),
        segment(SERVER, CLIENT, macs=(ROUTER, EDGE), **answer),
        segment(SERVER, CLIENT, macs=(EDGE, EDGE_B), **answer),
    ]
    assert ways(told(frames)) == ["Anna edge A one", "one edge A", "edge A edge B Anna"]


def test_what_is_passed_back_past_its_sender_is_drawn_by_whoever_passes_it() -> None:
    frames = [
        segment(CLIENT, SERVER, TcpFlag.SYN),
        segment(CLIENT, SERVER, macs=(EDGE_B, ROUTER)),
        segment(SERVER, CLIENT, macs=(EDGE, EDGE_B)),
    ]
    found = told(frames)
    assert ways(found)[-1] == "edge A edge B Anna"
    drawn = ET.fromstring(svg(found))  # noqa: S314 - our own
    namespace = "{http://www.w3.org/2000/svg}"
    last = drawn.findall(f"{namespace}g[@class='message']")[-1]
    points = [tuple(map(float, point.split(","))) for point in last.find(f"{namespace}polyline").get("points").split()]  # type: ignore[union-attr]
    dot = float(last.find(f"{namespace}circle").get("cx"))  # type: ignore[union-attr, arg-type]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    assert x0 < x1 == dot == x2 > x3
    assert y0 == y1 > y2 == y3


def test_a_client_on_the_first_lan_itself_has_no_edge_router() -> None:
    frames = [arp(EDGE, CLIENT.ip), segment(CLIENT, SERVER, TcpFlag.SYN)]
    assert ways(told(frames)) == ["Anna one"]


def test_whoever_has_told_his_address_is_the_same_on_both_lans() -> None:
    frames = [arp(TARGET, ipv4("192.0.2.2")), *captured(EXCHANGES["migration"])]
    assert [one.name for one in told(frames).participants] == ["Anna", "edge A", "one", "two"]


def test_bulk_is_folded_and_nothing_else() -> None:
    frames = [segment(CLIENT, SERVER, TcpFlag.SYN), segment(CLIENT, SERVER, data=b"GET / HTTP/1.1\r\n\r\n")]
    for number in range(500):
        frames.append(segment(SERVER, CLIENT, data=bytes(1000), macs=(ROUTER, EDGE), identification=number))
        frames.append(segment(CLIENT, SERVER))
    frames.append(segment(CLIENT, SERVER, TcpFlag.FIN | TcpFlag.ACK))
    found = told(frames)
    assert [message.label for message in found.messages] == [
        "SYN",
        "GET / (18 octets)",
        "500 segments, 500,000 octets",
        "500 ACKs",
        "FIN ACK",
    ]
    assert found.messages[3].numbers == tuple(range(4, 1003, 2))


def test_a_long_conversation_is_bounded_and_says_so() -> None:
    frames = [segment(CLIENT, SERVER, data=b"GET /%d HTTP/1.1\r\n\r\n" % number) for number in range(1000)]
    found = sequence(conversations(frames)[0], most=30)
    assert len(found.messages) == 31
    assert found.messages[20].label == "970 frames are left out here"
    assert found.messages[-1].label.startswith("GET /999 ")
    assert "970 frames" in svg(found)


def test_a_capture_without_interfaces_is_read_by_its_ether_types() -> None:
    frames = [replace(frame, interface="", time_ns=None) for frame in captured(EXCHANGES["migration"])]
    assert [message.lan for message in told(frames).messages[3:5]] == [FIRST_LAN, SECOND_LAN]


def test_another_ether_type() -> None:
    ethernet = EthernetHeader(destination=TARGET, source=ROUTER, type=0x88B5)
    inner = tcp_packet(CLIENT, SERVER, Segment(1, 1, TcpFlag.ACK, 1, None), identification=0, ttl=9)
    packet = packets.with_checksum(packets.tcp_packet(ethernet, Reference(*CLIENT, ipv4("192.0.2.2"), 80), inner))
    frames = [of(encode(packet), SECOND_LAN)]
    assert conversations(frames) == ()
    assert [talk.client for talk in conversations(frames, 0x88B5)] == [CLIENT]


@pytest.mark.parametrize("frames", [[], [arp(EDGE, CLIENT.ip)], [of(b"")], [of(b"\0" * 20)]])
def test_where_nobody_talks_there_is_no_conversation(frames: list[CapturedFrame]) -> None:
    assert conversations(frames) == ()


def test_what_is_no_ethernet_is_passed_over() -> None:
    frames = [replace(frame, link_type=LinkType.RAW) for frame in captured(EXCHANGES["migration"])]
    assert conversations(frames) == ()


@given(st.lists(st.tuples(st.sampled_from(sorted(EXCHANGES)), st.integers(0, 10**6)), max_size=8))
def test_damaged_frames_never_raise(damage: list[tuple[str, int]]) -> None:
    frames = []
    for name, seed in damage:
        dice = random.Random(seed)
        story = captured(EXCHANGES[name])
        for frame in dice.sample(story, min(5, len(story))):
            octets = bytearray(frame.octets)
            for _ in range(dice.randint(0, 4)):
                octets[dice.randrange(len(octets))] = dice.randrange(256)
            frames.append(replace(frame, octets=bytes(octets[: dice.randint(0, len(octets))])))
    for talk in conversations(frames):
        found = sequence(talk)
        assert ET.fromstring(svg(found)) is not None  # noqa: S314 - our own
        assert all(line(message, found) for message in found.messages)


# The picture


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_picture_is_whole_and_stays_on_its_canvas(name: str) -> None:
    found = told(captured(EXCHANGES[name]))
    drawn = ET.fromstring(svg(found, EXCHANGES[name].title, name=name))  # noqa: S314 - our own
    namespace = "{http://www.w3.org/2000/svg}"
    ids = [found.get("id") for found in drawn.iter() if found.get("id")]
    assert len(set(ids)) == len(ids)
    shown = {number for found in drawn.iter() for number in (found.get("data-frame") or "").split()}
    assert shown == {str(number) for message in found.messages for number in message.numbers}
    for written in drawn.iter(f"{namespace}text"):
        if "middle" in (written.get("class") or ""):
            half = len(written.text or "") * CHARACTER * SMALL_SIZE / 2
            assert half <= float(written.get("x", "0")) <= WIDTH - half
    for rect in drawn.iter(f"{namespace}rect"):
        assert float(rect.get("x", "0")) + float(rect.get("width", "0")) <= WIDTH


def test_what_the_network_says_never_becomes_markup() -> None:
    request = b"GET /<script>alert(1)</script>&amp; HTTP/1.1\r\n\r\n"
    drawn = svg(told([segment(CLIENT, SERVER, data=request)]))
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_label_that_is_longer_than_the_picture_is_cut() -> None:
    request = b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n\r\n"
    (message,) = told([segment(CLIENT, SERVER, data=request)]).messages
    assert len(message.label) < 100


@pytest.mark.parametrize("count", range(1, 7))
@pytest.mark.parametrize("network", ["192.0.2.", "203.0.113.", "203.0.113.20"])
def test_names_run_into_nothing(network: str, count: int) -> None:
    plain = ["client 198.51.100.107:49152", "edge router 02:00:00:00:01:fe", "edge router 02:00:00:00:01:ff"]
    plain += [f"router {network}{number}" for number in range(3)]
    found = replace(
        told(captured(EXCHANGES["migration"])),
        participants=tuple(Participant(name, Role.TARGET) for name in plain[:count]),
        messages=(),
    )
    drawn = ET.fromstring(svg(found))  # noqa: S314 - our own
    names = [
        (float(written.get("x", "")), float(written.get("y", "")), len(written.text or "") * CHARACTER * SMALL_SIZE / 2)
        for written in drawn.iter("{http://www.w3.org/2000/svg}text")
        if "strong" in (written.get("class") or "")
    ]
    for (x, y, half), (other_x, other_y, other_half) in combinations(names, 2):
        assert abs(x - other_x) > half + other_half or abs(y - other_y) > SMALL_SIZE
    for lifeline in drawn.iter("{http://www.w3.org/2000/svg}polyline"):
        at, begin = map(float, (lifeline.get("points") or "").split()[0].split(","))
        assert not [(x, y) for x, y, half in names if abs(at - x) < half and y > begin]
    assert all(half <= x <= WIDTH - half and y - SMALL_SIZE > 20 for x, y, half in names)
