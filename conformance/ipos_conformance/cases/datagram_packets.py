"""The client's datagram inside type 2, and what RFC 768 and RFC 1122 ask of it before an application gets it."""

from ipos_spec.addresses import IPv4
from ipos_spec.codec import encode

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.changes import inverted, ip_changed, with_header, with_ip_options
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client

_DATA = b"wrong datagram"
_TOTAL = 28 + len(_DATA)
_HEADER_CHANGES = {
    "version-5": (0, b"\x55"),
    "version-6": (0, b"\x65"),
    "ihl-4": (0, b"\x44"),
    "ihl-0": (0, b"\x40"),
    "ihl-beyond-the-packet": (0, b"\x4f"),
    "total-length-one-too-small": (2, (27).to_bytes(2, "big")),
    "total-length-0": (2, b"\0\0"),
    "first-fragment": (6, b"\x20\x00"),
    "later-fragment": (6, b"\x00\x01"),
    "protocol-tcp": (9, b"\x06"),
    "protocol-icmp": (9, b"\x01"),
    "protocol-udp-lite": (9, b"\x88"),
}
"""Offset in the IPv4 header and the octets put there; the header's checksum is made to fit."""
_BAD_DATAGRAMS = {
    "checksum-one-more": {"chksum": 0x1235},
    "length-0": {"len": 0, "chksum": 0},
    "length-7": {"len": 7, "chksum": 0},
    "length-beyond-the-packet": {"len": 9 + len(_DATA), "chksum": 0},
    "length-65535": {"len": 0xFFFF, "chksum": 0},
}
"""What Scapy puts into the UDP header."""


@requirement("ENC-10")
@generated
@parameters(change=_HEADER_CHANGES)
def test_impossible_ip_header_is_discarded(dut: Dut, change: tuple[int, bytes]) -> None:
    """A client's packet whose IP header is not a whole datagram's does not reach the endpoint."""
    endpoint = dut.udp.hand_over()
    endpoint.carry(ip_changed(endpoint.packet(_DATA), *change))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-10")
def test_ip_options_are_no_reason_to_discard(dut: Dut) -> None:
    """A client's datagram with IP options (IHL 6) reaches the endpoint like any other."""
    endpoint = dut.udp.hand_over()
    endpoint.carry(with_ip_options(endpoint.packet(b"with options"), b"\x01\x01\x01\x00"))
    dut.udp.expect_echo(endpoint, b"with options")


@requirement("ENC-10")
def test_datagram_under_protocol_1_is_discarded(dut: Dut) -> None:
    """A client's datagram whose IP protocol is not the one in the ipOS header does not reach the endpoint."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    frame = encode(dut.udp.client_packet(packet, endpoint.packet(_DATA)))
    dut.peer.send(with_header(frame[:30], 2, 1) + frame[30:])
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-10")
def test_wrong_ip_header_checksum_is_discarded(dut: Dut) -> None:
    """A client's datagram whose IP header checksum is wrong does not reach the endpoint."""
    endpoint = dut.udp.hand_over()
    endpoint.carry(inverted(endpoint.packet(_DATA), 10))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("ENC-10")
@parameters(difference={"address": (1, 0), "port": (0, 1)})
def test_datagram_of_another_client_is_discarded(dut: Dut, difference: tuple[int, int]) -> None:
    """A datagram whose source is not the header's client, right in every other way, does not reach the endpoint."""
    endpoint = dut.udp.hand_over()
    ip, port = endpoint.client
    other = endpoint.of(Client(IPv4(ip ^ difference[0]), port ^ difference[1]))
    endpoint.carry(other.packet(_DATA))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("UDP-2")
@parameters(header=_BAD_DATAGRAMS)
def test_damaged_datagram_is_discarded_by_the_target(dut: Dut, header: dict[str, int]) -> None:
    """A datagram with a wrong checksum or length gets no answer, and the endpoint stays provisional."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    endpoint.carry(endpoint.packet(_DATA, **header))
    dut.judge.expect_silence()
    dut.udp.expect_provisional(endpoint, packet)


@requirement("UDP-1")
@parameters(header=_BAD_DATAGRAMS)
def test_damaged_datagram_is_discarded_by_the_origin(dut: Dut, header: dict[str, int]) -> None:
    """A datagram with a wrong checksum or length is no request: nobody answers it and nothing is handed over."""
    flow = dut.udp.leaving()
    flow.carry(flow.packet(_DATA, **header))
    dut.judge.expect_silence()
    dut.udp.migrate(flow)


@requirement("UDP-2")
@parameters(header={"no-checksum": {"chksum": 0}, "with-checksum": {}})
def test_checksum_of_zero_is_none(dut: Dut, header: dict[str, int]) -> None:
    """A datagram without a checksum (RFC 768) is answered as one with a right one."""
    endpoint = dut.udp.hand_over()
    endpoint.carry(endpoint.packet(b"unsummed", **header))
    dut.udp.expect_echo(endpoint, b"unsummed")


@requirement("UDP-2")
@parameters(data={"0-octets": b"", "1-octet": b"x", "1400-octets": b"x" * 1400})
def test_datagrams_of_any_size_are_answered(dut: Dut, data: bytes) -> None:
    """A datagram without data makes the endpoint definite as well, and the application gets it."""
    endpoint = dut.udp.hand_over()
    endpoint.send(data)
    dut.udp.expect_echo(endpoint, data)
    dut.udp.expect_exchange(endpoint)
