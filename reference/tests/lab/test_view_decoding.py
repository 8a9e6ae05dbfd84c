"""Frames spelled out, and sorted by the exchange that they belong to."""

import random

import pytest
from ipos_reference.lab.view.decoding import decoded, request
from ipos_reference.lab.view.exchanges import FIRST_FRAMES, LAST_FRAMES, MOST_EXCHANGES, Exchanges
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges import EXCHANGES, FIRST_LAN
from recorded_lab import captured, hostile, kept

MIGRATION = captured(EXCHANGES["migration"])
EVERY_FRAME = [frame for one in (*EXCHANGES.values(), hostile()) for frame in captured(one)]


def values(frame: CapturedFrame) -> dict[str, str]:
    return {field.path: field.value for field in decoded(frame).fields}


def frame_of(octets: bytes) -> CapturedFrame:
    return CapturedFrame(octets=octets, original_length=len(octets), time_ns=0, interface=FIRST_LAN)


@pytest.mark.parametrize("frame", EVERY_FRAME)
def test_fields_cover_every_octet_once(frame: CapturedFrame) -> None:
    at = 0
    for field in decoded(frame).fields:
        assert field.offset == at, field
        at += field.size
    assert at == len(frame.octets)


def test_a_syn_is_spelled_out_with_its_options() -> None:
    found = values(MIGRATION[0])
    assert found["ethernet.destination"] == "02:00:00:00:01:01 (server 1)"
    assert found["ip.destination"] == "192.0.2.1 (server 1)"
    assert found["ip.protocol"] == "6 (TCP)"
    assert found["tcp.flags"] == "0x02 (SYN)"
    assert found["tcp.sequence"] == str(0xAABB_CCDD)
    assert found["tcp.options.maximum_segment_size"] == "1460"
    assert found["tcp.options.window_scale"] == "7"
    assert decoded(MIGRATION[0]).summary == "SYN"


def test_a_request_has_its_start_line() -> None:
    found = decoded(MIGRATION[3])
    assert (found.what, found.summary) == ("HTTP", "GET /video HTTP/1.0")
    assert request(MIGRATION[3]) == "GET /video"
    assert [request(frame) for frame in MIGRATION if request(frame)] == ["GET /video"], "no answer, no forwarded one"


def test_a_clients_packet_is_spelled_out_within_that_of_figure_11() -> None:
    found = decoded(MIGRATION[6])
    assert found.what == "TCP packet"
    assert values(MIGRATION[6])["inner.http.start_line"] == "GET /video HTTP/1.0"
    assert values(MIGRATION[6])["header.destination_ip"] == "192.0.2.2 (server 2)"


def test_a_wrong_frame_says_what_it_violates() -> None:
    (wrong,) = [frame.octets for frame in EXCHANGES["wrong-checksum"].frames if frame.violates]
    found = decoded(frame_of(wrong))
    assert found.violates.startswith("ENC-7: ")
    assert [field.path for field in found.fields if field.wrong] == ["header.checksum"]


def test_arp_and_echo_are_known() -> None:
    head = bytes.fromhex("ffffffffffff 02000000010a")
    arp = head + bytes.fromhex("0806 0001 0800 06 04 0001 02000000010a c00002fd 000000000000 c0000201")
    assert decoded(frame_of(arp.ljust(60, b"\0"))).what == "ARP"
    assert decoded(frame_of(arp)).summary == "0x0001 (request): 192.0.2.1 (server 1)"
    assert values(frame_of(arp))["arp.sender_ip"] == "192.0.2.253 (edge router A)"
    echo = head + bytes.fromhex("0800 4500001c000000004001 0000 c6336407 c0000201 0800 f7ff 00000000")
    assert values(frame_of(echo))["icmp.type"] == "8 (echo request)"


def test_octets_of_an_application_are_made_printable() -> None:
    assert "\x1b" not in values(frame_of(MIGRATION[3].octets.replace(b"\r\n\r\n", b"\r\n\x1b["))).get("http.rest", "")


def test_any_octets_are_spelled_out_somehow() -> None:
    """Frames come from the network: cut and flipped as they may be, something is said of each octet."""
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)
    for _ in range(3000):
        octets = bytearray(chance.choice(EVERY_FRAME).octets)
        for _ in range(chance.randrange(4)):
            octets[chance.randrange(14, len(octets))] = chance.choice((0, 0x45, 0xFF, chance.randrange(256)))
        frame = frame_of(bytes(octets[: chance.randrange(len(octets) + 1)]))
        fields = decoded(frame).fields
        assert sum(field.size for field in fields) == len(frame.octets), (frame.octets.hex(), fields)
        request(frame)
        kept([frame])


# Exchanges


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name != "late-acknowledgement"])
def test_all_frames_of_an_exchange_belong_together(name: str) -> None:
    frames = captured(EXCHANGES[name])
    (found,) = kept(frames).latest()
    assert [one.frame for one in found.frames] == frames
    assert [one.number for one in found.frames] == list(range(1, len(frames) + 1))


def test_whom_it_was_moved_to() -> None:
    (found,) = kept(captured(EXCHANGES["chain"])).latest()
    assert [str(address) for address in found.moved_to] == [str(0xC0000202), str(0xC0000203)]


def test_another_connection_from_the_same_port_is_another_exchange() -> None:
    found = kept([*MIGRATION, *captured(hostile())]).latest()
    assert [(one.number, len(one.frames)) for one in found] == [(2, 4), (1, len(MIGRATION))]
    assert len(kept(captured(EXCHANGES["late-acknowledgement"])).latest()) == 2


def test_a_syn_that_is_repeated_is_none() -> None:
    assert len(kept([MIGRATION[0], *MIGRATION]).latest()) == 1


def test_frames_of_nobody_are_left_aside() -> None:
    assert kept([frame_of(bytes(60)), frame_of(b"")]).latest() == ()


def test_of_a_long_exchange_the_first_and_the_last_frames_are_kept() -> None:
    (found,) = kept(MIGRATION[:1] * 1000).latest()
    assert len(found.frames) == FIRST_FRAMES + LAST_FRAMES
    assert found.left_out == 1000 - FIRST_FRAMES - LAST_FRAMES
    assert [one.number for one in found.frames[FIRST_FRAMES - 1 : FIRST_FRAMES + 1]] == [80, 961]


def test_of_many_exchanges_those_that_were_silent_longest_go() -> None:
    made = Exchanges()
    first = MIGRATION[0].octets
    for port in range(1, 1 + 2 * MOST_EXCHANGES):
        made.add(port, frame_of(first[:34] + port.to_bytes(2, "big") + first[36:]))
        made.add(port, frame_of(first[:34] + b"\0\1" + first[36:]))
    ports = [one.client.port for one in made.latest()]
    assert ports == [*range(2 * MOST_EXCHANGES, MOST_EXCHANGES + 1, -1), 1]
    assert len(ports) == MOST_EXCHANGES
