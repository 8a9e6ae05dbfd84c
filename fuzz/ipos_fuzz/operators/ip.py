"""The client's IPv4 packet, in a type 2 packet and on the first LAN: its header, options, lengths, fragments."""

from random import Random

from ipos_spec.transport import TCP, UDP

from ipos_fuzz import ip_packet
from ipos_fuzz.operators.operator import Operator, Operators, boundary_values, inside, other_checksum, outside
from ipos_fuzz.places import HEADER, ICMP_PROTOCOL, IPV4, Place
from ipos_fuzz.subject import Subject

_TRANSPORT_HEADERS = {TCP.iana: TCP.header, UDP.iana: UDP.header, ICMP_PROTOCOL: 8}
_NO_SOURCES = (0, 0xFFFFFFFF, 0xE0000001, 0xEFFFFFFF)
"""No host's address: none at all, broadcast, multicast (RFC 1122 3.2.1.3; ENC-13 names the same)."""

_LOOPBACK = 0x7F000001

_OPTIONS = (
    b"\x01",  # no operation, up to the end
    b"\x94\x04\x00\x00",  # router alert
    b"\x07\x27\x04" + bytes(36),  # record route, with room
    b"\x07\x27\x28" + bytes(36),  # record route, full
    b"\x07\x07\x05" + bytes(4),  # record route, pointer within an address
    b"\x44\x28\x05\x00" + bytes(36),  # timestamp
    b"\x44\x04\x05\xf1",  # timestamp, overflown
    b"\x83\x07\x04\xc0\x00\x02\x01",  # loose source route
    b"\x89\x07\x04\xc0\x00\x02\x01",  # strict source route
    b"\x83\x03\x04",  # source route without an address
    b"\x83\x0b\xff" + bytes(8),  # pointer behind the option
    b"\x00" * 4,  # end of list
    b"\x94\x00\x00\x00",  # length 0
    b"\x94\x01\x00\x00",  # length 1
    b"\x94\x28\x00\x00",  # longer than the header
    b"\x94\xff\x00\x00",
    b"\x01\x01\x01\x94",  # a kind without a length at the end
    b"\xde\x04\x00\x00",  # unknown
    b"\x82\x0b" + bytes(9),  # security
)
"""RFC 791 3.1, RFC 1108, RFC 2113; padded with end of list, or with no operations."""


def _version(subject: Subject, random: Random) -> bytes:
    version = random.choice([version for version in range(16) if version != 4])
    return subject.put_inner(0, bytes([version << 4 | subject.packet[0] & 0xF]))


def _header_length_short(subject: Subject, random: Random) -> bytes:
    return subject.put_inner(0, bytes([0x40 | random.randrange(5)]))


def _header_length_long(subject: Subject, random: Random) -> bytes:
    """The transport's header is taken for options, with the checksum over what then is the header."""
    packet = bytes([0x40 | random.randrange(6, 16)]) + subject.packet[1:]
    return subject.with_packet(ip_packet.with_header_checksum(packet))


def _length_short(subject: Subject, random: Random) -> bytes:
    least = ip_packet.header_length(subject.packet) + _TRANSPORT_HEADERS[subject.packet[9]]
    return subject.put_inner(2, random.randrange(least).to_bytes(2, "big"))


def _length_shorter(subject: Subject, random: Random) -> bytes:
    """Less than is there, but enough for the headers: the rest is padding (ENC-8), and missing in the checksum."""
    packet = subject.packet
    least = ip_packet.header_length(packet) + _TRANSPORT_HEADERS[packet[9]]
    return subject.put_inner(2, random.randrange(least, len(packet) + 1).to_bytes(2, "big"))


def _length_long(subject: Subject, random: Random) -> bytes:
    there = len(subject.frame) - (subject.shape.ip or HEADER)
    total = random.choice((there + 1, 0xFFFF, random.randrange(there + 1, 0x10000)))
    return subject.put_inner(2, total.to_bytes(2, "big"))


def _cut(subject: Subject, random: Random) -> bytes:
    """Fewer octets than the total length says."""
    return subject.frame[: random.randrange(subject.shape.ip or HEADER, subject.telling_length)]


def _fragment(subject: Subject, random: Random) -> bytes:
    flags = random.choice((0x2000, 0x0000, 0x4000)) | random.choice((1, 0x1FFF, random.randrange(1, 0x2000)))
    return subject.put_inner(6, random.choice((flags, flags, 0x2000, 0x6000)).to_bytes(2, "big"))


def _flags(subject: Subject, random: Random) -> bytes:
    """Don't fragment, the reserved bit, both, none: no fragment in any case."""
    return subject.put_inner(6, random.choice((b"\0\0", b"\x40\0", b"\x80\0", b"\xc0\0")))


def _protocol(subject: Subject, random: Random) -> bytes:
    right = subject.packet[9]
    return subject.put_inner(9, bytes([random.choice([number for number in range(256) if number != right])]))


def _checksum(subject: Subject, random: Random) -> bytes:
    right = int.from_bytes(subject.packet[10:12], "big")
    return subject.with_packet(ip_packet.put(subject.packet, 10, other_checksum(right, random).to_bytes(2, "big")))


def _stale_checksum(subject: Subject, random: Random) -> bytes:
    """One octet is another and the checksum is not: time to live lowered on the way, most often."""
    offset = random.choice((8, 8, 1, 4, 5))
    value = (subject.packet[offset] - random.choice((1, 1, random.randrange(1, 256)))) % 256
    return subject.with_packet(ip_packet.put(subject.packet, offset, bytes([value])))


def _options(subject: Subject, random: Random) -> bytes:
    """IP options, right ones and malformed ones, with everything else right."""
    octets = random.choice(_OPTIONS)
    if random.getrandbits(2) == 0:
        octets = (octets + random.choice(_OPTIONS))[:40]
    padding = random.choice((b"\x00", b"\x01"))
    size = random.choice((len(octets) + -len(octets) % 4, 40))
    octets = octets.ljust(size, padding)
    packet = subject.packet
    longer = bytes([0x40 | (IPV4 + size) // 4]) + packet[1:IPV4] + octets + packet[ip_packet.header_length(packet) :]
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(longer)))


def _time_to_live(subject: Subject, random: Random) -> bytes:
    return subject.put_inner(8, random.choice((b"\x00", b"\x01", b"\xff")))


def _identification(subject: Subject, random: Random) -> bytes:
    """Type of service and identification: whatever stands there."""
    offset, size = random.choice(((1, 1), (4, 2)))
    return subject.put_inner(offset, random.choice((bytes(size), b"\xff" * size, random.randbytes(size))))


def _boundary(subject: Subject, random: Random) -> bytes:
    """A field of IP or of the transport at its bounds; both checksums right, so that it is looked at."""
    place = random.choice([place for place in subject.shape.ip_fields if _is_free(place, subject)])
    value = random.choice(boundary_values(place.size))
    packet = ip_packet.put(subject.packet, place.offset - (subject.shape.ip or 0), value.to_bytes(place.size, "big"))
    return subject.with_packet(ip_packet.sealed(packet))


def _swap(subject: Subject, random: Random) -> bytes:
    """Two fields of the IP packet exchanged; both checksums right."""
    start = subject.shape.ip or 0
    fields = [place for place in subject.shape.ip_fields if place.is_whole and "checksum" not in place.path]
    pairs = [(one, other) for one in fields for other in fields if one.bit < other.bit and one.bits == other.bits]
    one, other = random.choice(pairs)
    packet = ip_packet.put(subject.packet, one.offset - start, subject.frame[other.offset : other.end])
    packet = ip_packet.put(packet, other.offset - start, subject.frame[one.offset : one.end])
    return subject.with_packet(ip_packet.sealed(packet))


def _is_free(place: Place, subject: Subject) -> bool:
    """Nothing that is computed, and on the first LAN no destination that a router could send somebody else."""
    return place.is_whole and "checksum" not in place.path and not (outside(subject) and _is_destination(place))


def _is_destination(place: Place) -> bool:
    return place.path == "ip.destination_ip"


def _address(subject: Subject, offset: int, address: int) -> bytes:
    return subject.with_packet(ip_packet.sealed(ip_packet.put(subject.packet, offset, address.to_bytes(4, "big"))))


def _source(subject: Subject, random: Random) -> bytes:
    right = int.from_bytes(subject.packet[12:16], "big")
    return subject.put_inner(12, (right ^ 1 << random.randrange(32)).to_bytes(4, "big"))


def _source_port(subject: Subject, random: Random) -> bytes:
    offset = ip_packet.header_length(subject.packet)
    right = int.from_bytes(subject.packet[offset : offset + 2], "big")
    return subject.put_inner(offset, (right ^ 1 << random.randrange(16)).to_bytes(2, "big"))


def _invalid_source(subject: Subject, random: Random) -> bytes:
    return _address(subject, 12, random.choice(_NO_SOURCES))


def _loopback_source(subject: Subject, random: Random) -> bytes:
    """RFC 1122 3.2.1.3 wants it discarded, ENC-13 does not name it: so no promise."""
    return _address(subject, 12, random.choice((_LOOPBACK, _LOOPBACK | random.getrandbits(24))))


def _odd_destination(subject: Subject, random: Random) -> bytes:
    """No host's address, or the sender's own: nothing that leads out of the LAN."""
    source = int.from_bytes(subject.packet[12:16], "big")
    return _address(subject, 16, random.choice((*_NO_SOURCES, _LOOPBACK, source)))


def _land(subject: Subject, _random: Random) -> bytes:
    """A packet that the server seems to have sent to itself, ports included where there are any."""
    packet = ip_packet.put(subject.packet, 12, subject.packet[16:20])
    start = ip_packet.header_length(packet)
    if packet[9] != ICMP_PROTOCOL:
        packet = ip_packet.put(packet, start, packet[start + 2 : start + 4])
    return subject.with_packet(ip_packet.sealed(packet))


IP_INSIDE: Operators = {
    "inner-version": Operator("ENC-10", True, inside, _version),
    "inner-header-length": Operator("ENC-10", True, inside, _header_length_short),
    "inner-header-length-long": Operator("ENC-10", False, inside, _header_length_long),
    "inner-length-short": Operator("ENC-10", True, inside, _length_short),
    "inner-length-shorter": Operator("ENC-8", False, inside, _length_shorter),
    "inner-length-long": Operator("ENC-8", True, inside, _length_long),
    "inner-fragment": Operator("ENC-10", True, inside, _fragment),
    "inner-flags": Operator("ENC-10", False, inside, _flags),
    "inner-protocol": Operator("ENC-10", True, inside, _protocol),
    "inner-checksum": Operator("ENC-10", True, inside, _checksum),
    "inner-stale-checksum": Operator("ENC-10", True, inside, _stale_checksum),
    "inner-options": Operator("ENC-10", False, inside, _options, fields=("inner.ip.ihl", "inner.ip.total_length")),
    "inner-time-to-live": Operator("ENC-10", False, inside, _time_to_live),
    "inner-identification": Operator("ENC-10", False, inside, _identification),
    "inner-boundary": Operator("ENC-10", False, inside, _boundary),
    "inner-field-swap": Operator("ENC-10", False, inside, _swap),
    "inner-source": Operator("ENC-10", True, inside, _source),
    "inner-source-port": Operator("ENC-10", True, inside, _source_port),
    "inner-destination": Operator("TAB-1", False, inside, _odd_destination),
    "inner-land": Operator("ENC-10", True, inside, _land),
}

IP_OUTSIDE: Operators = {
    "ip-version": Operator("ORG-9", True, outside, _version),
    "ip-header-length": Operator("ORG-9", True, outside, _header_length_short),
    "ip-header-length-long": Operator("ORG-9", False, outside, _header_length_long),
    "ip-length-short": Operator("ORG-9", False, outside, _length_short),
    "ip-length-shorter": Operator("ORG-9", False, outside, _length_shorter),
    "ip-length-long": Operator("ORG-9", True, outside, _length_long),
    "ip-cut": Operator("ORG-9", True, outside, _cut),
    "ip-fragment": Operator("FWD-1", False, outside, _fragment),
    "ip-flags": Operator("FWD-1", False, outside, _flags),
    "ip-protocol": Operator("ORG-9", False, outside, _protocol),
    "ip-checksum": Operator("ORG-9", True, outside, _checksum),
    "ip-stale-checksum": Operator("ORG-9", True, outside, _stale_checksum),
    "ip-options": Operator("ORG-9", False, outside, _options, fields=("ip.ihl", "ip.total_length")),
    "ip-time-to-live": Operator("FWD-1", False, outside, _time_to_live),
    "ip-identification": Operator("FWD-1", False, outside, _identification),
    "ip-boundary": Operator("ORG-9", False, outside, _boundary),
    "ip-field-swap": Operator("ORG-9", False, outside, _swap),
    "ip-invalid-source": Operator("ORG-9", True, outside, _invalid_source),
    "ip-loopback-source": Operator("ORG-9", False, outside, _loopback_source),
    "ip-destination": Operator("ORG-9", False, outside, _odd_destination),
    "ip-land": Operator("ORG-9", False, outside, _land),
}
