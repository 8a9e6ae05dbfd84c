"""A wrong frame is spelled out as far as it goes: octets end to end, and the field that is wrong marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import DecodeError, advertisement, decode, vectors
from ipos_spec.addresses import ipv4, mac
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation, table_advertisement
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode_extended
from ipos_spec.dissection import Item, dissect, dissect_wrong
from ipos_spec.tables.records import UrlEntry


def error_of(frame: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(frame)
    return caught.value


def spelled(frame: bytes) -> tuple[Item, ...]:
    return dissect_wrong(frame, error_of(frame))


def changed(name: str, offset: int, octets: str) -> bytes:
    new = bytes.fromhex(octets)
    frame = vectors.FRAMES[name]
    return frame[:offset] + new + frame[offset + len(new) :]


def octets_of(items: tuple[Item, ...]) -> bytes:
    joined = b""
    for item in items:
        assert item.offset == len(joined)
        joined += item.value if isinstance(item.value, bytes) else item.value.to_bytes(item.size, "big")
    return joined


@pytest.mark.parametrize(
    ("frame", "wrong", "offset", "size"),
    [
        (changed("tcp-connection", 28, "0000"), "header.checksum", 28, 2),
        (changed("acknowledgement", 26, "04"), "header.type", 26, 1),
        (changed("acknowledgement", 27, "06"), "header.protocol", 27, 1),
        (changed("udp", 12, "0800"), "ethernet.type", 12, 2),
        (changed("tcp", 32, "0010"), "inner.total_length", 32, 2),
        (changed("tcp", 42, "01020304"), "inner.header_checksum", 40, 2),
        (vectors.FRAMES["tcp-connection"][:100], "connection.control_block.snd_wnd", 100, 0),
        (vectors.FRAMES["tcp-connection"][:101], "connection.control_block.snd_wnd", 100, 1),
        (vectors.FRAMES["tcp"][:60], "inner", 30, 30),
        (vectors.FRAMES["tcp"][:13], "ethernet.type", 12, 1),
        (b"", "ethernet.destination", 0, 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_marked(frame: bytes, wrong: str, offset: int, size: int) -> None:
    items = spelled(frame)
    assert [(item.path, item.offset, item.size) for item in items if item.wrong] == [(wrong, offset, size)]
    assert octets_of(items) == frame


def test_all_fields_of_a_packet_with_a_wrong_checksum_are_there() -> None:
    frame = changed("tcp-connection", 28, "0000")
    right = [(item.path, item.text) for item in dissect(vectors.PACKETS["tcp-connection"])]
    assert [(item.path, item.text) for item in spelled(frame) if not item.wrong] == [
        field for field in right if field[0] != "header.checksum"
    ]


def test_a_wrong_total_length_does_not_tell_where_padding_begins() -> None:
    pieces = [(item.path, item.size) for item in spelled(changed("tcp", 32, "0010")) if item.offset >= 30]
    assert pieces == [("inner", 2), ("inner.total_length", 2), ("inner", 66)]


def test_what_an_unknown_type_hides_is_not_guessed() -> None:
    items = spelled(changed("tcp-connection", 26, "04"))
    assert [item.path for item in items[-2:]] == ["header.checksum", "undecoded"]
    assert items[-1].size == 146


def test_behind_another_ether_type_nothing_is_told() -> None:
    assert [item.path for item in spelled(changed("udp", 12, "0800"))][-2:] == ["ethernet.type", "undecoded"]


@given(st.sampled_from(list(vectors.FRAMES.values())), st.data())
def test_no_octet_is_left_out_of_any_wrong_frame(frame: bytes, data: st.DataObject) -> None:
    mutant = bytearray(frame[: data.draw(st.integers(0, len(frame)))])
    for _ in range(data.draw(st.integers(0, 3)) if mutant else 0):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    try:
        items = dissect(decode(bytes(mutant)))
    except DecodeError as error:
        items = dissect_wrong(bytes(mutant), error)
        assert sum(item.wrong for item in items) == 1
    assert octets_of(items) == mutant


ADVERTISEMENT = table_advertisement(
    BroadcastEthernetHeader(source=mac("02:00:00:00:02:01")),
    ipv4("192.0.2.1"),
    AdvertisedTable.URL_MAP,
    Operation.PUT,
    [UrlEntry(url="/images", server_ip=ipv4("192.0.2.2")), UrlEntry(url="/é", server_ip=ipv4("192.0.2.3"))],
)


def test_records_of_an_advertisement_are_spelled_out() -> None:
    frame = advertisement.encode(ADVERTISEMENT)
    items = dissect(decode_extended(frame + b"\0"))
    records = [(item.path, item.offset, item.size, item.text) for item in items if item.path.startswith("records")]
    assert records == [
        ("records.0.url", 36, 9, "/images"),
        ("records.0.server_ip", 45, 4, "192.0.2.2"),
        ("records.1.url", 49, 5, "/é"),
        ("records.1.server_ip", 54, 4, "192.0.2.3"),
    ]
    assert octets_of(items) == frame + b"\0"


def test_a_record_that_is_wrong_is_marked() -> None:
    frame = bytearray(advertisement.encode(ADVERTISEMENT))
    frame[53] = 0xFF  # the last octet of the text
    frame[28:30] = bytes(2)
    frame[28:30] = internet_checksum(bytes(frame[14:])).to_bytes(2, "big")
    with pytest.raises(DecodeError) as caught:
        decode_extended(bytes(frame))
    items = dissect_wrong(bytes(frame), caught.value)
    assert [(item.path, item.offset) for item in items if item.wrong] == [("records.1.url", 49)]
    assert octets_of(items) == frame
