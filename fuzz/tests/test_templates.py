"""A template gives any client the frame that the client would have made itself."""

from dataclasses import replace

import pytest
from frames_of import CLIENT, TARGET, TEMPLATES
from hypothesis import given
from hypothesis import strategies as st
from ipos_conformance.frames import Client, Lan
from ipos_fuzz.sources.templates import Template, templates
from ipos_fuzz.subject import Subject
from ipos_spec.addresses import IPv4
from ipos_spec.codec import decode_extended
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, acknowledges, with_checksum

KINDS = {
    *("tcp-connection", "udp-connection", "tcp", "udp", "acknowledgement", "table-advertisement"),
    *("syn", "segment", "datagram", "echo", "arp"),
}


def test_every_kind_has_one() -> None:
    assert {Subject.of(template.of(CLIENT)).shape.kind for template in TEMPLATES} == KINDS


@pytest.mark.parametrize("template", TEMPLATES)
@given(address=st.integers(1, 0xDFFFFFFF), port=st.integers(1, 0xFFFF))
def test_frame_of_any_client_is_right(template: Template, address: int, port: int) -> None:
    """`Subject.of` refuses a frame in which any checksum is wrong."""
    frame = template.of(Client(IPv4(address), port))
    shape = Subject.of(frame).shape
    assert len(frame) == len(template.frame)
    assert address.to_bytes(4, "big") in frame
    if shape.kind not in ("arp", "table-advertisement"):
        assert port.to_bytes(2, "big") in frame


@given(address=st.integers(1, 0xDFFFFFFF), port=st.integers(1, 0xFFFF))
def test_acknowledgement_is_that_of_the_router_s_own_connection_packet(address: int, port: int) -> None:
    """The router, as an origin, would have sent this client's block to the peer; the checksum is carried along."""
    client, peer = Client(IPv4(address), port), TARGET.peer[0].address
    packets = [decode_extended(one.of(client)) for one in TEMPLATES if one.lan is Lan.SECOND]
    answers = {packet.header.protocol: packet for packet in packets if isinstance(packet, Acknowledgement)}
    received = next(
        packet
        for packet in packets
        if isinstance(packet, TcpConnectionPacket) and packet.header.destination_port == TARGET.pixit.http_port
    )
    begun = with_checksum(
        replace(
            received,
            header=replace(received.header, destination_ip=peer),
            connection=replace(received.connection, server_ip=TARGET.router.address),
        )
    )
    assert acknowledges(answers[Protocol.TCP], begun)
    assert answers[Protocol.UDP].header.reference[:3] == (*client, peer)


def test_datagram_whose_checksum_would_be_zero_has_the_other_zero() -> None:
    """Zero would say that there is no checksum (RFC 768)."""
    template = next(one for one in TEMPLATES if Subject.of(one.of(CLIENT)).shape.kind == "datagram")
    checksum = int.from_bytes(template.of(CLIENT)[40:42], "big")
    client = CLIENT._replace(port=(CLIENT.port + checksum) % 0xFFFF)
    assert template.of(client)[40:42] == b"\xff\xff"


def test_macs_and_destinations_are_the_target_s() -> None:
    known = {TARGET.router.address, *(peer.address for peer in TARGET.peer)}
    for template in TEMPLATES:
        lan = TARGET.first_lan if template.lan is Lan.FIRST else TARGET.second_lan
        frame = template.of(CLIENT)
        assert frame[:6] in (lan.router_mac, b"\xff" * 6)
        if frame[12:14] == b"\x08\x00":
            assert int.from_bytes(frame[30:34], "big") in known


def test_ether_type_is_the_target_s() -> None:
    second_lan = TARGET.second_lan.model_copy(update={"ether_type": 0x88B5})
    for template in templates(TARGET.model_copy(update={"second_lan": second_lan})):
        if template.lan is Lan.SECOND:
            assert template.of(CLIENT)[12:14] == b"\x88\xb5"


def test_target_without_datagrams_and_echo_has_templates_too() -> None:
    bare = TARGET.pixit.model_copy(update={"raw": type(TARGET.pixit.raw)(), "udp": type(TARGET.pixit.udp)()})
    made = templates(TARGET.model_copy(update={"pixit": bare}))
    assert {Subject.of(template.of(CLIENT)).shape.kind for template in made} == KINDS
