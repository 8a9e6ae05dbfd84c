"""Defects in reading and writing frames (ENC)."""

from dataclasses import replace
from unittest import mock

from ipos_reference import acceptance, attempts, ethernet, ipv4, router, target
from ipos_reference.ethernet import Frame
from ipos_reference.lookup import Lookup
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings
from ipos_spec import codec, inner_packet, packets
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.addresses import ipv4 as ipv4_address
from ipos_spec.checksum import internet_checksum
from ipos_spec.compiled import build
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.errors import InnerPacketError, TruncatedError, UnknownPacketError
from ipos_spec.ethernet import ETHER_TYPE, MINIMUM_FRAME
from ipos_spec.packets import Acknowledgement, ConnectionPacket, Packet, TcpConnectionPacket, TcpPacket

from ipos_defects.defect import defect, patch

_TYPE, _PROTOCOL = 26, 27
"""Offsets of these octets in the frame."""

_INNER = 30
"""Offset of the client's packet."""


@defect("ENC-2")
def any_ether_type_accepted() -> None:
    """Takes a frame of the alternative EtherType for an ipOS frame, though it is not configured."""
    original = Router.receive

    def receive(self: Router, lan: Lan, octets: bytes, now: float) -> None:
        if octets[12:14] == b"\x88\xb5":
            octets = octets[:12] + b"\x00\x07" + octets[14:]
        original(self, lan, octets, now)

    patch(Router, "receive", receive)


@defect("ENC-3")
def acknowledgement_swapped() -> None:
    """Acknowledges with source and destination exchanged, as if the header were a from/to pair."""
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
        return replace(right, header=header)  # the sum of 16-bit words does not depend on their order

    patch(target, "acknowledgement", acknowledgement)


@defect("ENC-4")
def unknown_type_accepted() -> None:
    """Takes a packet of an unknown type for a connection packet."""
    _take_for("ENC-4", _TYPE)


@defect("ENC-5")
def unknown_protocol_taken_for_tcp() -> None:
    """Takes IANA's protocol numbers, and any other that it does not know, for TCP."""
    _take_for("ENC-5", _PROTOCOL)


def _take_for(requirement: str, offset: int) -> None:
    """Where the octet at this offset is refused for this requirement, read the frame as if it were 1 there."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        try:
            return original(frame, ether_type)
        except UnknownPacketError as error:
            if error.requirement != requirement:
                raise
            with mock.patch("ipos_spec.codec.verifies", return_value=True):
                return original(frame[:offset] + b"\x01" + frame[offset + 1 :], ether_type)

    patch(router, "decode", decode)


@defect("ENC-6")
def acknowledgement_checksum_covers_header_only() -> None:
    """Computes the checksum of an acknowledgement over its own header, not over what it acknowledges."""

    def acknowledging_header(of: ConnectionPacket) -> EncapsulationHeader:
        header = replace(of.header, type=3, checksum=0)
        return replace(header, checksum=internet_checksum(build(header)))

    patch(packets, "_acknowledging_header", acknowledging_header)


@defect("ENC-7")
def wrong_checksum_accepted() -> None:
    """Accepts an ipOS frame whatever its checksum."""
    patch(codec, "verifies", lambda _octets: True)
    patch(attempts, "acknowledges", lambda answer, packet: answer.header.reference == packet.header.reference)


@defect("ENC-8")
def truncated_frame_accepted() -> None:
    """Reads a connection packet that ends too early as if zeros followed."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        try:
            return original(frame, ether_type)
        except TruncatedError:
            with mock.patch("ipos_spec.codec.verifies", return_value=True):
                return original(frame.ljust(176, b"\0"), ether_type)

    patch(router, "decode", decode)


@defect("ENC-8")
def padding_refused() -> None:
    """Discards a connection packet that has further octets behind it."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        packet = original(frame, ether_type)
        if isinstance(packet, TcpConnectionPacket) and packet.padding:
            raise TruncatedError("padding", 176, "not empty", "ENC-8")
        return packet

    patch(router, "decode", decode)


@defect("ENC-8")
def truncated_client_packet_accepted() -> None:
    """Reads a client's packet that ends too early as if zeros followed, whatever TCP's checksum says."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        try:
            return original(frame, ether_type)
        except TruncatedError:
            if frame[_TYPE : _PROTOCOL + 1] != b"\x02\x01" or len(frame) < _INNER + 20:
                raise
            inner = frame[_INNER:].ljust(int.from_bytes(frame[_INNER + 2 : _INNER + 4], "big"), b"\0")
            blank = inner[20:36] + b"\0\0" + inner[38:]
            pseudo_header = inner[12:20] + b"\0\x06" + len(blank).to_bytes(2, "big")
            checksum = internet_checksum(pseudo_header + blank).to_bytes(2, "big")
            return original(frame[:_INNER] + inner[:36] + checksum + inner[38:], ether_type)

    patch(router, "decode", decode)


@defect("ENC-8")
def padding_of_a_client_packet_refused() -> None:
    """Discards a client's packet that has further octets behind it."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        packet = original(frame, ether_type)
        if isinstance(packet, TcpPacket) and packet.padding:
            raise TruncatedError("padding", _INNER + len(packet.inner), "not empty", "ENC-8")
        return packet

    patch(router, "decode", decode)


@defect("ENC-9")
def short_frames_unpadded() -> None:
    """Sends an acknowledgement's 30 octets as they are."""
    patch(ethernet, "pad", lambda octets: octets)


@defect("ENC-9")
def short_frames_padded_with_garbage() -> None:
    """Pads with ones instead of zeros."""
    patch(ethernet, "pad", lambda octets: octets.ljust(MINIMUM_FRAME, b"\xff"))


@defect("ENC-10")
def inner_packet_unchecked() -> None:
    """Passes any inner packet of TCP on, if only it is long enough to be read, and whatever client it is from."""
    check_before = inner_packet.check

    def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
        try:  # a frame that ends too early can't be passed on by anybody (ENC-8)
            check_before(header, octets, offset)
        except InnerPacketError:
            if header.protocol != Protocol.TCP:
                raise

    patch(inner_packet, "check", check)
    decode_before = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        packet = decode_before(frame, ether_type)
        return replace(packet, inner=frame[_INNER:]) if isinstance(packet, TcpPacket) else packet

    patch(router, "decode", decode)
    original = ipv4.parse

    def parse(octets: bytes) -> ipv4.Ipv4Packet:
        whole = bytearray(octets.ljust(40, b"\0"))
        whole[0] = 0x45
        whole[2:4] = len(whole).to_bytes(2, "big")
        whole[6:8] = bytes(2)
        whole[9] = 6
        whole[10:12] = bytes(2)
        whole[10:12] = internet_checksum(bytes(whole[:20])).to_bytes(2, "big")
        return original(bytes(whole))

    patch(ipv4, "parse", parse)


@defect("ENC-10")
def inner_ip_options_refused() -> None:
    """Discards a client's packet that has IP options."""
    original = inner_packet.check

    def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
        original(header, octets, offset)
        if octets[0] & 0xF > 5:
            raise InnerPacketError("inner.ihl", offset, "options", "ENC-10")

    patch(inner_packet, "is_acceptable", lambda *_packet: False)  # so that `check` is asked
    patch(inner_packet, "check", check)


@defect("ENC-10")
def inner_protocol_unchecked() -> None:
    """Takes a TCP packet for one whatever the protocol in the ipOS header says."""
    original = codec.decode

    def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
        if frame[_PROTOCOL - 1 : _PROTOCOL + 1] == b"\x02\x02" and frame[39:40] == b"\x06":
            with mock.patch("ipos_spec.codec.verifies", return_value=True):
                return original(frame[:_PROTOCOL] + b"\x01" + frame[_PROTOCOL + 1 :], ether_type)
        return original(frame, ether_type)

    patch(router, "decode", decode)


@defect("ENC-11")
def first_lan_accepted() -> None:
    """Takes ipOS frames from the first LAN as well."""
    original = Router._receive_ipos

    def receive(self: Router, _lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        if frame.destination == self.settings.first_mac:
            frame = frame._replace(destination=self.settings.second_mac)
        original(self, Lan.SECOND, frame, octets, now)

    patch(Router, "_receive_ipos", receive)


@defect("ENC-12")
def other_mac_accepted() -> None:
    """Takes ipOS frames that are addressed to everybody or to somebody else."""
    original = Router._receive_ipos

    def receive(self: Router, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        original(self, lan, frame._replace(destination=self.settings.second_mac), octets, now)

    patch(Router, "_receive_ipos", receive)


@defect("ENC-13")
def reference_unchecked() -> None:
    """Accepts any addresses and ports in a reference."""
    patch(acceptance, "is_acceptable", lambda _packet, _own_ip: True)


@defect("ENC-13")
def destination_of_a_client_packet_ignored() -> None:
    """Reads the destination of a type 2 packet's header as its own address, whatever it is."""
    original, receive_before = acceptance.is_acceptable, Lookup.second_lan

    def meant_for(packet: TcpPacket, own_ip: IPv4) -> TcpPacket:
        return replace(packet, header=replace(packet.header, destination_ip=own_ip))

    def is_acceptable(packet: Packet, own_ip: IPv4) -> bool:
        return original(meant_for(packet, own_ip) if isinstance(packet, TcpPacket) else packet, own_ip)

    def receive(self: Lookup, packet: TcpPacket, now: float) -> None:
        receive_before(self, meant_for(packet, self._connections.settings.address), now)

    patch(acceptance, "is_acceptable", is_acceptable)
    patch(Lookup, "second_lan", receive)


@defect("ENC-13")
def own_address_taken_for_a_client_s() -> None:
    """Takes type 2 packets of a client with the router's own address, and sends its answer to the gateway."""
    original, next_hop_before = acceptance.is_acceptable, Settings.next_hop

    def is_acceptable(packet: Packet, own_ip: IPv4) -> bool:
        if isinstance(packet, TcpPacket) and packet.header.source_ip == own_ip:
            packet = replace(packet, header=replace(packet.header, source_ip=ipv4_address("203.0.113.1")))
        return original(packet, own_ip)

    def next_hop(self: Settings, destination: IPv4) -> IPv4 | None:
        return self.gateway if destination == self.address else next_hop_before(self, destination)

    patch(acceptance, "is_acceptable", is_acceptable)
    patch(Settings, "next_hop", next_hop)
