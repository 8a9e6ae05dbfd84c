"""FIG. 11F and 11H on the second LAN, the UDP connection packet and the client's datagram: by their schemas."""

from dataclasses import replace
from typing import Any

from ipos_spec.addresses import BROADCAST_MAC, Mac, ipv4
from ipos_spec.codec import encode
from ipos_spec.fields import layout, size_of
from ipos_spec.packets import UdpConnectionPacket
from ipos_spec.rules import Unicast, Within

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.changes import changed, inverted, truncated, tuned_by_port, with_checksum_field, with_header
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ENCAPSULATION, ETHERNET, Client

_INNER = ETHERNET + ENCAPSULATION
_FIELDS = layout(UdpConnectionPacket)
_CUTS = {f"before-{field.path}": field.offset for field in _FIELDS if field.offset > ETHERNET}
_INNER_CUTS = {
    "before-the-ip-header": _INNER,
    "in-the-ip-header": _INNER + 12,
    "before-the-udp-header": _INNER + 20,
    "in-the-udp-header": _INNER + 26,
    "before-the-data": _INNER + 28,
    "before-the-last-octet": _INNER + 28 + 24,
}
"""The data has 25 octets."""
_PADDING = {"zeros": bytes(24), "ones": b"\xff" * 24, "one-odd-octet": b"\xa5", "a-whole-frame": b"\x5a" * 1000}
_OTHER_PROTOCOLS = {"0": 0, "3": 3, "iana-tcp": 6, "iana-udp": 17, "255": 255}
_OTHER_MACS = {
    "broadcast": BROADCAST_MAC,
    "multicast": Mac(bytes.fromhex("01005e000001")),
    "unknown": Mac(bytes.fromhex("020000005555")),
}
_NO_HOSTS = {"zero": ipv4("0.0.0.0"), "multicast": ipv4("224.0.0.1"), "broadcast": ipv4("255.255.255.255")}  # noqa: S104
_OUTSIDE: dict[str, dict[str, Any]] = {
    **{
        f"{field.path}-{name}": {field.path: address}
        for field in _FIELDS
        for name, address in _NO_HOSTS.items()
        if any(isinstance(rule, Unicast) for rule in field.wire.rules)
    },
    **{
        f"{field.path}-{rule.low - 1}": {field.path: rule.low - 1}
        for field in _FIELDS
        for rule in field.wire.rules
        if isinstance(rule, Within) and rule.low > 0
    },
}
"""Each field of a UDP connection packet with each value that its rule excludes (ENC-13)."""
_COVERED = {field.path: field.offset + field.size - 1 for field in _FIELDS if field.path.startswith("connection.")}


@requirement("ENC-3")
def test_acknowledgement_repeats_reference_and_protocol(dut: Dut) -> None:
    """The acknowledgement of a UDP connection packet has its reference, unswapped, and protocol 2."""
    dut.udp.hand_over()


@requirement("ENC-5")
@generated
@parameters(protocol=_OTHER_PROTOCOLS)
def test_connection_packet_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> None:
    """A UDP connection packet under IANA's number or any other gets no answer and makes no endpoint."""
    packet = dut.udp.connection_packet()
    dut.peer.send(with_header(encode(packet), 1, protocol))
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-5")
@generated
@parameters(protocol=_OTHER_PROTOCOLS)
def test_datagram_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> None:
    """A client's datagram under IANA's number or any other does not reach the endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    frame = encode(dut.udp.client_packet(packet, endpoint.packet(b"wrong")))
    dut.peer.send(with_header(frame[:_INNER], 2, protocol) + frame[_INNER:])
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-6")
@parameters(checksum={"0000": 0x0000, "ffff": 0xFFFF})
def test_both_zeros_verify(dut: Dut, checksum: int) -> None:
    """Where the sum gives zero, either of its two representations verifies by summing (RFC 1071)."""
    packet = tuned_by_port(dut.udp.connection_packet(), 0)
    dut.peer.send(with_checksum_field(packet, checksum))
    dut.expect_acknowledgement(packet)


@requirement("ENC-7")
@generated
@parameters(offset=_COVERED)
def test_connection_packet_damaged_on_the_way_is_discarded(dut: Dut, offset: int) -> None:
    """One inverted octet in the connection information makes the packet void: the checksum covers all of it."""
    packet = dut.udp.connection_packet()
    dut.peer.send(inverted(encode(packet), offset))
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-7")
@parameters(difference={"one-more": 1, "octet-order": 0x0100, "inverted-bit": 0x8000})
def test_datagram_with_a_wrong_checksum_is_discarded(dut: Dut, difference: int) -> None:
    """A client's datagram whose ipOS checksum is wrong does not reach the endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    wrong = dut.udp.client_packet(packet, endpoint.packet(b"wrong"))
    dut.peer.send(with_checksum_field(wrong, (wrong.header.checksum + difference) % 0xFFFF))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-8")
@generated
@parameters(size={**_CUTS, "before-the-last-octet": size_of(UdpConnectionPacket) - 1})
def test_truncated_connection_packet_is_discarded(dut: Dut, size: int) -> None:
    """A UDP connection packet cut off at any field gets no acknowledgement and makes no endpoint."""
    packet = dut.udp.connection_packet()
    dut.peer.send(truncated(packet, size))
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-8")
@generated
@parameters(size=_INNER_CUTS)
def test_truncated_datagram_is_discarded(dut: Dut, size: int) -> None:
    """A client's datagram that ends before its IP total length does not reach the endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.peer.send(truncated(dut.udp.client_packet(packet, endpoint.packet(dut.udp.nonce())), size))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-8")
@parameters(padding=_PADDING)
def test_octets_behind_a_connection_packet_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding of any length and value changes nothing in a UDP connection packet, which always needs some."""
    packet = dut.udp.connection_packet()
    dut.udp.expect_exchange(dut.udp.hand_over_by(replace(packet, padding=padding)))


@requirement("ENC-8")
@parameters(padding=_PADDING)
def test_octets_behind_a_datagram_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding behind a client's datagram does not get into it."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.peer.send(replace(dut.udp.client_packet(packet, endpoint.packet(b"short")), padding=padding))
    dut.udp.expect_echo(endpoint, b"short")


@requirement("ENC-12")
@parameters(mac=_OTHER_MACS)
def test_connection_packet_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> None:
    """A UDP connection packet to all, to a group or to somebody else gets no answer and makes no endpoint."""
    packet = dut.udp.connection_packet()
    dut.peer.send(mac + encode(packet)[6:])
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-12")
@parameters(mac=_OTHER_MACS)
def test_datagram_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> None:
    """A client's datagram to all, to a group or to somebody else does not reach the endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.peer.send(mac + encode(dut.udp.client_packet(packet, endpoint.packet(b"wrong")))[6:])
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-13")
@generated
@parameters(fields=_OUTSIDE)
def test_connection_packet_with_an_impossible_address_is_discarded(dut: Dut, fields: dict[str, Any]) -> None:
    """A UDP connection packet whose field no host or port can have gets no acknowledgement."""
    dut.peer.send(changed(dut.udp.connection_packet(), fields))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_connection_packet_for_the_router_as_client_is_discarded(dut: Dut) -> None:
    """The router's own address can't be a client's."""
    dut.peer.send(dut.udp.connection_packet(client=Client(dut.address, dut.new_client().port)))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_connection_packet_for_another_destination_is_discarded(dut: Dut) -> None:
    """A UDP connection packet to this router's MAC, but for another router's endpoint, gets no acknowledgement."""
    packet = dut.udp.connection_packet()
    dut.peer.send(changed(packet, {"header.destination_ip": dut.other_peer.address}))
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-13")
def test_connection_packet_from_a_group_mac_is_discarded(dut: Dut) -> None:
    """A UDP connection packet whose source MAC is a group's gets no acknowledgement and makes no endpoint."""
    packet = dut.udp.connection_packet()
    group = bytes([dut.peer.mac[0] | 1]) + dut.peer.mac[1:]
    dut.peer.send(changed(packet, {"ethernet.source": group}))
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@requirement("ENC-13")
def test_datagram_for_another_destination_is_discarded(dut: Dut) -> None:
    """A datagram whose reference names another router's address does not reach this one's endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    wrong = dut.udp.client_packet(packet, endpoint.packet(b"wrong"))
    dut.peer.send(changed(wrong, {"header.destination_ip": dut.other_peer.address}))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)
