"""A valid frame laid open for mutation: its fields and their places, and how its checksums follow a change."""

from dataclasses import dataclass, field
from functools import cached_property

from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.checksum import internet_checksum, ones_complement_sum, verifies
from ipos_spec.codec import decode_extended
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.fields import size_of
from ipos_spec.packets import ClientPacket, Packet
from ipos_spec.transport import TCP, UDP

from ipos_fuzz import ip_packet
from ipos_fuzz.places import (
    HEADER,
    ICMP_PROTOCOL,
    IPV4,
    Place,
    differing,
    places_of_arp,
    places_of_ip_frame,
    places_of_ip_packet,
    places_of_record,
)

INNER = HEADER + size_of(EncapsulationHeader)
"""Offset of what follows both headers: connection information, or the client's IP packet."""

CHECKSUM = INNER - 2
IPV4_TYPE, ARP_TYPE = b"\x08\x00", b"\x08\x06"
ARP = 28
"""Octets of an ARP packet for IPv4 on Ethernet (RFC 826)."""

ARP_REQUEST = bytes.fromhex("0001 0800 06 04 0001")
"""How a request of that kind begins."""

_SYN = 0x02
_IANA_NAMES = {TCP.iana: "segment", UDP.iana: "datagram", ICMP_PROTOCOL: "echo"}
_LEAST = {TCP.iana: TCP.header, UDP.iana: UDP.header, ICMP_PROTOCOL: 8}


@dataclass(frozen=True, eq=False)
class Shape:
    """What all frames have in common that differ in nothing but the values of fields.

    kind          name of the packet, or on the first LAN "syn", "segment", "datagram", "echo", "arp"
    record        the packet's class; None on the first LAN
    places        all fields of fixed place
    meant_length  octets without the padding
    covered_end   where the octets end that the ipOS checksum covers (ENC-6); 0 on the first LAN
    ip            offset of the client's IP packet; None if it carries none
    others        frames of other kinds, to be spliced with
    mtu           of the LAN that the frame is for, in octets
    """

    kind: str
    record: type[Packet] | type[TableAdvertisement] | None
    places: tuple[Place, ...]
    meant_length: int
    covered_end: int = 0
    ip: int | None = None
    others: tuple[bytes, ...] = ()
    mtu: int = 1500

    @cached_property
    def by_path(self) -> dict[str, Place]:
        """The fields by their paths."""
        return {place.path: place for place in self.places}

    @cached_property
    def ipos_fields(self) -> tuple[Place, ...]:
        """The fields that ipOS itself adds."""
        return tuple(place for place in self.places if HEADER <= place.offset < self.covered_end)

    @cached_property
    def ip_fields(self) -> tuple[Place, ...]:
        """The fields of the client's IP packet."""
        start = HEADER if self.record is None else self.covered_end
        return tuple(place for place in self.places if self.ip is not None and place.offset >= start)

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.kind if self.record is None else self.record.__name__


@dataclass(frozen=True)
class Subject:
    """A frame that is right, and its shape."""

    frame: bytes
    shape: Shape = field(compare=False)

    @classmethod
    def of(
        cls, frame: bytes, ether_type: int = ETHER_TYPE, others: tuple[bytes, ...] = (), mtu: int = 1500
    ) -> "Subject":
        """Take an ipOS frame, or an IPv4 or ARP frame as a client sends it on the first LAN.

        Raises ipos_spec.DecodeError unless it is valid: a mutant needs a right original.
        """
        if frame[12:14] == IPV4_TYPE and ether_type != int.from_bytes(IPV4_TYPE, "big"):
            return cls(frame, _shape_of_ip(frame, others, mtu))
        if frame[12:14] == ARP_TYPE:
            return cls(frame, _shape_of_arp(frame, others, mtu))
        return cls(frame, _shape_of_ipos(frame, decode_extended(frame, ether_type), others, mtu))

    @property
    def meant_length(self) -> int:
        """Octets without the padding."""
        return self.shape.meant_length

    @property
    def telling_length(self) -> int:
        """Octets up to the last one that isn't zero: what is cut off behind it, a link that pads would put back."""
        return len(self.frame[: self.meant_length].rstrip(b"\0"))

    @property
    def covered_end(self) -> int:
        """Where the octets end that the ipOS checksum covers (ENC-6)."""
        return self.shape.covered_end

    @property
    def packet(self) -> bytes:
        """The client's IP packet."""
        return self.frame[self.shape.ip : self.shape.meant_length]

    def touched(self, frame: bytes) -> tuple[str, ...]:
        """The paths of the fields in which another frame differs from this one, octet against octet."""
        return differing(self.shape.places, self.frame, frame)

    def number(self, path: str) -> int:
        """The number in a field of whole octets."""
        place = self.shape.by_path[path]
        return int.from_bytes(self.frame[place.offset : place.end], "big")

    def put(self, offset: int, octets: bytes) -> bytes:
        """The frame with other octets at an offset, the checksums as they were."""
        return ip_packet.put(self.frame, offset, octets)

    def put_repaired(self, offset: int, octets: bytes) -> bytes:
        """The same with the ipOS checksum carried along."""
        return self.carried(self.put(offset, octets))

    def put_field(self, path: str, value: int) -> bytes:
        """The frame with another number in a field of ipOS, the checksum carried along."""
        return self.put_fields({path: value})

    def put_fields(self, values: dict[str, int]) -> bytes:
        """The same of several fields."""
        frame = bytearray(self.frame)
        for path, value in values.items():
            place = self.shape.by_path[path]
            frame[place.offset : place.end] = value.to_bytes(place.size, "big")
        return self.carried(bytes(frame))

    def carried(self, frame: bytes) -> bytes:
        """A changed frame with its ipOS checksum carried along, as RFC 1624 does, so also for acknowledgements.

        The part that the checksum covers has to be as long as it was.
        """
        end = self.shape.covered_end
        hidden = 0xFFFF - ones_complement_sum(self.frame[HEADER:end])
        visible = frame[HEADER:CHECKSUM] + bytes(2) + frame[INNER:end]
        checksum = internet_checksum(visible + (b"\0" if len(visible) % 2 else b"") + hidden.to_bytes(2, "big"))
        return frame[:CHECKSUM] + checksum.to_bytes(2, "big") + frame[INNER:]

    def put_inner(self, offset: int, octets: bytes) -> bytes:
        """A frame with other octets in the client's packet, its IPv4 header checksum made right over what it was."""
        packet = ip_packet.put(self.packet, offset, octets)
        length = ip_packet.header_length(self.packet)
        return self.with_packet(ip_packet.with_header_checksum(packet[:length]) + packet[length:])

    def with_packet(self, packet: bytes) -> bytes:
        """The frame around another IP packet of the client."""
        return self.frame[: self.shape.ip] + packet + self.frame[self.shape.meant_length :]


def _shape_of_ipos(frame: bytes, packet: Packet | TableAdvertisement, others: tuple[bytes, ...], mtu: int) -> Shape:
    record = type(packet)
    places, meant = places_of_record(record), len(frame) - len(packet.padding)
    if isinstance(packet, ClientPacket):
        length, protocol = ip_packet.header_length(packet.inner), packet.inner[9]
        places = (*places, *places_of_ip_packet("inner.", INNER, length, protocol))
        return Shape(record.NAME, record, places, meant, INNER, INNER, others, mtu)
    covered = meant if isinstance(packet, TableAdvertisement) else size_of(record)
    return Shape(record.NAME, record, places, meant, covered, None, others, mtu)


def _shape_of_arp(frame: bytes, others: tuple[bytes, ...], mtu: int) -> Shape:
    """Raises DecodeError."""
    if len(frame) < HEADER + ARP or not frame.startswith(ARP_REQUEST, HEADER):
        raise DecodeError("arp", HEADER, "no ARP request for IPv4 on Ethernet", "NBR-1")
    return Shape("arp", None, places_of_arp(), HEADER + ARP, others=others, mtu=mtu)


def _shape_of_ip(frame: bytes, others: tuple[bytes, ...], mtu: int) -> Shape:
    """Raises DecodeError; the requirement is the one by which the same packet inside a type 2 packet is judged."""
    packet = frame[HEADER:]
    length, total = ip_packet.header_length(packet) if packet else IPV4, int.from_bytes(packet[2:4], "big")
    if len(packet) < IPV4 or not length + _LEAST.get(packet[9], 0xFFFF) <= total <= len(packet):
        raise DecodeError("ip", HEADER, "no whole IPv4 packet with TCP, UDP or ICMP", "ENC-10")
    if packet[0] != 0x40 | length // 4 or not verifies(packet[:length]) or packet[6] & 0x3F or packet[7]:
        raise DecodeError("ip", HEADER, "a damaged IPv4 header, or a fragment", "ENC-10")
    at = ip_packet.checksum_offset(packet[:total])
    if at is None or ip_packet.transport_checksum(packet[:total], at) != int.from_bytes(packet[at : at + 2], "big"):
        raise DecodeError("ip", HEADER, "the checksum of the transport is wrong", "ENC-10")
    kind = _IANA_NAMES[packet[9]]
    if packet[9] == TCP.iana and packet[length + 13] & _SYN:
        kind = "syn"
    return Shape(kind, None, places_of_ip_frame(length, packet[9]), HEADER + total, 0, HEADER, others, mtu)
