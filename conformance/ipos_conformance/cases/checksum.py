"""The ipOS checksum: what it covers, and what happens when it is wrong."""

from dataclasses import replace

from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import encode
from ipos_spec.compiled import build
from ipos_spec.fields import layout
from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted, tuned, with_checksum_field
from ipos_conformance.dut import Dut

_RIGHT = 0x1234
_WRONG = {"one-more": 0x1235, "zero": 0x0000, "all-ones": 0xFFFF, "not-complemented": 0xEDCB, "octets-swapped": 0x3412}
_COVERED = (
    "header.source_port",
    "connection.server_ip",
    "connection.server_port",
    "connection.control_block.snd_wnd",
    "connection.control_block.rcv_wnd",
    "connection.control_block.last_ack_sent",
)
"""Fields that are still acceptable with an octet inverted: only the checksum speaks against the packet."""
_LAST_OCTET = {field.path: field.offset + field.size - 1 for field in layout(TcpConnectionPacket)}


@requirement("ENC-6")
def test_acknowledgement_s_checksum_covers_the_connection_information(dut: Dut) -> None:
    """The acknowledgement's checksum is that of its header followed by the acknowledged connection information."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.hand_over_by(dut.peer, packet)


@requirement("ENC-6")
@parameters(checksum={"0000": 0x0000, "ffff": 0xFFFF})
def test_both_zeros_verify(dut: Dut, checksum: int) -> None:
    """Where the sum gives zero, either of its two representations verifies by summing (RFC 1071)."""
    packet = tuned(dut.peer.connection_packet(dut.new_client()), 0)
    dut.endpoint(dut.peer, packet)
    dut.peer.send(with_checksum_field(packet, checksum))
    dut.expect_acknowledgement(packet)


@requirement("ENC-6")
def test_checksum_does_not_cover_the_client_s_packet(dut: Dut) -> None:
    """A type 2 packet's checksum is that of its header alone: the request inside is answered."""
    dut.expect_exchange(dut.hand_over())


@requirement("ENC-7")
@parameters(checksum=_WRONG)
def test_connection_packet_with_a_wrong_checksum_is_discarded(dut: Dut, checksum: int) -> None:
    """A connection packet with a wrong checksum gets no acknowledgement and makes no endpoint."""
    packet = tuned(dut.peer.connection_packet(dut.new_client()), _RIGHT)
    dut.peer.send(with_checksum_field(packet, checksum))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-7")
def test_checksum_over_the_header_alone_is_wrong_in_a_connection_packet(dut: Dut) -> None:
    """A checksum that leaves the connection information out does not verify."""
    packet = tuned(dut.peer.connection_packet(dut.new_client()), _RIGHT)
    over_header = internet_checksum(build(replace(packet.header, checksum=0)))
    dut.peer.send(with_checksum_field(packet, over_header))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-7")
@parameters(offset={path.rpartition(".")[2]: _LAST_OCTET[path] for path in _COVERED})
def test_connection_packet_damaged_on_the_way_is_discarded(dut: Dut, offset: int) -> None:
    """One inverted octet, in the header or anywhere in the connection information, makes the packet void."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(inverted(encode(packet), offset))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-7")
@parameters(difference={"one-more": 1, "octet-order": 0x0100, "inverted-bit": 0x8000})
def test_client_packet_with_a_wrong_checksum_is_discarded(dut: Dut, difference: int) -> None:
    """A client's packet with a wrong checksum does not reach the endpoint."""
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.peer.send(with_checksum_field(packet, (packet.header.checksum + difference) % 0xFFFF))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)
