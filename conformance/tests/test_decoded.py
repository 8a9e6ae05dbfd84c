"""Frames spelled out, and how two of them differ."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_conformance.changes import changed, inverted, truncated, with_header, with_ip_options
from ipos_conformance.findings.decoded import fields_of
from ipos_conformance.findings.differences import changed_octets, differences, in_words, nearest
from ipos_spec.addresses import ipv4, mac
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.packets import tcp_connection_packet, tcp_packet
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

ETHERNET = EthernetHeader(destination=mac("02:00:00:00:02:01"), source=mac("02:00:00:00:02:02"), type=ETHER_TYPE)
REFERENCE = Reference(ipv4("198.51.100.7"), 40000, ipv4("192.0.2.1"), 80)
NUMBERS = ("snd_una", "snd_nxt", "iss", "snd_wnd", "rcv_wnd", "rcv_nxt", "irs", "rcv_adv", "snd_max")
CONTROL_BLOCK = ControlBlock(t_maxseg=1460, **dict.fromkeys(NUMBERS, 1000))
CONNECTION = tcp_connection_packet(
    ETHERNET,
    REFERENCE,
    TcpConnectionInformation(server_ip=ipv4("192.0.2.2"), server_port=80, control_block=CONTROL_BLOCK),
)
SEGMENT = bytes(IP(src="198.51.100.7", dst="192.0.2.2") / TCP(sport=40000, dport=80, seq=7, flags="PA") / Raw(b"GET"))
CLIENT_PACKET = tcp_packet(ETHERNET, REFERENCE, SEGMENT)
FRAMES = {
    "connection": encode(CONNECTION),
    "client-packet": encode(CLIENT_PACKET),
    "padded": encode(replace(CONNECTION, padding=b"\xa5" * 9)),
    "segment": bytes(Ether(type=0x0800)) + SEGMENT,
    "options": bytes(Ether(type=0x0800)) + with_ip_options(SEGMENT, bytes(4)),
    "datagram": bytes(Ether() / IP() / UDP() / Raw(b"hello")),
    "echo": bytes(Ether() / IP() / ICMP() / Raw(b"hello")),
    "other-protocol": bytes(Ether() / IP(proto=47) / Raw(b"hello")),
    "arp": bytes(Ether() / ARP()) + bytes(18),
    "other-type": bytes(Ether(type=0x88CC) / Raw(b"lldp")),
}


def assert_every_octet_once(frame):
    at = 0
    for field in fields_of(frame, ETHER_TYPE):
        assert field.offset == at, field
        at += field.size
    assert at == len(frame)


@pytest.mark.parametrize("name", FRAMES)
def test_fields_cover_a_frame_once_however_it_is_cut(name):
    for size in range(len(FRAMES[name]) + 1):
        assert_every_octet_once(FRAMES[name][:size])


@given(st.sampled_from(sorted(FRAMES)), st.data())
def test_fields_cover_a_damaged_frame_once(name, data):
    frame = bytearray(FRAMES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(12, len(frame) - 1))] = data.draw(st.integers(0, 255))
    assert_every_octet_once(bytes(frame))


def test_values_stand_as_a_person_writes_them():
    texts = {field.path: field.text for field in fields_of(FRAMES["client-packet"], ETHER_TYPE)}
    assert texts["header.source_ip"] == "198.51.100.7"
    assert texts["inner.tcp.flags"] == "AP"
    assert texts["inner.tcp.sequence"] == "7"
    assert texts["inner.data"] == "GET"


def test_what_a_router_discards_the_frame_for_is_marked():
    damaged = inverted(FRAMES["client-packet"], 30 + 6)
    assert [field.path for field in fields_of(damaged, ETHER_TYPE) if field.wrong] == [
        "inner.ip.flags_and_fragment_offset"
    ]


def test_changed_field_is_named_with_both_values():
    stimulus = encode(changed(CONNECTION, {"connection.control_block.t_maxseg": 63}))
    found = differences(encode(CONNECTION), stimulus, ETHER_TYPE)
    assert [one.path for one in found] == ["header.checksum", "connection.control_block.t_maxseg"]
    assert found[1].words == ("1460", "63")
    assert changed_octets(found[1], stimulus) == (60, 61)


def test_changed_type_is_one_field_though_it_renames_all_behind_it():
    stimulus = with_header(encode(CONNECTION), 0x04, 0x01)
    found = differences(encode(CONNECTION), stimulus, ETHER_TYPE)
    assert [one.path for one in found] == ["header.type", "header.checksum"]


def test_cut_is_told_with_what_is_missing():
    stimulus = truncated(CONNECTION, 172)
    found = differences(encode(CONNECTION), stimulus, ETHER_TYPE)
    assert in_words(found).endswith("connection.control_block.last_ack_sent missing, not 4 octets")


def test_padding_is_told_as_what_is_more():
    found = differences(encode(CONNECTION), FRAMES["padded"], ETHER_TYPE)
    assert [(one.path, one.offset, one.size) for one in found] == [("padding", 176, 9)]


def test_options_move_the_fields_behind_them_and_change_no_others():
    found = differences(FRAMES["segment"], FRAMES["options"], ETHER_TYPE)
    assert {one.path.rpartition(".")[2] for one in found} == {
        "version_and_ihl",
        "total_length",
        "header_checksum",
        "options",
    }


def test_equal_frames_do_not_differ():
    assert differences(FRAMES["segment"], FRAMES["segment"], ETHER_TYPE) == ()


def test_nearest_is_the_one_with_fewest_other_octets_and_none_is_none():
    stimulus = inverted(FRAMES["connection"], 100)
    assert nearest(stimulus, FRAMES.values()) == FRAMES["connection"]
    assert nearest(FRAMES["connection"][:20], FRAMES.values()) is not None
    assert nearest(b"\xff" * 100, FRAMES.values()) is None
