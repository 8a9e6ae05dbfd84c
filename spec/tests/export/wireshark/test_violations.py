"""What a frame breaks is told by requirement, with what was found and expected, and nothing that it keeps is told."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ipos_spec import advertisement, decode, encode
from ipos_spec.addresses import BROADCAST_MAC, ipv4, mac
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation
from ipos_spec.checksum import internet_checksum
from ipos_spec.description import describe
from ipos_spec.exchanges import EXCHANGES
from ipos_spec.fields import violations
from ipos_spec.packets import with_checksum
from ipos_spec.rules import Stage
from ipos_spec.tables.records import CookieEntry, ServerState, UrlEntry
from ipos_spec.vectors import FRAMES, PACKETS, Result, Vector, all_vectors

Show = Callable[..., list[Any]]

SERVER = ipv4("192.0.2.1")
MINIMUM_FRAME, ETHERNET = describe().minimum_frame, 14
OTHERS_STATE = {"ORG-6"}
"""What only a router that has the migration in progress can judge."""


def of_senders(vector: Vector) -> set[str]:
    """What a frame that reads breaks without being discarded for it."""
    packet = decode(vector.frame, int.from_bytes(vector.frame[12:14], "big"))
    within = len(vector.frame) - len(packet.padding)
    padded = {"ENC-9"} if any(vector.frame[within:MINIMUM_FRAME]) else set()
    return padded | {violation.rule.requirement for violation in violations(packet, Stage.SENDER)}


def expected_of(vector: Vector) -> set[str]:
    discard = {vector.discard.requirement} if vector.discard else set()
    if vector.result is not Result.INVALID:
        return (discard | of_senders(vector)) - OTHERS_STATE - {"ENC-2"}
    if len(vector.frame) < ETHERNET or discard == {"ENC-2"}:
        return set()
    if discard == {"ENC-4"} and vector.frame[26] == advertisement.TYPE:
        return {"ADV-1"}
    return discard


def test_every_vector_is_told_as_what_it_breaks(show: Show) -> None:
    """Acknowledgements come behind what they acknowledge. Padding of a frame that can't be read is nobody's."""
    vectors = [vector for vector in all_vectors() if not vector.slug.endswith("cut-and-padded")]
    frames, asked = [], []
    for vector in vectors:
        frames += [vector.acknowledges, vector.frame] if vector.acknowledges else [vector.frame]
        asked.append(len(frames) - 1)
    found = show(frames)
    differing = {}
    for vector, number in zip(vectors, asked, strict=True):
        broken = set(found[number].broken)
        told = broken - {"ENC-9"} if vector.result is Result.INVALID else broken
        if told != expected_of(vector):
            differing[vector.slug] = (broken, expected_of(vector))
    assert differing == {}


def test_every_frame_of_an_exchange_is_told_as_what_it_breaks(show: Show) -> None:
    for exchange in EXCHANGES.values():
        broken = [set(shown.broken) for shown in show(frame.octets for frame in exchange.frames)]
        late = {"ENC-7"} if exchange.name == "late-acknowledgement" else set()
        wrong = [{frame.violates} - {""} for frame in exchange.frames]
        assert [told for told in broken if told] == [told for told in (*wrong, late) if told]


# Wrong frames, one by one


def changed(name: str, path: str, value: int | bytes) -> bytes:
    """An example with another value in a field, and the checksum that is right for it."""
    return encode(with_checksum(_replaced(PACKETS[name], path.split("."), value)))


def _replaced(record: Any, path: list[str], value: int | bytes) -> Any:
    name, *inside = path
    return replace(record, **{name: _replaced(getattr(record, name), inside, value) if inside else value})


def with_octets(name: str, offset: int, octets: str) -> bytes:
    """An example with other octets, nothing else made right."""
    frame = FRAMES[name]
    return frame[:offset] + bytes.fromhex(octets) + frame[offset + len(octets) // 2 :]


def advertised(*records: Any, table: AdvertisedTable = AdvertisedTable.SERVER_STATE) -> bytes:
    ethernet = BroadcastEthernetHeader(source=mac("02:00:00:00:02:01"))
    packet = advertisement.table_advertisement(ethernet, SERVER, table, Operation.PUT, records)
    return advertisement.encode(packet)


def counted(frame: bytes, **numbers: int) -> bytes:
    """An advertisement with other numbers before its records, and the checksum that is right for them."""
    octets = bytearray(frame)
    for name, value in numbers.items():
        struct.pack_into(">H", octets, {"record_count": 32, "records_length": 34}[name], value)
    struct.pack_into(">H", octets, 28, 0)
    end = 36 + struct.unpack_from(">H", octets, 34)[0]
    struct.pack_into(">H", octets, 28, internet_checksum(bytes(octets[14:end])))
    return bytes(octets)


def of_a_long_text() -> bytes:
    """A cookie of one octet too many, which our own encoder refuses to write."""
    entry = CookieEntry(cookie_id="x" * 255, server_ip=SERVER)
    frame = advertised(entry, table=AdvertisedTable.COOKIE_MAP)
    return counted(frame[:36] + b"\1\0x" + frame[38:], records_length=262)


STATE = ServerState(server_ip=SERVER, tcp_connections=1, cpu_utilization=1, available_memory=1, available_bandwidth=1)
BLOCK = "connection.control_block"
WRONG = {
    "unknown type": (with_octets("tcp", 26, "04"), "ENC-4: found 0x04, expected 1 or 2 or 3."),
    "unknown extension": (with_octets("tcp", 26, "ff"), "ENC-4: found 0xff, expected 1 or 2 or 3."),
    "unknown protocol": (with_octets("tcp", 27, "06"), "ENC-5: found 0x06, expected 1 or 2."),
    "wrong checksum": (with_octets("tcp", 28, "0000"), "ENC-7: found 0x0000, expected 0x5171."),
    "short header": (FRAMES["tcp"][:20], "ENC-8: found 20 octets, expected 30 octets."),
    "short connection": (FRAMES["tcp-connection"][:175], "ENC-8: found 175 octets, expected 176 octets."),
    "short IP header": (FRAMES["tcp"][:49], "ENC-8: found 49 octets, expected 50 octets."),
    "short IP packet": (FRAMES["tcp"][:99], "ENC-8: found 99 octets, expected 100 octets."),
    "other padding": (FRAMES["acknowledgement"] + b"\0\1", "ENC-9: found 0x0001, expected zeros."),
    "IP version": (with_octets("tcp", 30, "65"), "ENC-10: found version 6, expected 4."),
    "IHL": (with_octets("tcp", 30, "44"), "ENC-10: found ihl 4, expected at least 5 words"),
    "total length": (with_octets("tcp", 32, "0027"), "ENC-10: found total_length 39, expected at least the IP header"),
    "fragment": (with_octets("tcp", 36, "2000"), "ENC-10: found fragment_offset 0x2000, expected a whole packet"),
    "transport": (with_octets("tcp", 39, "11"), "ENC-10: found protocol 17, expected 6 for TCP"),
    "IP checksum": (with_octets("tcp", 40, "4e75"), "ENC-10: found header_checksum 0x4e75, expected the Internet"),
    "other client": (changed("tcp", "header.source_ip", 0x0A000001), "ENC-10: found source_ip 198.51.100.7, expected"),
    "other port": (changed("tcp", "header.source_port", 1), "ENC-10: found source_port 49152, expected the source"),
    "to a group": (changed("tcp", "ethernet.destination", BROADCAST_MAC), "ENC-12: found ff:ff:ff:ff:ff:ff, expected"),
    "from a group": (changed("tcp", "ethernet.source", b"\1" * 6), "ENC-13: found 01:01:01:01:01:01, expected not a"),
    "multicast": (changed("udp-connection", "connection.server_ip", 0xE0000001), "ENC-13: found 224.0.0.1, expected a"),
    "no server port": (with_octets("tcp", 52, "0000"), "ENC-13: found the server 192.0.2.2:0, expected a unicast"),
    "no address": (changed("udp-connection", "header.source_ip", 0), "ENC-13: found 0.0.0.0, expected a unicast"),
    "no port": (changed("udp-connection", "connection.server_port", 0), "ENC-13: found 0, expected 1 to 65535."),
    "state": (changed("tcp-connection", f"{BLOCK}.t_state", 5), "TCB-2: found 5, expected 4."),
    "small segments": (changed("tcp-connection", f"{BLOCK}.t_maxseg", 63), "TCB-2: found 63, expected 64 to 65495."),
    "scale": (changed("tcp-connection", f"{BLOCK}.snd_scale", 15), "TCB-2: found 15, expected 0 to 14."),
    "not quiescent": (
        changed("tcp-connection", f"{BLOCK}.snd_una", 0),
        "TCB-2: found 0 and 287454021 and 287454021, expected connection.control_block.snd_una = connection.control_",
    ),
    "reserved": (changed("tcp-connection", f"{BLOCK}.t_inpcb", 7), "TCB-3: found 7, expected zero."),
    "timers": (changed("tcp-connection", f"{BLOCK}.t_timer", b"\0" * 7 + b"\1"), "TCB-3: found 0x0000000000000001"),
    "advertised load": (
        advertised(replace(STATE, cpu_utilization=10_001)),
        "ADV-1: found 10001, expected 0 to 10000.",
    ),
    "one record less": (
        counted(advertised(STATE), record_count=2),
        "ADV-1: found 26 octets of records, expected",
    ),
    "one record more": (
        counted(advertised(STATE), record_count=0),
        "ADV-1: found 26, expected 0.",
    ),
    "records that are not there": (
        counted(advertised(STATE), records_length=27),
        "ENC-8: found 62 octets, expected 63 octets.",
    ),
    "long text": (of_a_long_text(), "ADV-1: found 256 octets of text, expected at most 255."),
    "endless text": (
        counted(
            advertised(UrlEntry(url="x", server_ip=ipv4("192.0.2.0")), table=AdvertisedTable.URL_MAP),
            records_length=6,
        ),
        "ADV-1: found 6 octets of records, expected records.server_ip to end before.",
    ),
}


@pytest.fixture(scope="module")
def wrong(show: Show) -> dict[str, Any]:
    return dict(zip(WRONG, show(frame for frame, _ in WRONG.values()), strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_frame_is_told_by_one_requirement(wrong: dict[str, Any], name: str) -> None:
    (text,) = wrong[name].broken.values()
    assert text.startswith(WRONG[name][1])


def test_a_requirements_sentence_stands_behind_what_was_found(wrong: dict[str, Any]) -> None:
    assert wrong["wrong checksum"].broken["ENC-7"] == (
        "ENC-7: found 0x0000, expected 0x5171. A frame with a wrong checksum is discarded silently; "
        "that of type 3 is verified against the migration in progress."
    )


def test_all_that_a_frame_breaks_is_told(show: Show) -> None:
    frame = bytearray(changed("tcp-connection", f"{BLOCK}.t_state", 5))
    frame[0] = 0xFF
    frame[36] = 1
    (shown,) = show([bytes(frame)])
    assert set(shown.broken) == {"ENC-7", "ENC-12", "TCB-2", "TCB-3"}


def test_what_follows_the_padding_is_nobodys(show: Show) -> None:
    """It may be a frame check sequence: ENC-9 is about the octets up to the 60th."""
    (shown,) = show([FRAMES["acknowledgement"].ljust(MINIMUM_FRAME, b"\0") + b"\1\2\3\4"])
    assert shown.broken == {}


def test_columns_name_what_is_broken(dissected: Callable[..., str]) -> None:
    info = dissected([WRONG["wrong checksum"][0], WRONG["state"][0]], "-T", "fields", "-e", "_ws.col.Info").splitlines()
    assert "[ENC-7] | GET / HTTP/1.0" in info[0]
    assert info[1].endswith(" [TCB-2]")


# Frames that end too early


def lengths() -> list[tuple[str, int]]:
    return [(name, length) for name, frame in FRAMES.items() for length in range(len(frame))]


def test_a_frame_that_was_sent_short_breaks_the_length(show: Show) -> None:
    """Below 14 octets it is not even Ethernet, and Wireshark says so by itself."""
    shown = show(FRAMES[name][:length] for name, length in lengths())
    for (name, length), frame in zip(lengths(), shown, strict=True):
        assert set(frame.broken) == ({"ENC-8"} if length >= ETHERNET else set()), (name, length)


def test_a_frame_of_which_less_was_captured_breaks_nothing(show: Show) -> None:
    """What is there is shown; what is not there is nobody's fault."""
    shown = show((FRAMES[name][:length], len(FRAMES[name])) for name, length in lengths())
    for (name, length), frame in zip(lengths(), shown, strict=True):
        assert frame.broken == {}, (name, length)
        assert not frame.malformed, (name, length)
        assert ("ip_os.header.checksum" in frame.fields) == (length >= 30), (name, length)
