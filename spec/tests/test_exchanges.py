"""The exchanges tell what the protocol asks for: right frames, numbers that go on whoever answers, times, silence."""

import io
import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ipos_spec import DecodeError, captures, decode
from ipos_spec.addresses import ipv4
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges import EXCHANGES, FIRST_LAN, SECOND_LAN, Exchange, ExchangeFrame, write
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, TcpPacket, UdpPacket, acknowledges
from ipos_spec.requirements import registry
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

TCP_EXCHANGES = [exchange for exchange in EXCHANGES.values() if exchange.name != "udp-migration"]
CLIENT = "198.51.100.7"
WARNING = 0x600000
"""Of Wireshark's severities: below are chat and notes, above are errors."""

each = pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES.keys())
each_of_tcp = pytest.mark.parametrize("exchange", TCP_EXCHANGES, ids=lambda exchange: exchange.name)


def on(exchange: Exchange, lan: str) -> list[ExchangeFrame]:
    return [frame for frame in exchange.frames if frame.lan == lan]


def packets(exchange: Exchange) -> list[IP]:
    """What passes on the first LAN, read by Scapy."""
    return [Ether(frame.octets)[IP] for frame in on(exchange, FIRST_LAN)]


def connections(exchange: Exchange) -> Iterator[list[TCP]]:
    """The segments of each connection, which begins with a client's SYN."""
    segments = [packet[TCP] for packet in packets(exchange)]
    starts = [number for number, segment in enumerate(segments) if segment.flags == "S"]
    for start, end in itertools.pairwise([*starts, None]):
        yield segments[start:end]


def next_sequence(segment: TCP) -> int:
    length = segment.underlayer.len - segment.underlayer.ihl * 4 - segment.dataofs * 4
    return (segment.seq + length + ("S" in segment.flags) + ("F" in segment.flags)) % (1 << 32)


def timestamps(segment: TCP) -> tuple[int, int]:
    return dict(segment.options)["Timestamp"]


def offers(exchange: Exchange) -> list[tuple[ExchangeFrame, TcpConnectionPacket]]:
    right = [frame for frame in on(exchange, SECOND_LAN) if not frame.violates]
    decoded = [(frame, decode(frame.octets)) for frame in right]
    return [(frame, packet) for frame, packet in decoded if isinstance(packet, TcpConnectionPacket)]


def test_the_mishaps_and_journeys_are_there() -> None:
    assert set(EXCHANGES) == {
        "migration",
        "udp-migration",
        "chain",
        "come-home",
        "lost-connection-packet",
        "lost-acknowledgement",
        "late-acknowledgement",
        "wrong-checksum",
        "refusal",
    }


@each
def test_every_ipos_frame_is_right_unless_it_says_what_it_violates(exchange: Exchange) -> None:
    for frame in on(exchange, SECOND_LAN):
        try:
            decode(frame.octets)
            violated = ""
        except DecodeError as error:
            violated = error.requirement
        assert violated == frame.violates
        assert violated in frame.comment


@each
def test_every_comment_begins_with_the_requirement_that_rules_the_frame(exchange: Exchange) -> None:
    for frame in exchange.frames:
        named = re.findall(r"[A-Z]{3}-\d+", frame.comment)
        assert re.match(r"[A-Z]{3}-\d+: ", frame.comment)
        assert [slug for slug in named if slug not in registry()] == []


@each
def test_time_goes_on(exchange: Exchange) -> None:
    times = [frame.time_ns for frame in exchange.frames]
    assert times == sorted(set(times))


@each
def test_frames_have_the_least_length_of_ethernet(exchange: Exchange) -> None:
    assert min(len(frame.octets) for frame in exchange.frames) >= 60


@each
def test_checksums_of_the_internet_are_right(exchange: Exchange) -> None:
    """Scapy computes a checksum that was taken out."""
    for packet in packets(exchange):
        anew = packet.copy()
        del anew.chksum, anew.payload.chksum
        assert bytes(IP(bytes(anew)))[: packet.len] == bytes(packet)[: packet.len]


@each
def test_what_is_forwarded_is_what_the_client_sent(exchange: Exchange) -> None:
    """FWD-1: octet for octet, and not before the client sent it."""
    sent: list[bytes] = []
    for frame in exchange.frames:
        if frame.lan == FIRST_LAN:
            packet = Ether(frame.octets)[IP]
            sent.append(bytes(packet)[: packet.len])
        elif not frame.violates and isinstance(passed := decode(frame.octets), TcpPacket | UdpPacket):
            assert passed.inner in sent


@each_of_tcp
def test_sequence_numbers_go_on_whoever_answers(exchange: Exchange) -> None:
    """TGT-6: each side goes on where it stood, and acknowledges what the other has sent; repeats apart."""
    for segments in connections(exchange):
        expected = {segments[0].sport: segments[0].seq, 80: segments[1].seq}
        sent: set[tuple[int, int]] = set()
        for segment in segments:
            other = 80 if segment.sport != 80 else segments[0].sport
            assert (segment.sport, segment.seq) in sent or segment.seq == expected[segment.sport]
            assert segment.flags == "S" or segment.ack == expected[other] or segment.sport == 80
            sent |= {(segment.sport, segment.seq)} if next_sequence(segment) != segment.seq else set()
            expected[segment.sport] = max(expected[segment.sport], next_sequence(segment))


@each_of_tcp
def test_everything_is_acknowledged_in_the_end(exchange: Exchange) -> None:
    *_, segments = connections(exchange)
    last = {side: [s for s in segments if (s.sport == 80) is side][-1] for side in (True, False)}
    for side in (True, False):
        assert last[side].ack == max(next_sequence(s) for s in segments if (s.sport == 80) is not side)


@each_of_tcp
def test_control_blocks_say_what_the_segments_say(exchange: Exchange) -> None:
    """FIG. 11D against the handshake and the segments around the migration (TCB-1, TGT-7)."""
    for frame, packet in offers(exchange):
        block = packet.connection.control_block
        assert block.refusal() is None
        earlier = [Ether(f.octets)[IP] for f in on(exchange, FIRST_LAN) if f.time_ns < frame.time_ns]
        later = [Ether(f.octets)[IP] for f in on(exchange, FIRST_LAN) if f.time_ns > frame.time_ns]
        syn = [p[TCP] for p in earlier if p[TCP].flags == "S"][-1]
        syn_ack = [p[TCP] for p in earlier if p[TCP].flags == "SA"][-1]
        held = [p[TCP] for p in earlier if p.src == CLIENT and p[TCP].flags == "PA"][-1]
        assert (block.irs, block.iss, block.rcv_nxt) == (syn.seq, syn_ack.seq, held.seq)
        assert block.snd_nxt == max(next_sequence(p[TCP]) for p in earlier if p.src != CLIENT)
        assert block.rcv_adv == block.rcv_nxt + (16383 << block.rcv_scale)
        assert block.ts_recent <= timestamps(held)[0]
        answers = [p[TCP] for p in later if p.src != CLIENT and p[TCP].flags != "SA"]
        assert min(timestamps(answer)[0] for answer in answers) >= block.ts_now
        assert packet.connection.server_ip == ipv4(packet_of_server(earlier))


def packet_of_server(earlier: list[IP]) -> str:
    """The address that the client talks to (CON-1)."""
    return str(next(packet.dst for packet in earlier if packet.src == CLIENT))


@each_of_tcp
def test_the_mss_leaves_room_for_the_encapsulation(exchange: Exchange) -> None:
    """ORG-2."""
    offered = [dict(s.options)["MSS"] for segments in connections(exchange) for s in segments if s.flags == "SA"]
    assert set(offered) == {1500 - 16 - 40}


@each_of_tcp
def test_the_client_hears_nothing_between_offer_and_acknowledgement(exchange: Exchange) -> None:
    """ORG-8; a new handshake is another connection."""
    waiting = False
    for frame in exchange.frames:
        if frame.lan == FIRST_LAN:
            packet = Ether(frame.octets)[IP]
            assert packet.dst != CLIENT or not waiting or packet[TCP].flags == "SA" or "gives up" in frame.comment
            waiting = waiting and packet.dst != CLIENT
        elif frame.violates or isinstance(decode(frame.octets), TcpConnectionPacket):
            waiting = True
        elif isinstance(decode(frame.octets), TcpPacket):
            waiting = False


@pytest.mark.parametrize(
    ("name", "gaps_ms"),
    [
        ("migration", []),
        ("lost-connection-packet", [200]),
        ("lost-acknowledgement", [200]),
        ("wrong-checksum", []),
        ("refusal", [200, 400, 800]),
    ],
)
def test_connection_packets_are_repeated_in_time_and_unchanged(name: str, gaps_ms: list[int]) -> None:
    """ORG-7, to a millisecond."""
    frames = [frame for frame, _ in offers(EXCHANGES[name])]
    gaps = [(later.time_ns - frame.time_ns) / 1_000_000 for frame, later in itertools.pairwise(frames)]
    assert gaps == pytest.approx(gaps_ms, abs=1)
    assert len({frame.octets for frame in frames}) == 1


def test_the_refused_client_is_served_after_three_seconds() -> None:
    frames = EXCHANGES["refusal"].frames
    (first, *_), given_up = offers(EXCHANGES["refusal"]), next(f for f in frames if "gives up" in f.comment)
    assert (given_up.time_ns - first[0].time_ns) / 1_000_000_000 == pytest.approx(3, abs=0.002)
    assert not any(isinstance(decode(f.octets), Acknowledgement) for f in on(EXCHANGES["refusal"], SECOND_LAN))


def test_the_damaged_packet_is_repeated_whole() -> None:
    damaged, repeated, *_ = on(EXCHANGES["wrong-checksum"], SECOND_LAN)
    assert damaged.violates == "ENC-7"
    assert sum(a != b for a, b in zip(damaged.octets, repeated.octets, strict=True)) == 1
    assert (repeated.time_ns - damaged.time_ns) / 1_000_000 == pytest.approx(200, abs=1)


def test_the_late_acknowledgement_is_the_first_attempts_and_not_the_seconds() -> None:
    """ENC-6: the same header but for the checksum, which covers what is acknowledged."""
    exchange = EXCHANGES["late-acknowledgement"]
    (_, first), (_, second) = offers(exchange)
    late, good = [packet for f in on(exchange, SECOND_LAN) if isinstance(packet := decode(f.octets), Acknowledgement)]
    assert first.header.reference == second.header.reference
    assert acknowledges(late, first)
    assert not acknowledges(late, second)
    assert acknowledges(good, second)


@pytest.mark.parametrize(
    ("name", "ways"),
    [("migration", ["AB"]), ("chain", ["AB", "BC"]), ("come-home", ["AB", "BA"])],
)
def test_the_ways_of_the_journeys(name: str, ways: list[str]) -> None:
    """Who sends to whom on the second LAN: each way is opened by a connection packet and then taken."""
    passed = [decode(frame.octets) for frame in on(EXCHANGES[name], SECOND_LAN)]
    hops: dict[type, list[str]] = {TcpConnectionPacket: [], TcpPacket: [], Acknowledgement: []}
    for packet in passed:
        hops[type(packet)].append("ABC"[packet.ethernet.source[5] - 1] + "ABC"[packet.ethernet.destination[5] - 1])
    assert hops[TcpConnectionPacket] == ways
    assert hops[Acknowledgement] == [way[::-1] for way in ways]
    assert set(hops[TcpPacket]) == set(ways)


@each
def test_written_and_read(exchange: Exchange) -> None:
    file = io.BytesIO()
    write(exchange, file)
    file.seek(0)
    assert list(captures.read(file)) == [
        CapturedFrame(
            octets=frame.octets,
            original_length=len(frame.octets),
            time_ns=frame.time_ns,
            interface=frame.lan,
            comments=(frame.comment,),
        )
        for frame in exchange.frames
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark (package tshark)")
@each
def test_tshark_has_nothing_against_the_first_lan(exchange: Exchange, tmp_path: Path) -> None:
    """Checksums checked; repeats, resets and a port used again are what some of the exchanges are about."""
    path = tmp_path / "exchange.pcapng"
    with path.open("wb") as file:
        write(exchange, file)
    checked = [f"-o{protocol}.check_checksum:TRUE" for protocol in ("ip", "tcp", "udp")]
    table = subprocess.run(
        ["tshark", "-r", path, *checked, "-Y", "ip", "-Tfields", "-e_ws.expert.severity", "-e_ws.expert.message"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = [line.split("\t") for line in table.splitlines()]
    assert len(rows) == len(on(exchange, FIRST_LAN))
    told = [
        messages.rpartition(",")[2]  # behind the comment, which counts as one, too
        for severities, messages in rows
        if any(int(severity) >= WARNING for severity in severities.split(",") if severity)
    ]
    assert told == {"late-acknowledgement": ["Connection reset (RST)"]}.get(exchange.name, [])
