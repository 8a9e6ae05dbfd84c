"""Writing a value and reading it back gives the same value, and reading octets and writing them the same octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import decode, encode
from ipos_spec.compiled import build, parse
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE, EthernetHeader
from ipos_spec.fields import size_of
from ipos_spec.packets import (
    Acknowledgement,
    ConnectionPacket,
    Packet,
    TcpConnectionPacket,
    TcpPacket,
    UdpConnectionPacket,
    UdpPacket,
    acknowledgement,
    acknowledges,
    tcp_connection_packet,
    tcp_packet,
    udp_connection_packet,
    udp_packet,
)

RECORDS = [EthernetHeader, EncapsulationHeader, ControlBlock, TcpConnectionInformation, UdpConnectionInformation]
PACKETS = [TcpConnectionPacket, UdpConnectionPacket, TcpPacket, UdpPacket, Acknowledgement]


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
def test_records(record: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(record))
    octets = build(value)
    assert len(octets) == size_of(record)
    assert parse(record, octets) == value


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
def test_any_octets_of_the_right_length_are_a_record(record: type, data: st.DataObject) -> None:
    octets = data.draw(st.binary(min_size=size_of(record), max_size=size_of(record)))
    assert build(parse(record, octets)) == octets


@pytest.mark.parametrize("packet_class", PACKETS)
@given(data=st.data())
def test_packets(packet_class: type[Packet], data: st.DataObject) -> None:
    packet = data.draw(st.from_type(packet_class))
    frame = encode(packet)
    assert decode(frame) == packet
    assert encode(decode(frame)) == frame


@given(connection_packet=st.from_type(UdpConnectionPacket), padding=st.binary(max_size=30))
def test_padding_is_kept_but_means_nothing(connection_packet: UdpConnectionPacket, padding: bytes) -> None:
    frame = encode(connection_packet)
    padded = decode(frame + padding)
    assert encode(padded) == frame + padding
    assert padded.connection == connection_packet.connection


@given(packet=st.from_type(UdpConnectionPacket))
def test_another_ether_type_is_configurable(packet: UdpConnectionPacket) -> None:
    frame = bytearray(encode(packet))
    frame[12:14] = ALTERNATIVE_ETHER_TYPE.to_bytes(2, "big")
    assert decode(bytes(frame), ALTERNATIVE_ETHER_TYPE).header == packet.header
    assert decode(bytes(frame), ALTERNATIVE_ETHER_TYPE).ethernet.type != ETHER_TYPE


@given(ethernet=..., header=..., connection=...)
def test_makers_give_frames_that_decode(
    ethernet: EthernetHeader, header: EncapsulationHeader, connection: TcpConnectionInformation
) -> None:
    """What the makers of `packets` put in comes out at the receiver, with type, protocol and checksum."""
    packet = tcp_connection_packet(ethernet, header.reference, connection)
    received = decode(encode(packet), ethernet.type)
    assert received == packet
    assert (received.ethernet, received.header.reference, received.connection) == (
        ethernet,
        header.reference,
        connection,
    )


@given(udp=st.from_type(UdpConnectionPacket), client=st.one_of(st.from_type(TcpPacket), st.from_type(UdpPacket)))
def test_makers_reproduce_what_was_received(udp: UdpConnectionPacket, client: TcpPacket | UdpPacket) -> None:
    maker = tcp_packet if client.header.protocol == Protocol.TCP else udp_packet
    assert maker(client.ethernet, client.header.reference, client.inner).header == client.header
    assert udp_connection_packet(udp.ethernet, udp.header.reference, udp.connection).header == udp.header


@given(
    connection_packet=st.one_of(st.from_type(TcpConnectionPacket), st.from_type(UdpConnectionPacket)),
    mac=st.binary(min_size=6, max_size=6),
)
def test_acknowledgement_repeats_the_header_unswapped(connection_packet: ConnectionPacket, mac: bytes) -> None:
    """ENC-3, and TGT-1's way back to the MAC that the connection packet came from."""
    answer = decode(encode(acknowledgement(connection_packet, mac)))
    assert answer.header.reference == connection_packet.header.reference
    assert answer.header.protocol == connection_packet.header.protocol
    assert (answer.ethernet.destination, answer.ethernet.source) == (connection_packet.ethernet.source, mac)
    assert acknowledges(answer, connection_packet)
