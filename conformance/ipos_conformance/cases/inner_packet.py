"""The client's packet inside type 2: what makes it void before TCP sees it."""

from ipos_spec.addresses import IPv4

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted, ip_changed
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
