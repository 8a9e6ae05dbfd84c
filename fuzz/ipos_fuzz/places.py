"""Where the fields of a frame stand, to the bit, and which of them two frames differ in."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import cached, layout, size_of
from ipos_spec.transport import TCP, UDP

HEADER = size_of(EthernetHeader)
IPV4 = 20
"""Octets of an IPv4 header without options (RFC 791 3.1)."""

ICMP_PROTOCOL = 1
LENGTH, REST = "length", "rest"
"""What differs where no field of fixed place does: the size of the frame, or octets behind the last field."""

_IPV4_FIELDS = (
    *(("version", 4), ("ihl", 4), ("type_of_service", 8), ("total_length", 16), ("identification", 16)),
    *(("reserved_flag", 1), ("dont_fragment", 1), ("more_fragments", 1), ("fragment_offset", 13)),
    *(("time_to_live", 8), ("protocol", 8), ("header_checksum", 16), ("source_ip", 32), ("destination_ip", 32)),
)
"""RFC 791 3.1; name and bits, as in the lists that follow."""

_TCP_FIELDS = (
    *(("source_port", 16), ("destination_port", 16), ("sequence_number", 32), ("acknowledgement_number", 32)),
    *(("data_offset", 4), ("reserved", 4), ("control_bits", 8), ("window", 16), ("checksum", 16)),
    ("urgent_pointer", 16),
)
"""RFC 9293 3.1."""

_UDP_FIELDS = (("source_port", 16), ("destination_port", 16), ("length", 16), ("checksum", 16))
"""RFC 768."""

_ICMP_FIELDS = (("type", 8), ("code", 8), ("checksum", 16), ("identifier", 16), ("sequence_number", 16))
"""RFC 792, echo."""

_ARP_FIELDS = (
    *(("hardware_type", 16), ("protocol_type", 16), ("hardware_length", 8), ("protocol_length", 8), ("operation", 16)),
    *(("sender_mac", 48), ("sender_ip", 32), ("target_mac", 48), ("target_ip", 32)),
)
"""RFC 826."""

_TRANSPORTS = {TCP.iana: ("tcp", _TCP_FIELDS), UDP.iana: ("udp", _UDP_FIELDS), ICMP_PROTOCOL: ("icmp", _ICMP_FIELDS)}


@dataclass(frozen=True)
class Place:
    """One field of a frame.

    path       dotted: `header.source_port`, `inner.tcp.window` in a type 2 packet, `tcp.window` on the first LAN
    bit, bits  its first bit, counted from the start of the frame, and how many it has
    source     what fixes it, where the schemas say so
    """

    path: str
    bit: int
    bits: int
    source: str = ""

    @cached_property
    def offset(self) -> int:
        """The octet in which it starts."""
        return self.bit // 8

    @cached_property
    def size(self) -> int:
        """Octets, of a field that is made of whole ones."""
        return self.bits // 8

    @cached_property
    def end(self) -> int:
        """The first octet behind it."""
        return (self.bit + self.bits + 7) // 8

    @property
    def is_whole(self) -> bool:
        """Whether it is made of whole octets."""
        return self.bit % 8 == 0 and self.bits % 8 == 0


@cached
def places_of_record(record: type) -> tuple[Place, ...]:
    """The fields of fixed size of a packet or structure."""
    return tuple(Place(field.path, field.offset * 8, field.size * 8, field.wire.source) for field in layout(record))


@cache
def places_of_arp() -> tuple[Place, ...]:
    """The fields of an ARP frame for IPv4 on Ethernet."""
    return (*_ethernet(), *_run("arp.", HEADER, _ARP_FIELDS))


def places_of_ip_frame(header_length: int, protocol: int) -> tuple[Place, ...]:
    """The fields of an IPv4 frame; `header_length` in octets, `protocol` as IANA numbers it."""
    return (*_ethernet(), *places_of_ip_packet("", HEADER, header_length, protocol))


@cache
def places_of_ip_packet(prefix: str, start: int, header_length: int, protocol: int) -> tuple[Place, ...]:
    """The fields of an IPv4 packet that stands at an octet of a frame, options and data left out."""
    name, fields = _TRANSPORTS.get(protocol, ("", ()))
    return (
        *_run(f"{prefix}ip.", start, _IPV4_FIELDS),
        *_run(f"{prefix}{name}.", start + header_length, fields),
    )


def differing(places: Sequence[Place], before: bytes, after: bytes) -> tuple[str, ...]:
    """The paths of the fields in which two frames differ, octet against octet from the start.

    places  in the order in which they stand in the frame

    `LENGTH` is among them if one is longer, `REST` if they differ behind or between the fields.
    """
    shared = min(len(before), len(after))
    difference = int.from_bytes(before[:shared], "big") ^ int.from_bytes(after[:shared], "big")
    found, rest, end = [], False, shared * 8
    while difference:
        bit = end - difference.bit_length()  # the first one that differs
        following = bisect_right(places, bit, key=_first_bit)
        place = places[following - 1] if following else None
        if place is not None and bit < place.bit + place.bits <= end:
            found.append(place.path)
            known = place.bit + place.bits
        else:
            rest = True
            known = min(places[following].bit, end) if following < len(places) else end
        difference &= (1 << end - known) - 1
    if rest:
        found.append(REST)
    if len(before) != len(after):
        found.append(LENGTH)
    return tuple(found)


def _first_bit(place: Place) -> int:
    return place.bit


@cache
def _ethernet() -> tuple[Place, ...]:
    return tuple(Place(f"ethernet.{place.path}", place.bit, place.bits) for place in places_of_record(EthernetHeader))


def _run(prefix: str, start: int, fields: Iterable[tuple[str, int]]) -> Iterable[Place]:
    bit = start * 8
    for name, bits in fields:
        yield Place(f"{prefix}{name}", bit, bits)
        bit += bits
