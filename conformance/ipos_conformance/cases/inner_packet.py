"""The client's packet inside type 2: what makes it void before TCP sees it."""

from ipos_spec.addresses import IPv4
from ipos_spec.codec import encode

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted, ip_changed, with_header, with_ip_options
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client

_HEADER_CHANGES = {
    "version-5": (0, b"\x55"),
    "version-6": (0, b"\x65"),
    "ihl-4": (0, b"\x44"),
    "ihl-0": (0, b"\x40"),
    "total-length-one-too-small": (2, (39).to_bytes(2, "big")),
    "total-length-0": (2, b"\0\0"),
    "first-fragment": (6, b"\x20\x00"),
    "later-fragment": (6, b"\x00\x01"),
    "protocol-udp": (9, b"\x11"),
    "protocol-1": (9, b"\x01"),
}
"""Offset in the IPv4 header and the octets put there; the header's checksum is made to fit."""


@requirement("ENC-10")
@parameters(change=_HEADER_CHANGES)
def test_impossible_ip_header_is_discarded(dut: Dut, change: tuple[int, bytes]) -> None:
    """A client's packet whose IP header is not a whole TCP packet's does not reach the endpoint."""
    endpoint = dut.hand_over()
    endpoint.carry(ip_changed(endpoint.packet("PA", dut.wrong_request()), *change))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-10")
def test_ip_options_are_no_reason_to_discard(dut: Dut) -> None:
    """A client's packet with IP options (IHL 6) reaches the endpoint like any other."""
    endpoint = dut.hand_over()
    endpoint.carry(with_ip_options(endpoint.packet("PA", dut.right_request()), b"\x01\x01\x01\x00"))
    endpoint.snd_nxt = (endpoint.snd_nxt + len(dut.right_request())) % (1 << 32)
    dut.expect_response(endpoint, dut.first)


@requirement("ENC-10")
def test_tcp_packet_under_protocol_2_is_discarded(dut: Dut) -> None:
    """A client's packet whose IP protocol is not the one in the ipOS header does not reach the endpoint."""
    endpoint = dut.hand_over()
    frame = encode(dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request())))
    dut.peer.send(with_header(frame[:30], 2, 2) + frame[30:])
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-10")
def test_wrong_ip_header_checksum_is_discarded(dut: Dut) -> None:
    """A client's packet whose IP header checksum is wrong does not reach the endpoint."""
    endpoint = dut.hand_over()
    endpoint.carry(inverted(endpoint.packet("PA", dut.wrong_request()), 10))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-10")
@parameters(difference={"address": (1, 0), "port": (0, 1)})
def test_packet_of_another_client_is_discarded(dut: Dut, difference: tuple[int, int]) -> None:
    """A packet whose source is not the header's client, right in every other way, does not reach the endpoint."""
    endpoint = dut.hand_over()
    ip, port = endpoint.client
    other = endpoint.as_seen_from(Client(IPv4(ip ^ difference[0]), port ^ difference[1]))
    endpoint.carry(other.packet("PA", dut.wrong_request()))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)
