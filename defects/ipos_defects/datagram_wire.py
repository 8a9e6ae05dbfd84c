"""Defects in reading and writing the packets of UDP (ENC), and the datagrams in them (RFC 768)."""

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

from ipos_reference import acceptance, datagrams, ipv4, router, udp
from ipos_reference.datagrams import Datagrams
from ipos_reference.ipv4 import Ipv4Packet
from ipos_spec import codec, inner_packet, packets
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.errors import InnerPacketError, TruncatedError, UnknownPacketError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.packets import Acknowledgement, ConnectionPacket, Packet, UdpConnectionPacket, UdpPacket

from ipos_defects.defect import defect, patch

_PROTOCOL, _CHECKSUM, _INNER = 27, slice(28, 30), 30
"""Offsets in the frame."""

_UDP = 17

Decode = Callable[[bytes, int], Packet]


def _decoding(change: Callable[[Decode, bytes], Packet]) -> None:
    """Have frames read differently: ``change`` gets the right reader and the frame."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        del ether_type  # of the packaged target
        return change(original, frame)

    patch(router, "decode", decode)


def _unchecked(read: Decode, frame: bytes) -> Packet:
    """Read a frame whose checksum does not matter any more."""
    with mock.patch("ipos_spec.codec.verifies", return_value=True):
        return read(frame, ETHER_TYPE)


@defect("ENC-3")
def udp_acknowledgement_swapped() -> None:
    """Acknowledges a UDP connection packet with source and destination exchanged."""
    original = packets.acknowledgement

    def acknowledgement(of: ConnectionPacket, source: Mac) -> Acknowledgement:
        right = original(of, source)
        header = replace(
            right.header,
            source_ip=right.header.destination_ip,
            source_port=right.header.destination_port,
            destination_ip=right.header.source_ip,
            destination_port=right.header.source_port,
        )
        return replace(right, header=header)

    patch(datagrams, "acknowledgement", acknowledgement)


@defect("ENC-5")
def iana_s_number_taken_for_udp() -> None:
    """Takes IANA's 17, and any other protocol that it does not know, for UDP."""

    def change(read: Decode, frame: bytes) -> Packet:
        try:
            return read(frame, ETHER_TYPE)
        except UnknownPacketError as error:
            if error.requirement != "ENC-5":
                raise
            return _unchecked(read, frame[:_PROTOCOL] + b"\x02" + frame[_PROTOCOL + 1 :])

    _decoding(change)


@defect("ENC-6")
def zero_taken_for_no_checksum() -> None:
    """Discards a packet with zero in its checksum field, as if the sender had computed none."""

    def change(read: Decode, frame: bytes) -> Packet:
        if frame[_CHECKSUM] == b"\0\0":
            raise TruncatedError("header.checksum", 28, "zero", "ENC-7")
        return read(frame, ETHER_TYPE)

    _decoding(change)


@defect("ENC-8")
def truncated_udp_connection_packet_accepted() -> None:
    """Reads a UDP connection packet that ends too early as if zeros followed."""

    def change(read: Decode, frame: bytes) -> Packet:
        try:
            return read(frame, ETHER_TYPE)
        except TruncatedError:
            # The port that is cut off is taken from the header.
            return _unchecked(read, frame[:_INNER].ljust(34, b"\x0a") + frame[24:26])

    _decoding(change)


@defect("ENC-8")
def padding_behind_udp_refused() -> None:
    """Discards packets of UDP that have further octets behind them than a link needs."""

    def change(read: Decode, frame: bytes) -> Packet:
        packet = read(frame, ETHER_TYPE)
        if isinstance(packet, UdpConnectionPacket | UdpPacket) and packet.padding:
            raise TruncatedError("padding", 36, "not empty", "ENC-8")
        return packet

    _decoding(change)


@defect("ENC-10")
def inner_datagram_unchecked() -> None:
    """Takes a datagram out of type 2 where its UDP header should be, whatever the IP header before it says."""
    original, check_before = Datagrams.second_lan, inner_packet.check

    def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
        try:  # a frame that ends too early can't be read by anybody (ENC-8)
            check_before(header, octets, offset)
        except InnerPacketError:
            if header.protocol != Protocol.UDP:
                raise

    def whole(read: Decode, frame: bytes) -> Packet:
        packet = read(frame, ETHER_TYPE)
        # The codec cuts the packet off where its total length says, which may be at once.
        return replace(packet, inner=frame[_INNER:]) if isinstance(packet, UdpPacket) else packet

    def parse(octets: bytes) -> Ipv4Packet:
        source, destination = (IPv4(int.from_bytes(octets[at : at + 4], "big")) for at in (12, 16))
        return Ipv4Packet(source=source, destination=destination, protocol=_UDP, payload=octets[20:])

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        with mock.patch.object(ipv4, "parse", parse):
            original(self, packet, now)

    patch(inner_packet, "check", check)
    _decoding(whole)
    patch(Datagrams, "second_lan", receive)


@defect("ENC-10")
def inner_datagram_under_any_protocol() -> None:
    """Takes a datagram for one though the ipOS header says that it is TCP."""

    def change(read: Decode, frame: bytes) -> Packet:
        if frame[_PROTOCOL - 1 : _PROTOCOL + 1] == b"\x02\x01" and frame[39:40] == bytes([_UDP]):
            return _unchecked(read, frame[:_PROTOCOL] + b"\x02" + frame[_PROTOCOL + 1 :])
        return read(frame, ETHER_TYPE)

    _decoding(change)


@defect("ENC-13")
def destination_of_a_datagram_ignored() -> None:
    """Reads the destination of UDP's type 2 header as its own address, whatever it is."""
    original, receive_before = acceptance.is_acceptable, Datagrams.second_lan

    def meant_for(packet: UdpPacket, own_ip: IPv4) -> UdpPacket:
        return replace(packet, header=replace(packet.header, destination_ip=own_ip))

    def is_acceptable(packet: Packet, own_ip: IPv4) -> bool:
        return original(meant_for(packet, own_ip) if isinstance(packet, UdpPacket) else packet, own_ip)

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        receive_before(self, meant_for(packet, self._settings.address), now)

    patch(acceptance, "is_acceptable", is_acceptable)
    patch(Datagrams, "second_lan", receive)


@defect("UDP-2")
def damaged_datagrams_accepted() -> None:
    """Looks at neither checksum nor length of a datagram."""
    patch(udp, "is_well_formed", lambda octets, _source, _destination: len(octets) >= udp.HEADER)
    patch(udp, "payload", lambda octets: octets[udp.HEADER :])


@defect("UDP-1")
def damaged_datagram_is_a_request() -> None:
    """Hands a client over for a datagram that no host would take."""
    original = Datagrams.first_lan

    def receive(self: Datagrams, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        with mock.patch.object(udp, "is_well_formed", return_value=True):
            original(self, packet, octets, now)

    patch(Datagrams, "first_lan", receive)


@defect("UDP-2")
def datagram_without_checksum_refused() -> None:
    """Takes a checksum of zero for a wrong one."""
    original = udp.is_well_formed

    def is_well_formed(octets: bytes, source: IPv4, destination: IPv4) -> bool:
        return octets[6:8] != b"\0\0" and original(octets, source, destination)

    patch(udp, "is_well_formed", is_well_formed)


@defect("UDP-2")
def datagram_without_data_refused() -> None:
    """Drops a datagram of 0 octets, as if it said nothing."""
    original = udp.is_well_formed

    def is_well_formed(octets: bytes, source: IPv4, destination: IPv4) -> bool:
        return len(octets) > udp.HEADER and original(octets, source, destination)

    patch(udp, "is_well_formed", is_well_formed)
