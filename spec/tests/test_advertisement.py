"""The extension packet (ADV-1): octets typed by hand, round trips, and what is refused with which words."""

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec.addresses import ipv4, mac
from ipos_spec.advertisement import (
    RECORD_CLASSES,
    AdvertisedTable,
    BroadcastEthernetHeader,
    Operation,
    TableAdvertisement,
    decode,
    encode,
    record_class,
    table_advertisement,
    violations,
    with_checksum,
)
from ipos_spec.errors import (
    AdvertisementError,
    ChecksumError,
    DecodeError,
    EncodeError,
    OtherEtherTypeError,
    TruncatedError,
)
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE
from ipos_spec.tables.records import (
    ApplicationInformation,
    CookieEntry,
    ListeningSocket,
    ServerState,
    UrlEntry,
    key_fields,
    key_record,
)

SERVER = ipv4("192.0.2.1")
ETHERNET = BroadcastEthernetHeader(source=mac("02:00:00:00:02:01"))
STATE = ServerState(
    server_ip=SERVER,
    tcp_connections=7,
    cpu_utilization=1250,
    available_memory=2**33,
    available_bandwidth=10**9,
)
URLS = (
    UrlEntry(url="/shop", server_ip=SERVER),
    UrlEntry(url="example.org/größe", server_ip=SERVER + 1),
    UrlEntry(url="", server_ip=SERVER),
)
URL_RECORDS = bytes.fromhex(
    "0005 2f73686f70 c0000201"  # 36: /shop
    "0013 6578616d706c652e6f72672f6772c3b6c39f65 c0000202"  # 47: example.org/größe
    "0000 c0000201"  # 72: the empty beginning of every URL
)


def advertised(table: AdvertisedTable, *records: Any, operation: Operation = Operation.PUT) -> TableAdvertisement:
    return table_advertisement(ETHERNET, SERVER, table, operation, records)


URL_PACKET = advertised(AdvertisedTable.URL_MAP, *URLS)
URL_FRAME = encode(URL_PACKET)


def by_hand(table: int, operation: int, count: int, records: bytes, length: int | None = None) -> bytes:
    """A frame with a right checksum, written without the schemas."""
    length = len(records) if length is None else length
    header = struct.pack(">IHIHBB", SERVER, 0, 0xFFFFFFFF, 0, 0x80, 0)
    body = struct.pack(">BBHH", table, operation, count, length) + records
    covered = header + body + bytes(len(body) % 2)
    total = sum(struct.unpack(f">{len(covered) // 2}H", covered))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    ethernet = bytes.fromhex("ffffffffffff 020000000201 0007")
    return ethernet + header + (total ^ 0xFFFF).to_bytes(2, "big") + body


def refusal(frame: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(frame)
    return caught.value


def is_refused(frame: bytes) -> bool:
    """Whether decode refuses the frame. If it doesn't, encode must give the same octets again."""
    try:
        packet = decode(frame)
    except DecodeError:
        return True
    assert encode(packet) == frame
    return False


# What stands on the wire


@pytest.mark.parametrize(
    ("table", "number", "record", "put", "key"),
    [
        (
            AdvertisedTable.SERVER_STATE,
            1,
            STATE,
            "c0000201 00000007 04e2 0000000200000000 000000003b9aca00",
            "c0000201",
        ),
        (
            AdvertisedTable.LISTENING_SOCKETS_TCP,
            2,
            ListeningSocket(server_ip=SERVER, port=80, process=4711),
            "c0000201 0050 00001267",
            "c0000201 0050",
        ),
        (
            AdvertisedTable.APPLICATION_INFORMATION,
            3,
            ApplicationInformation(process_id=4711, memory_requirements=65536, cpu_utilization=10_000),
            "00001267 0000000000010000 2710",
            "00001267",
        ),
        (AdvertisedTable.URL_MAP, 4, URLS[0], "0005 2f73686f70 c0000201", "0005 2f73686f70 c0000201"),
        (
            AdvertisedTable.COOKIE_MAP,
            5,
            CookieEntry(cookie_id="k1", server_ip=SERVER),
            "0002 6b31 c0000201",
            "0002 6b31",
        ),
        (
            AdvertisedTable.LISTENING_SOCKETS_UDP,
            6,
            ListeningSocket(server_ip=SERVER, port=7, process=0),
            "c0000201 0007 00000000",
            "c0000201 0007",
        ),
    ],
)
def test_each_table_as_octets(table: AdvertisedTable, number: int, record: Any, put: str, key: str) -> None:
    """Numbers and sizes as ADV-1 gives them; a delete has the key fields only."""
    key_class = key_record(type(record))
    deleted = key_class(**{name: getattr(record, name) for name in key_fields(key_class)})
    frames = {
        encode(advertised(table, record)): by_hand(number, 1, 1, bytes.fromhex(put)),
        encode(advertised(table, deleted, operation=Operation.DELETE)): by_hand(number, 2, 1, bytes.fromhex(key)),
    }
    assert list(frames) == list(frames.values())
    assert [decode(frame).records for frame in frames] == [(record,), (deleted,)]


def test_several_records_as_octets() -> None:
    assert by_hand(4, 1, 3, URL_RECORDS) == URL_FRAME
    assert decode(URL_FRAME) == URL_PACKET


def test_no_records_are_an_advertisement_too() -> None:
    assert encode(advertised(AdvertisedTable.URL_MAP)) == by_hand(4, 1, 0, b"")


def test_it_goes_to_everybody_and_is_about_no_connection() -> None:
    packet = decode(URL_FRAME)
    assert packet.ethernet.destination == bytes.fromhex("ffffffffffff")
    assert (packet.header.source_ip, packet.header.source_port) == (SERVER, 0)
    assert (packet.header.destination_ip, packet.header.destination_port) == (0xFFFFFFFF, 0)
    assert not list(violations(packet))


# Round trips


@given(packet=...)
def test_any_advertisement_comes_back(packet: TableAdvertisement) -> None:
    frame = encode(packet)
    assert decode(frame) == packet
    assert encode(decode(frame)) == frame


@given(data=st.data())
def test_what_the_maker_gives_decodes(data: st.DataObject) -> None:
    table, operation = data.draw(st.sampled_from(AdvertisedTable)), data.draw(st.sampled_from(Operation))
    records = data.draw(st.lists(st.from_type(record_class(table, operation)), max_size=4))
    received = decode(encode(table_advertisement(ETHERNET, SERVER, table, operation, records, mtu=0xFFFF)))
    assert received.records == tuple(records)
    assert received.table_header[:3] == (table, operation, len(records))


def test_padding_is_kept_but_means_nothing() -> None:
    padded = decode(URL_FRAME + b"\x01\x02")
    assert padded.records == URLS
    assert encode(padded) == URL_FRAME + b"\x01\x02"


def test_another_ether_type_is_configurable() -> None:
    other = replace(URL_PACKET, ethernet=replace(ETHERNET, type=ALTERNATIVE_ETHER_TYPE))
    assert decode(encode(other), ALTERNATIVE_ETHER_TYPE) == other


# Wrong octets


def test_every_truncation_is_refused() -> None:
    assert not is_refused(URL_FRAME)
    for length in range(len(URL_FRAME)):
        error = refusal(URL_FRAME[:length])
        assert isinstance(error, TruncatedError)
        assert error.requirement == "ENC-8"
        assert error.offset <= length


def test_every_octet_changed_is_refused_or_kept() -> None:
    """The checksum covers all but Ethernet's addresses (ENC-6); the EtherType is another's."""
    for position in range(len(URL_FRAME)):
        changed = {URL_FRAME[:position] + bytes([value]) + URL_FRAME[position + 1 :] for value in range(256)}
        changed.remove(URL_FRAME)
        assert {is_refused(frame) for frame in changed} == {position >= 12}


def test_every_octet_changed_under_a_right_checksum_is_refused_or_kept() -> None:
    verdicts = set()
    for position in range(len(URL_RECORDS)):
        for value in range(256):
            records = URL_RECORDS[:position] + bytes([value]) + URL_RECORDS[position + 1 :]
            verdicts.add(is_refused(by_hand(4, 1, 3, records)))
    assert verdicts == {True, False}


@given(
    table=st.integers(0, 255),
    operation=st.integers(0, 3),
    count=st.integers(0, 5),
    records=st.binary(max_size=80),
    missing=st.integers(-3, 3),
)
def test_random_records_are_refused_or_kept(
    table: int, operation: int, count: int, records: bytes, missing: int
) -> None:
    is_refused(by_hand(table, operation, count, records, max(len(records) + missing, 0)))


@given(octets=st.binary(max_size=90), ether_type=st.integers(-1, 0x1_0000))
def test_random_octets_are_refused_and_nothing_else_is_raised(octets: bytes, ether_type: int) -> None:
    with pytest.raises(DecodeError):
        decode(octets, ether_type)


@pytest.mark.parametrize(
    ("frame", "error", "text"),
    [
        (by_hand(0, 1, 0, b""), AdvertisementError, "table_header.table at octet 30: 0, expected 1 or 2 or 3"),
        (by_hand(7, 1, 0, b""), AdvertisementError, "table_header.table at octet 30: 7, expected 1 or 2 or 3"),
        (by_hand(4, 3, 0, b""), AdvertisementError, "table_header.operation at octet 31: 3, expected 1 or 2 (ADV-1)"),
        (
            by_hand(4, 1, 4, URL_RECORDS),
            AdvertisementError,
            "records.3.url at octet 78: the records end after 42 octets, in the middle of it (ADV-1)",
        ),
        (
            by_hand(4, 1, 2, URL_RECORDS),
            AdvertisementError,
            "table_header.records_length at octet 34: 42 octets, but 2 records take 36 (ADV-1)",
        ),
        (
            by_hand(4, 1, 3, URL_RECORDS, len(URL_RECORDS) + 1),
            TruncatedError,
            "records at octet 36: the frame has 78 of 79 octets (ENC-8)",
        ),
        (
            by_hand(4, 1, 1, b"\x08\x01" + b"a" * 2049 + bytes(4)),
            AdvertisementError,
            "records.0.url at octet 36: 2049 octets of text, expected at most 2048 (ADV-1)",
        ),
        (
            by_hand(5, 2, 2, b"\x00\x01k" + b"\x01\x00" + b"a" * 256),
            AdvertisementError,
            "records.1.cookie_id at octet 39: 256 octets of text, expected at most 255 (ADV-1)",
        ),
        (
            by_hand(5, 1, 1, b"\x00\x03a\xffb" + bytes(4)),
            AdvertisementError,
            "records.0.cookie_id at octet 36: octet 0xff at 1 of the text is no UTF-8: invalid start byte (ADV-1)",
        ),
        (
            by_hand(5, 1, 1, b"\x00\x02\xed\xa0" + bytes(4)),
            AdvertisementError,
            "records.0.cookie_id at octet 36: octet 0xed at 0 of the text is no UTF-8",
        ),
        (
            URL_FRAME[:26] + b"\x81" + URL_FRAME[27:],
            AdvertisementError,
            "header.type at octet 26: 129, expected 128 (ADV-1)",
        ),
        (
            URL_FRAME[:27] + b"\x01" + URL_FRAME[28:],
            AdvertisementError,
            "header.protocol at octet 27: 1, expected 0 (ADV-1)",
        ),
        (URL_FRAME[:12] + b"\x08\x00" + URL_FRAME[14:], OtherEtherTypeError, "ethernet.type at octet 12: 0x0800"),
        (URL_FRAME[:-1] + b"\x02", ChecksumError, "header.checksum at octet 28: "),
        (URL_FRAME[:33], TruncatedError, "table_header.record_count at octet 32: the frame has 33 of"),
    ],
)
def test_what_is_wrong_is_named(frame: bytes, error: type[DecodeError], text: str) -> None:
    found = refusal(frame)
    assert type(found) is error
    assert str(found).startswith(text)


# What reads well and is wrong all the same


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            replace(URL_PACKET, ethernet=replace(ETHERNET, destination=mac("02:00:00:00:02:02"))),
            "ethernet.destination is 020000000202, expected the broadcast address (ADV-1)",
        ),
        (
            replace(URL_PACKET, header=replace(URL_PACKET.header, source_port=80)),
            "header.source_port is 80, expected 0 (ADV-1)",
        ),
        (
            replace(URL_PACKET, header=replace(URL_PACKET.header, destination_ip=SERVER)),
            f"header.destination_ip is {SERVER}, expected the broadcast address (ADV-1)",
        ),
        (
            advertised(AdvertisedTable.SERVER_STATE, STATE, replace(STATE, cpu_utilization=10_001)),
            "records.1.cpu_utilization is 10001, expected 0 to 10000 (ADV-1)",
        ),
        (
            advertised(AdvertisedTable.URL_MAP, replace(URLS[0], server_ip=0)),
            "records.0.server_ip is 0, expected a unicast address (ENC-13)",
        ),
    ],
)
def test_broken_rules_are_told(wrong: TableAdvertisement, text: str) -> None:
    received = decode(encode(with_checksum(wrong)))
    assert [str(violation) for violation in violations(received)] == [text]


# Values that are no frame


def test_records_that_do_not_fit_a_frame_are_refused() -> None:
    """An Ethernet payload of 1500 octets has room for 1478 of records: here one, of 6 octets and its URL."""
    fits, too_long = (UrlEntry(url="u" * (length - 6), server_ip=SERVER) for length in (1478, 1479))
    assert len(encode(advertised(AdvertisedTable.URL_MAP, fits))) == 14 + 1500
    with pytest.raises(EncodeError, match="records: 1479 octets, expected at most 1478 in one frame"):
        advertised(AdvertisedTable.URL_MAP, too_long)


def test_no_frame_is_longer_than_its_length_can_say() -> None:
    longest = [UrlEntry(url="u" * 2048, server_ip=SERVER)] * 32
    with pytest.raises(EncodeError, match="records: 65728 octets, expected at most 65535 in one frame"):
        table_advertisement(ETHERNET, SERVER, AdvertisedTable.URL_MAP, Operation.PUT, longest, mtu=100_000)


@pytest.mark.parametrize(
    ("record", "path", "problem"),
    [
        (STATE, "records.0", "ServerState, expected CookieEntry"),
        (None, "records.0", "NoneType, expected CookieEntry"),
        (CookieEntry(cookie_id="k" * 256, server_ip=1), "records.0.cookie_id", "256 octets of text, expected at most"),
        (CookieEntry(cookie_id="ü" * 128, server_ip=1), "records.0.cookie_id", "256 octets of text, expected at most"),
        (
            CookieEntry(cookie_id="\ud800", server_ip=1),
            "records.0.cookie_id",
            "'\\ud800' at 0 of the text has no UTF-8",
        ),
        (CookieEntry(cookie_id=b"k", server_ip=1), "records.0.cookie_id", "bytes, expected str"),
        (CookieEntry(cookie_id="k", server_ip=2**32), "records.0.server_ip", "4294967296 does not fit a field of"),
        (CookieEntry(cookie_id="k", server_ip=None), "records.0.server_ip", "NoneType, expected int"),
    ],
)
def test_record_that_can_not_be_written_is_named(record: Any, path: str, problem: str) -> None:
    with pytest.raises(EncodeError) as caught:
        advertised(AdvertisedTable.COOKIE_MAP, record)
    assert caught.value.path == path
    assert caught.value.problem.startswith(problem)


@pytest.mark.parametrize(
    ("packet", "path"),
    [
        (None, "packet"),
        (replace(URL_PACKET, records=None), "records"),
        (replace(URL_PACKET, records=(*URLS, "url")), "records.3"),
        (replace(URL_PACKET, table_header=None), "table_header"),
        (
            replace(URL_PACKET, table_header=replace(URL_PACKET.table_header, record_count=2**16)),
            "table_header.record_count",
        ),
        (replace(URL_PACKET, header=replace(URL_PACKET.header, type=0x81)), "header.type"),
        (replace(URL_PACKET, padding=None), "padding"),
    ],
)
def test_packet_that_can_not_be_written_is_named(packet: Any, path: str) -> None:
    with pytest.raises(EncodeError) as caught:
        encode(packet)
    assert caught.value.path == path


def test_encode_corrects_nothing() -> None:
    """A tester needs frames that are wrong."""
    header = replace(URL_PACKET.table_header, table=9, operation=9, record_count=1, records_length=2)
    assert encode(with_checksum(replace(URL_PACKET, table_header=header)))[30:36].hex() == "090900010002"


def test_records_have_names_of_their_own() -> None:
    """Descriptions, and what is generated from them, go by the names."""
    assert len({made_of.__name__ for made_of in RECORD_CLASSES}) == len(RECORD_CLASSES) == 9
