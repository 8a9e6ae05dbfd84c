"""Lengths: a shorter frame is no packet, further octets are padding. The cuts come from the schemas."""

from dataclasses import replace

from ipos_spec.fields import layout, size_of
from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.changes import truncated
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ENCAPSULATION, ETHERNET
from ipos_conformance.stations.conversation import request_octets

_WHOLE = size_of(TcpConnectionPacket)
_CUTS = {f"before-{field.path}": field.offset for field in layout(TcpConnectionPacket) if field.offset > ETHERNET}
_INNER = ETHERNET + ENCAPSULATION
_INNER_CUTS = {
    "before-the-ip-header": _INNER,
    "in-the-ip-header": _INNER + 12,
    "before-the-tcp-header": _INNER + 20,
    "in-the-tcp-header": _INNER + 30,
    "before-the-data": _INNER + 40,
    "before-the-last-octet": _INNER + 40 + 255,
}
_PADDING = {"zeros": bytes(20), "ones": b"\xff" * 20, "one-odd-octet": b"\xa5", "a-whole-frame": b"\x5a" * 1000}


@generated
@requirement("ENC-8")
@parameters(size={**_CUTS, "before-the-last-octet": _WHOLE - 1})
def test_truncated_connection_packet_is_discarded(dut: Dut, size: int) -> None:
    """A connection packet cut off at any field gets no acknowledgement and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(truncated(packet, size))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-8")
@parameters(size=_INNER_CUTS)
def test_truncated_client_packet_is_discarded(dut: Dut, size: int) -> None:
    """A client's packet that ends before its IP total length does not reach the endpoint."""
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.peer.send(truncated(packet, size))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-8")
@parameters(padding=_PADDING)
def test_octets_behind_a_connection_packet_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding of any length and value changes nothing in a connection packet."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, replace(packet, padding=padding))
    dut.expect_exchange(endpoint)


@requirement("ENC-8")
@parameters(padding=_PADDING)
def test_octets_behind_a_client_packet_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding behind the first half of a request does not get into the request."""
    endpoint, octets = dut.hand_over(), request_octets(dut.first.path)
    half = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", octets[:128]))
    dut.peer.send(replace(half, padding=padding))
    endpoint.snd_nxt = (endpoint.snd_nxt + 128) % (1 << 32)
    endpoint.send("PA", octets[128:])
    dut.expect_response(endpoint, dut.first)
