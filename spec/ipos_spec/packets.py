"""FIG. 11E-11I: the packets, and how to make right ones.

A packet value holds every octet of its frame, so that it encodes back to the same octets; the functions below fill in
type, protocol and checksum. `encode` writes what the value says, right or wrong.
"""

from dataclasses import replace
from typing import Annotated, ClassVar, TypeVar, cast

from construct import GreedyBytes

from ipos_spec.addresses import Mac
from ipos_spec.checksum import internet_checksum
from ipos_spec.compiled import build
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.encapsulation import EncapsulationHeader, PacketType, Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import Wire
from ipos_spec.inner_packet import Ipv4Packet
from ipos_spec.record import maker, record

_new_header = maker(EncapsulationHeader)
_ETHERNET = Wire(EthernetHeader, "Ethernet header.", "fig 11A")
_HEADER = Wire(EncapsulationHeader, "ipOS encapsulation header.", "fig 11B")
_PADDING = Wire(GreedyBytes, "Ethernet padding: ignored, whatever its value.", "ENC-8, ENC-9", "octets")
_INNER = Wire(Ipv4Packet(), "The client's IP packet, octet for octet.", "fig 11G-11H; ENC-10")


@record
class TcpConnectionPacket:
    """FIG. 11E: hands a TCP endpoint to a target. 176 octets."""

    NAME: ClassVar = "tcp-connection"
    FIGURE: ClassVar = "11E"

    ethernet: Annotated[EthernetHeader, _ETHERNET]
    header: Annotated[EncapsulationHeader, _HEADER]
    connection: Annotated[TcpConnectionInformation, Wire(TcpConnectionInformation, "The endpoint.", "fig 11D")]
    padding: Annotated[bytes, _PADDING] = b""


@record
class UdpConnectionPacket:
    """FIG. 11F: hands a UDP endpoint to a target. 36 octets."""

    NAME: ClassVar = "udp-connection"
    FIGURE: ClassVar = "11F"

    ethernet: Annotated[EthernetHeader, _ETHERNET]
    header: Annotated[EncapsulationHeader, _HEADER]
    connection: Annotated[UdpConnectionInformation, Wire(UdpConnectionInformation, "The endpoint.", "fig 11C")]
    padding: Annotated[bytes, _PADDING] = b""


@record
class TcpPacket:
    """FIG. 11G: a client's TCP segment on its way to the target. 70 octets and the data."""

    NAME: ClassVar = "tcp"
    FIGURE: ClassVar = "11G"

    ethernet: Annotated[EthernetHeader, _ETHERNET]
    header: Annotated[EncapsulationHeader, _HEADER]
    inner: Annotated[bytes, _INNER]
    padding: Annotated[bytes, _PADDING] = b""


@record
class UdpPacket:
    """FIG. 11H: a client's datagram on its way to the target. 58 octets and the data."""

    NAME: ClassVar = "udp"
    FIGURE: ClassVar = "11H"

    ethernet: Annotated[EthernetHeader, _ETHERNET]
    header: Annotated[EncapsulationHeader, _HEADER]
    inner: Annotated[bytes, _INNER]
    padding: Annotated[bytes, _PADDING] = b""


@record
class Acknowledgement:
    """FIG. 11I: Endpoint Migration Acknowledgement. 30 octets; its checksum covers what it acknowledges."""

    NAME: ClassVar = "acknowledgement"
    FIGURE: ClassVar = "11I"

    ethernet: Annotated[EthernetHeader, _ETHERNET]
    header: Annotated[EncapsulationHeader, _HEADER]
    padding: Annotated[bytes, _PADDING] = b""


ConnectionPacket = TcpConnectionPacket | UdpConnectionPacket
ClientPacket = TcpPacket | UdpPacket
Packet = ConnectionPacket | ClientPacket | Acknowledgement

PACKETS: dict[tuple[int, int], type[Packet]] = {
    (PacketType.CONNECTION, Protocol.TCP): TcpConnectionPacket,
    (PacketType.CONNECTION, Protocol.UDP): UdpConnectionPacket,
    (PacketType.PACKET, Protocol.TCP): TcpPacket,
    (PacketType.PACKET, Protocol.UDP): UdpPacket,
    (PacketType.ACKNOWLEDGEMENT, Protocol.TCP): Acknowledgement,
    (PacketType.ACKNOWLEDGEMENT, Protocol.UDP): Acknowledgement,
}
"""Which packet a type and protocol announce (ENC-4, ENC-5)."""

PacketT = TypeVar("PacketT", bound=Packet)


def added_octets(packet: Packet) -> bytes:
    """The octets that the checksum of a packet of type 1 or 2 covers, checksum field included as it stands (ENC-6)."""
    connection = packet.connection if isinstance(packet, ConnectionPacket) else None
    return build(packet.header) + (b"" if connection is None else build(connection))


def with_checksum(packet: PacketT) -> PacketT:
    """The same packet of type 1 or 2 with the checksum that a sender gives it (ENC-6)."""
    blank = replace(packet, header=replace(packet.header, checksum=0))
    return replace(blank, header=replace(blank.header, checksum=internet_checksum(added_octets(blank))))


def tcp_connection_packet(
    ethernet: EthernetHeader, reference: Reference, connection: TcpConnectionInformation
) -> TcpConnectionPacket:
    """Make FIG. 11E."""
    header = _header(reference, PacketType.CONNECTION, Protocol.TCP, build(connection))
    return TcpConnectionPacket(ethernet=ethernet, header=header, connection=connection)


def udp_connection_packet(
    ethernet: EthernetHeader, reference: Reference, connection: UdpConnectionInformation
) -> UdpConnectionPacket:
    """Make FIG. 11F."""
    header = _header(reference, PacketType.CONNECTION, Protocol.UDP, build(connection))
    return UdpConnectionPacket(ethernet=ethernet, header=header, connection=connection)


def tcp_packet(ethernet: EthernetHeader, reference: Reference, inner: bytes) -> TcpPacket:
    """Make FIG. 11G around a client's IP packet."""
    return TcpPacket(ethernet=ethernet, header=_header(reference, PacketType.PACKET, Protocol.TCP), inner=inner)


def udp_packet(ethernet: EthernetHeader, reference: Reference, inner: bytes) -> UdpPacket:
    """Make FIG. 11H around a client's IP packet."""
    return UdpPacket(ethernet=ethernet, header=_header(reference, PacketType.PACKET, Protocol.UDP), inner=inner)


def acknowledgement(of: ConnectionPacket, source: Mac) -> Acknowledgement:
    """Make FIG. 11I: what ``source`` answers to a connection packet, to the MAC that it came from (TGT-1)."""
    ethernet = EthernetHeader(destination=of.ethernet.source, source=source, type=of.ethernet.type)
    return Acknowledgement(ethernet=ethernet, header=_acknowledging_header(of))


def acknowledges(packet: Acknowledgement, connection_packet: ConnectionPacket) -> bool:
    """Whether an acknowledgement's header is the one that this connection packet asks for, checksum included (ORG-6).

    A checksum of -0 where the sum gives +0, or the reverse, verifies too (RFC 1071).
    """
    expected, found = _acknowledging_header(connection_packet), packet.header
    same = (found.reference, found.type, found.protocol) == (expected.reference, expected.type, expected.protocol)
    return same and found.checksum % 0xFFFF == expected.checksum % 0xFFFF


def _acknowledging_header(of: ConnectionPacket) -> EncapsulationHeader:
    return _header(of.header.reference, PacketType.ACKNOWLEDGEMENT, of.header.protocol, build(of.connection))


def _header(reference: Reference, packet_type: PacketType, protocol: int, covered: bytes = b"") -> EncapsulationHeader:
    """A header with its checksum, which is over itself and ``covered`` (ENC-6)."""
    blank = EncapsulationHeader(
        source_ip=reference.client_ip,
        source_port=reference.client_port,
        destination_ip=reference.target_ip,
        destination_port=reference.target_port,
        type=packet_type,
        protocol=protocol,
        checksum=0,
    )
    *fields, _ = cast("tuple[int, ...]", blank)  # the checksum is the last one
    return _new_header((*fields, internet_checksum(build(blank) + covered)))
