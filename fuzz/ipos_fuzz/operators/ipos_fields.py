"""Fields of ipOS itself: numbers at their bounds, exchanged, announcing another packet, reserved octets."""

from functools import cache
from random import Random

from ipos_spec.encapsulation import PacketType, Protocol

from ipos_fuzz.operators.operator import (
    Operator,
    Operators,
    advertisement,
    boundary_values,
    control_block,
    ipos,
    to_endpoint,
    to_one_router,
)
from ipos_fuzz.places import HEADER, Place
from ipos_fuzz.subject import CHECKSUM, Shape, Subject

_UNKNOWN_TYPES = (0, *range(max(PacketType) + 1, 0x80))
_UNKNOWN_PROTOCOLS = (0, *range(max(Protocol) + 1, 0x100))
_IANA_PROTOCOLS = (6, 17, 0, 1 << 7, 0xFF)
_ANNOUNCEMENTS = ("header.type", "header.protocol")


@cache
def _boundaries(size: int) -> tuple[bytes, ...]:
    return tuple(value.to_bytes(size, "big") for value in boundary_values(size))


def _boundary(subject: Subject, random: Random) -> bytes:
    place = random.choice(subject.shape.ipos_fields)
    return subject.put_repaired(place.offset, random.choice(_boundaries(place.size)))


def _random_value(subject: Subject, random: Random) -> bytes:
    place = random.choice(subject.shape.ipos_fields)
    return subject.put_repaired(place.offset, random.randbytes(place.size))


def _nearby(subject: Subject, random: Random) -> bytes:
    """Off by one, or by one bit: next to what would be right."""
    place = random.choice(subject.shape.ipos_fields)
    value = int.from_bytes(subject.frame[place.offset : place.end], "big")
    value = random.choice((value + 1, value - 1, value ^ 1 << random.randrange(place.bits))) % (1 << place.bits)
    return subject.put_repaired(place.offset, value.to_bytes(place.size, "big"))


def _swap(subject: Subject, random: Random) -> bytes:
    one, other = random.choice(_pairs(subject.shape))
    return subject.put_fields({one.path: subject.number(other.path), other.path: subject.number(one.path)})


@cache
def _pairs(shape: Shape) -> tuple[tuple[Place, Place], ...]:
    fields = [place for place in shape.ipos_fields if place.offset != CHECKSUM]
    return tuple((one, other) for one in fields for other in fields if one.bit < other.bit and one.size == other.size)


def _little_endian(subject: Subject, random: Random) -> bytes:
    place = random.choice([place for place in subject.shape.ipos_fields if place.size > 1])
    return subject.put_repaired(place.offset, subject.frame[place.offset : place.end][::-1])


def _reserved(subject: Subject, random: Random) -> bytes:
    place = random.choice([place for place in subject.shape.ipos_fields if place.source == "TCB-3"])
    return subject.put_repaired(place.offset, random.randbytes(place.size))


def _unknown_type(subject: Subject, random: Random) -> bytes:
    return subject.put_field("header.type", random.choice(_UNKNOWN_TYPES))


def _unknown_protocol(subject: Subject, random: Random) -> bytes:
    """Half of them IANA's numbers, or the bounds, by which a reader may have been misled."""
    numbers = random.choice((_UNKNOWN_PROTOCOLS, _IANA_PROTOCOLS))
    return subject.put_field("header.protocol", random.choice(numbers))


def _other_packet(subject: Subject, random: Random) -> bytes:
    """Another type or protocol that exists, in front of what belongs to this one."""
    own = tuple(subject.number(path) for path in _ANNOUNCEMENTS)
    others = [key for key in ((t, p) for t in PacketType for p in Protocol) if key != own]
    return subject.put_fields(dict(zip(_ANNOUNCEMENTS, random.choice(others), strict=True)))


def _extension_type(subject: Subject, random: Random) -> bytes:
    protocol = random.choice((subject.number("header.protocol"), 0))
    return subject.put_fields({"header.type": random.randrange(0x80, 0x100), "header.protocol": protocol})


def _advertised_header(subject: Subject, random: Random) -> bytes:
    """Table, operation, number and length of the records in an advertisement, each at its bounds or by chance."""
    place = random.choice([place for place in subject.shape.ipos_fields if place.path.startswith("table_header.")])
    value = random.choice((random.choice(_boundaries(place.size)), random.randbytes(place.size)))
    return subject.put_repaired(place.offset, value)


def _advertised_records(subject: Subject, random: Random) -> bytes:
    """Octets of the records of an advertisement, the lengths of texts among them."""
    start = max(place.end for place in subject.shape.places)
    if start == subject.covered_end:
        return _advertised_header(subject, random)
    offset = random.randrange(start, subject.covered_end)
    size = min(random.randrange(1, 5), subject.covered_end - offset)
    return subject.put_repaired(offset, random.choice((bytes(size), b"\xff" * size, random.randbytes(size))))


IPOS_FIELDS: Operators = {
    "boundary": Operator("ENC-1", False, ipos, _boundary),
    "random-value": Operator("ENC-1", False, ipos, _random_value),
    "nearby-value": Operator("ENC-1", False, ipos, _nearby),
    "field-swap": Operator("ENC-1", False, ipos, _swap),
    "little-endian": Operator("ENC-1", False, ipos, _little_endian),
    "reserved-octets": Operator("TCB-3", False, control_block, _reserved),
    "unknown-type": Operator("ENC-4", True, ipos, _unknown_type),
    "extension-type": Operator("ENC-4", False, to_one_router, _extension_type),
    "other-packet": Operator("ENC-4", False, to_one_router, _other_packet),
    "unknown-protocol": Operator("ENC-5", True, to_one_router, _unknown_protocol),
    "advertised-header": Operator("ADV-1", False, advertisement, _advertised_header),
    "advertised-records": Operator("ADV-1", False, advertisement, _advertised_records),
}


def _address(subject: Subject, random: Random) -> bytes:
    path = random.choice([path for path in subject.shape.by_path if path in _ADDRESSES])
    return subject.put_field(path, random.choice([0, 0xFFFFFFFF, 0xE0000000 | random.getrandbits(28)]))


_ADDRESSES = ("header.source_ip", "header.destination_ip", "connection.server_ip")
_PORTS = ("header.source_port", "header.destination_port", "connection.server_port")


def _port(subject: Subject, random: Random) -> bytes:
    return subject.put_field(random.choice([path for path in subject.shape.by_path if path in _PORTS]), 0)


def _reversed_reference(subject: Subject, _random: Random) -> bytes:
    """As if the header were a from/to pair, and this the way back."""
    reference = slice(HEADER, HEADER + 6), slice(HEADER + 6, HEADER + 12)
    return subject.put(HEADER, subject.frame[reference[1]] + subject.frame[reference[0]])


def _foreign_destination(subject: Subject, random: Random) -> bytes:
    """Some other address than the router's; by one bit, so that it stays near."""
    address = subject.number("header.destination_ip")
    return subject.put_field("header.destination_ip", address ^ 1 << random.randrange(27))


def _router_as_client(subject: Subject, _random: Random) -> bytes:
    frame = subject.put_field("header.source_ip", subject.number("header.destination_ip"))
    if subject.shape.ip is None:
        return frame
    address = frame[HEADER : HEADER + 4]
    return frame[: HEADER + 4] + Subject(frame, subject.shape).put_inner(12, address)[HEADER + 4 :]


def _other_server(subject: Subject, random: Random) -> bytes:
    """Another server than the client's: the router's own, the client itself, or any."""
    other = random.choice(("header.destination_ip", "header.source_ip", ""))
    value = subject.number(other) if other else random.getrandbits(32)
    return subject.put_field("connection.server_ip", value)


def _connection(subject: Subject) -> bool:
    return "connection.server_ip" in subject.shape.by_path


REFERENCES: Operators = {
    "unusable-address": Operator("ENC-13", True, to_one_router, _address),
    "port-zero": Operator("ENC-13", True, to_one_router, _port),
    "reversed-reference": Operator("ENC-3", True, to_one_router, _reversed_reference),
    "foreign-destination": Operator("ENC-13", True, to_endpoint, _foreign_destination),
    "router-as-client": Operator("ENC-13", True, to_endpoint, _router_as_client),
    "other-server": Operator("CON-1", False, _connection, _other_server),
}
