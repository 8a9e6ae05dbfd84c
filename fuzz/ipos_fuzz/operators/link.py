"""What surrounds the packet on the link: MAC addresses, EtherType, VLAN tag, sizes of the frame, its padding."""

from random import Random

from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE, MINIMUM_FRAME

from ipos_fuzz.operators.operator import Operator, Operators, any_frame, ipos, not_to_one_router, to_one_router
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import INNER, Subject

_DESTINATION, _SOURCE, _TYPE = 0, 6, 12
_FURTHER_TYPES = (ETHER_TYPE, ALTERNATIVE_ETHER_TYPE, 0x0000, 0x0006, 0x0008, 0x0700, 0x05DC, 0x0600, 0x8864, 0xFFFF)
"""IEEE 802.3 lengths around ours, ours with its octets exchanged, the largest length and the least EtherType, PPPoE."""

_VLAN, _SERVICE_VLAN = b"\x81\x00", b"\x88\xa8"


def _group_mac(subject: Subject, random: Random) -> bytes:
    group = random.choice((b"\xff" * 6, bytes([random.getrandbits(8) | 1]) + random.randbytes(5)))
    return subject.put(random.choice((_DESTINATION, _SOURCE)), group)


def _other_station(subject: Subject, random: Random) -> bytes:
    """Another station's MAC, by one bit or by all of them, or the sender's own."""
    own = subject.frame[_DESTINATION:_SOURCE]
    near = (int.from_bytes(own, "big") ^ 1 << random.randrange(40)).to_bytes(6, "big")
    other = random.choice((near, _station(random), subject.frame[_SOURCE:_TYPE]))
    return subject.put(_DESTINATION, other if other != own else near)


def _other_destination(subject: Subject, random: Random) -> bytes:
    """Where no requirement says what becomes of it: on the first LAN, and of a broadcast."""
    return random.choice((_group_destination, _other_station))(subject, random)


def _group_destination(subject: Subject, random: Random) -> bytes:
    group = random.choice((b"\xff" * 6, b"\x01\x00\x5e\x00\x00\x01", b"\x33\x33\x00\x00\x00\x01"))
    return subject.put(_DESTINATION, group)


def _strange_source(subject: Subject, random: Random) -> bytes:
    """A station that the router has never heard of, or none; not its own, by which a switch between would be misled."""
    return subject.put(_SOURCE, random.choice((_station(random), bytes(6))))


def _station(random: Random) -> bytes:
    """Any locally administered address of one station (IEEE 802)."""
    return bytes([random.getrandbits(8) & 0xFC | 2]) + random.randbytes(5)


def _other_ether_type(subject: Subject, random: Random) -> bytes:
    """None of IPv4, ARP, IPv6 and VLAN tags, under which other things than ipOS are spoken on a LAN."""
    own = int.from_bytes(subject.frame[_TYPE:HEADER], "big")
    numbers = [number for number in (*_FURTHER_TYPES, len(subject.frame) - HEADER) if number != own]
    return subject.put(_TYPE, random.choice(numbers).to_bytes(2, "big"))


def _vlan_tag(subject: Subject, random: Random) -> bytes:
    """An IEEE 802.1Q tag, or two; a router may take it off and read on."""
    tag = random.choice((_VLAN, _VLAN, _SERVICE_VLAN)) + random.choice((0, 1, 0x0FFF, 0xE000)).to_bytes(2, "big")
    second = random.choice((b"", b"", _VLAN + b"\0\1"))
    return subject.frame[:_TYPE] + tag + second + subject.frame[_TYPE:]


def _padding(subject: Subject, random: Random) -> bytes:
    return subject.frame[: subject.meant_length] + random.randbytes(random.randrange(1, 64))


def _frame_size(subject: Subject, random: Random) -> bytes:
    """Padded to a size at which something begins or ends: the least frame, the largest that the LAN takes."""
    largest = HEADER + subject.shape.mtu
    sizes = (MINIMUM_FRAME, MINIMUM_FRAME + 1, 128, 512, 1500, 1514, largest - 1, largest)
    size = random.choice([size for size in sizes if subject.meant_length <= size <= largest] or [subject.meant_length])
    padding = bytes(size - subject.meant_length)
    return subject.frame[: subject.meant_length] + random.choice((padding, random.randbytes(len(padding))))


def _truncation(subject: Subject, random: Random) -> bytes:
    return subject.frame[: random.randrange(HEADER, subject.telling_length)]


def _truncation_of_any(subject: Subject, random: Random) -> bytes:
    """Cut, and padded to the least frame, so that a reader who does not count finds something."""
    cut = subject.frame[: random.randrange(HEADER, subject.meant_length)]
    missing = max(MINIMUM_FRAME - len(cut), 0)
    return cut + random.choice((bytes(missing), random.randbytes(missing)))


def _one_octet_less(subject: Subject, random: Random) -> bytes:
    """Where an error by one is: behind the Ethernet header, both headers, and at the end."""
    edges = {HEADER, HEADER + 1, INNER - 1, INNER, subject.telling_length - 1}
    return subject.frame[: random.choice([edge for edge in sorted(edges) if edge < subject.telling_length])]


LINK: Operators = {
    "group-mac": Operator("ENC-12", True, to_one_router, _group_mac),
    "other-station": Operator("ENC-12", True, to_one_router, _other_station),
    "other-destination": Operator("ENC-12", False, not_to_one_router, _other_destination),
    "strange-source": Operator("SEC-1", False, any_frame, _strange_source),
    "other-ether-type": Operator("ENC-2", True, ipos, _other_ether_type),
    "vlan-tag": Operator("ENC-2", False, any_frame, _vlan_tag, fields=("ethernet.type",)),
    "padding": Operator("ENC-8", False, any_frame, _padding),
    "frame-size": Operator("ENC-8", False, any_frame, _frame_size),
    "truncation": Operator("ENC-8", True, ipos, _truncation),
    "one-octet-less": Operator("ENC-8", True, ipos, _one_octet_less),
    "padded-truncation": Operator("ENC-8", False, any_frame, _truncation_of_any),
}
