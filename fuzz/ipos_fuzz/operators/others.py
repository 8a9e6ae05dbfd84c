"""What a client sends beside TCP: datagrams, in a type 2 packet and on the first LAN; ICMP echo; ARP requests."""

from collections.abc import Callable
from random import Random

from ipos_spec.transport import UDP

from ipos_fuzz import ip_packet
from ipos_fuzz.operators.operator import Operator, Operators, arp, inside, other_checksum, outside
from ipos_fuzz.places import HEADER, ICMP_PROTOCOL, IPV4, Place
from ipos_fuzz.subject import Subject

_LENGTH, _CHECKSUM = 4, 6
"""Offsets in the UDP header (RFC 768)."""

_ICMP_HEADER = 8


def _put(subject: Subject, offset: int, octets: bytes) -> bytes:
    """The packet with other octets in the transport's header, the IP header and the other checksums as they were."""
    packet = subject.packet
    return subject.with_packet(ip_packet.put(packet, ip_packet.header_length(packet) + offset, octets))


def _segment_length(subject: Subject) -> int:
    return len(subject.packet) - ip_packet.header_length(subject.packet)


def _with_length(subject: Subject, length: int) -> bytes:
    """A UDP length, and a checksum that is right for whoever believes IP's; half of them without any checksum."""
    packet = subject.packet
    start = ip_packet.header_length(packet)
    packet = ip_packet.put(packet, start + _LENGTH, length.to_bytes(2, "big"))
    return subject.with_packet(ip_packet.with_transport_checksum(packet))


def _length_short(subject: Subject, random: Random) -> bytes:
    return _with_length(subject, random.randrange(UDP.header))


def _length_beyond(subject: Subject, random: Random) -> bytes:
    there = _segment_length(subject)
    return _with_length(subject, random.choice((there + 1, 0xFFFF, random.randrange(there + 1, 0x10000))))


def _length_within(subject: Subject, random: Random) -> bytes:
    return _with_length(subject, random.randrange(UDP.header, _segment_length(subject) + 1))


def _no_checksum(subject: Subject, _random: Random) -> bytes:
    """Zero is no checksum (RFC 768)."""
    return _put(subject, _CHECKSUM, bytes(2))


def _udp_checksum(subject: Subject, random: Random) -> bytes:
    packet = subject.packet
    at = ip_packet.header_length(packet) + _CHECKSUM
    wrong = other_checksum(ip_packet.transport_checksum(packet, at), random)
    while not wrong:  # zero is no checksum
        wrong = other_checksum(ip_packet.transport_checksum(packet, at), random)
    return _put(subject, _CHECKSUM, wrong.to_bytes(2, "big"))


def _data(subject: Subject, random: Random) -> bytes:
    """Other data: none, one octet, as much as the LAN takes."""
    packet = subject.packet
    headers = packet[: ip_packet.header_length(packet) + UDP.header]
    room = subject.shape.mtu + HEADER - (subject.shape.ip or 0) - len(headers)
    size = random.choice((0, 1, min(508, room), room - 1, room))
    data = random.choice((bytes(1), b"\xff", random.randbytes(1))) * size
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(headers + data)))


def _of(place: Callable[[Subject], bool], iana: int) -> Callable[[Subject], bool]:
    return lambda subject: place(subject) and subject.frame[(subject.shape.ip or 0) + 9] == iana


def _udp(prefix: str, place: Callable[[Subject], bool], malformed: str, probed: str) -> Operators:
    udp = _of(place, UDP.iana)
    return {
        f"{prefix}udp-checksum": Operator(malformed, False, udp, _udp_checksum, True),
        f"{prefix}udp-length-short": Operator(malformed, False, udp, _length_short, True),
        f"{prefix}udp-length-beyond": Operator(malformed, False, udp, _length_beyond, True),
        f"{prefix}udp-length-within": Operator(probed, False, udp, _length_within),
        f"{prefix}udp-no-checksum": Operator(probed, False, udp, _no_checksum),
        f"{prefix}udp-data": Operator(probed, False, udp, _data),
    }


def _icmp_checksum(subject: Subject, random: Random) -> bytes:
    packet = subject.packet
    at = ip_packet.header_length(packet) + 2
    return _put(subject, 2, other_checksum(int.from_bytes(packet[at : at + 2], "big"), random).to_bytes(2, "big"))


def _icmp_type(subject: Subject, random: Random) -> bytes:
    """Another message in the same octets: errors, redirects, timestamps, what nobody knows."""
    kind = bytes([random.choice((0, 3, 4, 5, 9, 10, 11, 12, 13, 15, 17, 40, 255)), random.choice((0, 1, 3, 4, 255))])
    packet = subject.packet
    start = ip_packet.header_length(packet)
    return subject.with_packet(ip_packet.with_transport_checksum(ip_packet.put(packet, start, kind)))


def _icmp_error(subject: Subject, random: Random) -> bytes:
    """An error about a packet that the server seems to have sent this client, whole, cut, or with an odd MTU."""
    packet = subject.packet
    start = ip_packet.header_length(packet)
    kind = random.choice((b"\x03\x04", b"\x03\x03", b"\x03\x01", b"\x0b\x00", b"\x0c\x00", b"\x05\x01"))
    mtu = random.choice((0, 1, 67, 68, 576, 0xFFFF)).to_bytes(2, "big")
    quoted = packet[:9] + bytes([random.choice((6, 17))]) + packet[10:12] + packet[16:20] + packet[12:16]
    quoted += random.choice((b"\0\x50", b"\xff\xff")) + random.randbytes(6)
    quoted = quoted[: random.choice((len(quoted), len(quoted), IPV4, IPV4 - 1, 4, 0))]
    message = packet[:start] + kind + bytes(4) + mtu + quoted
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(message)))


def _icmp_data(subject: Subject, random: Random) -> bytes:
    """An echo without data, or with as much as the LAN takes."""
    packet = subject.packet
    headers = packet[: ip_packet.header_length(packet) + _ICMP_HEADER]
    room = subject.shape.mtu - len(headers)
    size = random.choice((0, 1, room - 1, room))
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(headers + random.randbytes(1) * size)))


def _arp_kind(subject: Subject, random: Random) -> bytes:
    """For other hardware than Ethernet (or IEEE 802, which is read alike), or a protocol other than IPv4 (RFC 826)."""
    offset, values = random.choice(((0, (0, 2, 0x0100, 0xFFFF)), (2, (0, 0x0007, 0x0806, 0x86DD, 0xFFFF))))
    return subject.put(HEADER + offset, random.choice(values).to_bytes(2, "big"))


def _arp_lengths(subject: Subject, random: Random) -> bytes:
    return subject.put(HEADER + random.choice((4, 5)), bytes([random.choice((0, 1, 5, 7, 8, 16, 0xFF))]))


def _arp_operation(subject: Subject, random: Random) -> bytes:
    return subject.put(HEADER + 6, random.choice((0, 2, 3, 4, 8, 0x0100, 0xFFFF)).to_bytes(2, "big"))


def _arp_announcement(subject: Subject, _random: Random) -> bytes:
    """A request for the sender's own address (RFC 5227): nobody answers it."""
    place, sender = subject.shape.by_path["arp.target_ip"], subject.shape.by_path["arp.sender_ip"]
    return subject.put(place.offset, subject.frame[sender.offset : sender.end])


def _arp_addresses(subject: Subject, random: Random) -> bytes:
    """A sender that is nobody or everybody, or a target that is known already."""
    place: Place = random.choice(
        [subject.shape.by_path[f"arp.{name}"] for name in ("sender_mac", "target_mac", "sender_ip")]
    )
    return subject.put(place.offset, random.choice((bytes(place.size), b"\xff" * place.size)))


def _arp_cut(subject: Subject, random: Random) -> bytes:
    return subject.frame[: random.randrange(HEADER, subject.telling_length)]


OTHERS: Operators = {
    **_udp("inner-", inside, "UDP-2", "UDP-2"),
    **_udp("", outside, "UDP-1", "UDP-1"),
    "icmp-checksum": Operator("NBR-2", True, _of(outside, ICMP_PROTOCOL), _icmp_checksum),
    "icmp-type": Operator("NBR-2", False, _of(outside, ICMP_PROTOCOL), _icmp_type),
    "icmp-error": Operator("NBR-2", False, _of(outside, ICMP_PROTOCOL), _icmp_error),
    "icmp-data": Operator("NBR-2", False, _of(outside, ICMP_PROTOCOL), _icmp_data),
    "arp-kind": Operator("NBR-1", True, arp, _arp_kind),
    "arp-lengths": Operator("NBR-1", False, arp, _arp_lengths),
    "arp-operation": Operator("NBR-1", False, arp, _arp_operation),
    "arp-announcement": Operator("NBR-1", False, arp, _arp_announcement, True),
    "arp-addresses": Operator("NBR-1", False, arp, _arp_addresses),
    "arp-cut": Operator("NBR-1", True, arp, _arp_cut),
}
