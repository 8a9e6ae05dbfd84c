"""Every field that ipos_spec reads is shown: the same place, the same octets, found by the same path."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ipos_spec import advertisement, decode
from ipos_spec.addresses import ipv4, mac
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation, record_class
from ipos_spec.description import AdvertisedRecords, Kind, describe
from ipos_spec.dissection import dissect
from ipos_spec.fields import fields
from ipos_spec.text import Text
from ipos_spec.vectors import FRAMES, Result, all_vectors

Show = Callable[..., list[Any]]
Run = Callable[..., str]
Places = dict[str, list[tuple[int, int, str]]]

WIRESHARKS_NAMES = {"ethernet.destination": "eth.dst", "ethernet.source": "eth.src", "ethernet.type": "eth.type"}
READABLE = [vector for vector in all_vectors() if vector.result is not Result.INVALID]
EXTENSION = describe().extensions[0]


def octets_of(value: int | bytes, size: int) -> str:
    return value.hex() if isinstance(value, bytes) else value.to_bytes(size, "big").hex()


def places_of(frame: bytes) -> Places:
    """What ipos_spec reads, by filter name: offset, size and octets of each field."""
    packet = decode(frame, int.from_bytes(frame[12:14], "big"))
    return {
        WIRESHARKS_NAMES.get(item.path, f"ip_os.{item.path}"): [
            (item.offset, item.size, octets_of(item.value, item.size))
        ]
        for item in dissect(packet)
        if item.size
    }


def shown_places(shown: Any, names: Places) -> Places:
    return {name: [place[:3] for place in places] for name, places in shown.fields.items() if name in names}


@pytest.fixture(scope="module")
def examples(show: Show) -> dict[str, Any]:
    """What is shown of each example, by its name."""
    return dict(zip(FRAMES, show(FRAMES.values()), strict=True))


def test_every_vector_that_reads_shows_what_we_read(show: Show) -> None:
    expected = [places_of(vector.frame) for vector in READABLE]
    found = show(vector.frame for vector in READABLE)
    differing = [
        vector.slug
        for vector, places, shown in zip(READABLE, expected, found, strict=True)
        if shown_places(shown, places) != places
    ]
    assert differing == []


def test_nothing_else_is_shown_of_an_example(examples: dict[str, Any]) -> None:
    """Besides fields: structures, bits of flags, and what is told about checksum and acknowledgement."""
    parts = {f"ip_os.{part.path}" for packet in describe().packets for part in packet.parts}
    for slug, frame in FRAMES.items():
        names = {name for name in examples[slug].fields if name.startswith("ip_os.")}
        besides = names - set(places_of(frame)) - parts
        assert {name for name in besides if ".t_flags." not in name} <= {
            "ip_os.header.checksum.expected",
            "ip_os.header.checksum.status",
            "ip_os.acknowledges",
            "ip_os.acknowledged_in",
        }


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ip_os.header.source_ip", "source_ip: 198.51.100.7"),
        ("ip_os.header.type", "type: CONNECTION (0x01)"),
        ("ip_os.header.protocol", "protocol: TCP (0x01)"),
        ("ip_os.header.checksum", "checksum: 0xe404"),
        ("ip_os.header.checksum.expected", "expected checksum: 0xe404"),
        ("ip_os.header.checksum.status", "checksum status: Good (1)"),
        ("ip_os.connection.control_block.t_maxseg", "t_maxseg: 1460 (octets)"),
        ("ip_os.connection.control_block.t_timer", "t_timer: 0000000000000000"),
        ("ip_os.connection.control_block.t_flags", "t_flags: 0x03e0"),
        ("ip_os.connection.control_block.t_flags.sack_permit", ".... ..1. .... .... = SACK_PERMIT: True"),
        ("ip_os.connection.control_block.t_flags.nodelay", ".... .... .... .0.. = NODELAY: False"),
        ("eth.type", "Type: 0x0007"),
    ],
)
def test_how_a_field_is_written(examples: dict[str, Any], name: str, line: str) -> None:
    assert examples["tcp-connection"].line(name) == line


def test_fields_carry_their_documentation(script: Any) -> None:
    text = script.read_text(encoding="utf-8")
    for packet in describe().packets:
        assert all(f'documentation = "{field.documentation} ({field.source})"' in text for field in packet.fields)


def test_columns(dissected: Run) -> None:
    columns = dissected(FRAMES.values(), "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    reference = "198.51.100.7:49152 at 192.0.2.1"
    assert columns.splitlines() == [
        f"ipOS\tTCP Connection Packet {reference}:80, server 192.0.2.2:80",
        f"ipOS\tUDP Connection Packet {reference}:7, server 192.0.2.2:7",
        f"ipOS\tTCP Packet {reference}:80 | GET / HTTP/1.0 ",
        f"ipOS\tUDP Packet {reference}:7 | Request",
        f"ipOS\tAcknowledgement {reference}:80",
    ]


def test_wiresharks_own_dissectors_read_the_clients_packet(examples: dict[str, Any]) -> None:
    layers = [shown.protocols for shown in examples.values()]
    assert layers == ["eth:ip_os", "eth:ip_os", "eth:ip_os:ip:tcp:http", "eth:ip_os:ip:udp:echo", "eth:ip_os"]


def test_tcp_is_followed_across_the_second_lan(dissected: Run) -> None:
    """The second time, the client's segment is a retransmission."""
    frames = [FRAMES["tcp"], FRAMES["udp"], FRAMES["tcp"]]
    analysed = dissected(frames, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.analysis.retransmission")
    assert analysed.splitlines() == ["0\t", "\t", "0\t1"]


def test_what_belongs_together_is_linked(show: Show) -> None:
    """A connection packet, unrelated ones, its repetition, its acknowledgement, which comes twice."""
    connection, answer = FRAMES["tcp-connection"], FRAMES["acknowledgement"]
    shown = show([answer, connection, FRAMES["udp-connection"], FRAMES["tcp"], connection, answer, answer])
    names = ("ip_os.repeats", "ip_os.acknowledges", "ip_os.acknowledged_in")
    links = [[name for name in names if name in frame.fields] for frame in shown]
    assert links == [[], [], [], [], ["ip_os.repeats", "ip_os.acknowledged_in"], [names[1]], [names[1]]]
    assert shown[4].line("ip_os.repeats") == "Repeats the connection packet in frame: 2"
    assert shown[4].line("ip_os.acknowledged_in") == "Acknowledged in frame: 6"
    assert {frame.line(names[1]) for frame in shown[5:]} == {"Acknowledges the connection packet in frame: 5"}
    assert shown[0].line("ip_os.header.checksum.status") == "checksum status: Unverified (2)"
    assert shown[6].line("ip_os.header.checksum.status") == "checksum status: Good (1)"


def test_a_connection_packet_with_another_checksum_repeats_none(show: Show) -> None:
    """An origin repeats it identically (ORG-7)."""
    connection = FRAMES["tcp-connection"]
    shown = show([connection, connection[:28] + b"\0\0" + connection[30:]])
    assert "ip_os.repeats" not in shown[1].fields


# Table Advertisement (ADV-1)


def value_of(name: str, wire: Any) -> int | str:
    return {"url": "/größe", "cookie_id": "0123"}[name] if isinstance(wire.format, Text) else 7


def advertised(table: AdvertisedTable, operation: Operation) -> bytes:
    """An advertisement of two records, a number seven in each field."""
    made_of = record_class(table, operation)
    entry = made_of(**{name: value_of(name, wire) for name, wire in fields(made_of)})
    ethernet = BroadcastEthernetHeader(source=mac("02:00:00:00:02:01"))
    packet = advertisement.table_advertisement(ethernet, ipv4("192.0.2.1"), table, operation, [entry, entry])
    return advertisement.encode(packet)


def record_places(variant: AdvertisedRecords, frame: bytes) -> Iterator[tuple[str, tuple[int, int, str]]]:
    """Where its fields stand in two records, from the description."""
    offset = EXTENSION.packet.size
    for field in (*variant.record.fields, *variant.record.fields):
        length = field.size or 2 + int.from_bytes(frame[offset : offset + 2], "big")
        assert field.size or field.kind is Kind.TEXT
        yield f"ip_os.records.{field.name}", (offset, length, frame[offset : offset + length].hex())
        offset += length


ADVERTISEMENTS = [
    advertised(AdvertisedTable(table), Operation(operation))
    for table, operation in (variant.selectors for variant in EXTENSION.variants)
]


@pytest.fixture(scope="module")
def advertisements(show: Show) -> list[Any]:
    return show(ADVERTISEMENTS)


@pytest.mark.parametrize("number", range(len(ADVERTISEMENTS)), ids=lambda number: EXTENSION.variants[number].names)
def test_records_of_an_advertisement(advertisements: list[Any], number: int) -> None:
    variant, frame, shown = EXTENSION.variants[number], ADVERTISEMENTS[number], advertisements[number]
    expected: Places = {}
    for name, place in record_places(variant, frame):
        expected.setdefault(name, []).append(place)
    assert shown_places(shown, expected) == expected
    assert shown.line("ip_os.table_header.record_count") == "record_count: 2 (records)"
    assert shown.line("ip_os.header.checksum.status") == "checksum status: Good (1)"
    assert shown.broken == {}


def test_texts_are_read_as_utf_8(advertisements: list[Any]) -> None:
    lines = [place.line for shown in advertisements for place in shown.fields.get("ip_os.records.url", ())]
    assert set(lines) == {"url: /größe"}
