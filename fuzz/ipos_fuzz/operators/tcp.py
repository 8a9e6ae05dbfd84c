"""The client's TCP segment, in a type 2 packet and on the first LAN: header, flags, options, numbers, data."""

from collections.abc import Callable
from random import Random

from ipos_spec.transport import TCP

from ipos_fuzz import ip_packet
from ipos_fuzz.operators.operator import Operator, Operators, inside, other_checksum, outside
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import Subject

_SEQUENCE, _ACKNOWLEDGEMENT, _OFFSET, _BITS, _WINDOW, _CHECKSUM, _URGENT = 4, 8, 12, 13, 14, 16, 18
"""Offsets in the TCP header (RFC 9293 3.1)."""

_FIN, _SYN, _RST, _PSH, _ACK, _URG = 1, 2, 4, 8, 16, 32
_EDGES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_NEAR = (-1, 1, 2, -0x10000, 0xFFFF, 0x10000, 1 << 31, (1 << 31) - 1)
_COMBINATIONS = (
    *(0, 0xFF, _FIN, _URG, _PSH, _RST, _ACK, _SYN, _SYN | _FIN, _SYN | _RST, _SYN | _ACK, _SYN | _FIN | _ACK),
    *(_FIN | _ACK, _FIN | _RST, _RST | _ACK, _FIN | _PSH | _URG, _SYN | _URG, _SYN | _PSH | _ACK, _SYN | 0xC0),
)
"""None, all, each alone, what contradicts itself, SYN with URG or ECN's bits (RFC 3168)."""

_MSS = (b"\x02\x04\x00\x00", b"\x02\x04\x00\x01", b"\x02\x04\x00\x3f", b"\x02\x04\x00\x40", b"\x02\x04\xff\xff")
_OPTIONS = (
    *_MSS,
    b"\x02\x03\x05",  # MSS of the wrong lengths
    b"\x02\x05\x05\xb4\x00",
    b"\x02\x02",
    b"\x02\x04\x05\xb4" * 2,  # twice
    b"\x02\x04\x05\xb4\x02\x04\x00\x00",
    b"\x02\x04\x05",  # cut
    b"\x03\x03\x0e",  # window scale: the largest, larger, the largest octet, wrong lengths, twice
    b"\x03\x03\x0f",
    b"\x03\x03\xff",
    b"\x03\x02",
    b"\x03\x04\x07\x07",
    b"\x03\x03\x07\x03\x03\x0e",
    b"\x04\x02",  # SACK permitted, wrong lengths, twice
    b"\x04\x03\x00",
    b"\x04\x02\x04\x02",
    b"\x05\x02",  # SACK: none, half a block, a block, four, five, of no width, reversed
    b"\x05\x06" + bytes(4),
    b"\x05\x0a" + bytes(8),
    b"\x05\x22" + b"\xff" * 32,
    b"\x05\x28" + bytes(38),
    b"\x05\x0a\xff\xff\xff\xff\x00\x00\x00\x00",
    b"\x05\x0a\x00\x00\x00\x02\x00\x00\x00\x01",
    b"\x08\x0a" + bytes(8),  # timestamps: zero, all ones, wrong lengths, twice, cut
    b"\x08\x0a" + b"\xff" * 8,
    b"\x08\x09" + bytes(7),
    b"\x08\x02",
    (b"\x08\x0a" + bytes(7) + b"\x01") * 2,
    b"\x08\x0a\x00\x00",
    b"\x00",  # end of list, alone and before others
    b"\x00\x02\x04\x00\x40",
    b"\x01" * 40,  # many
    b"\x01",
    b"\x04\x02" * 20,
    b"\xfe\x02" * 20,
    b"\x02\x00",  # length 0, 1, over the end; the last octet a kind without a length
    b"\x02\x01",
    b"\xfe\x00",
    b"\xfe\x01",
    b"\xfe\x28",
    b"\xfe\xff",
    b"\x08\xff",
    b"\x01\x01\x01\xfe",
    b"\x13\x12" + bytes(16),  # MD5 (RFC 2385), TCP-AO (RFC 5925), fast open (RFC 7413), multipath (RFC 8684)
    b"\x1d\x10" + bytes(14),
    b"\x22\x02",
    b"\x22\x12" + bytes(16),
    b"\x1e\x0c\x01" + bytes(9),
    b"\x1e\x03\x00",
    b"\xfd\x04\xf9\x89",  # experiments (RFC 6994)
)
"""Each alone is what `tcp-options` puts in; two of them, as far as there is room, every fourth time."""


def _changed(subject: Subject, offset: int, octets: bytes) -> bytes:
    """The segment with other octets in its header, both checksums right."""
    packet = subject.packet
    packet = ip_packet.put(packet, ip_packet.header_length(packet) + offset, octets)
    return subject.with_packet(ip_packet.sealed(packet))


def _header(subject: Subject) -> bytes:
    packet = subject.packet
    start = ip_packet.header_length(packet)
    return packet[start : start + TCP.header]


def _data_offset(words: int, subject: Subject) -> bytes:
    return _changed(subject, _OFFSET, bytes([words << 4 | _header(subject)[_OFFSET] & 0xF]))


def _data_offset_short(subject: Subject, random: Random) -> bytes:
    return _data_offset(random.randrange(5), subject)


def _data_offset_beyond(subject: Subject, random: Random) -> bytes:
    """Behind the end of the segment, where it is not as long as the longest header is."""
    segment = len(subject.packet) - ip_packet.header_length(subject.packet)
    return _data_offset(random.randrange(segment // 4 + 1, 16), subject)


def _data_offset_other(subject: Subject, random: Random) -> bytes:
    """Data is taken for options, or options for data."""
    own = _header(subject)[_OFFSET] >> 4
    return _data_offset(random.choice([words for words in range(5, 16) if words != own]), subject)


def _options(subject: Subject, random: Random) -> bytes:
    octets = random.choice(_OPTIONS)
    if random.getrandbits(2) == 0:
        octets = octets + random.choice(_OPTIONS)
    octets = octets[:40]
    size = random.choice((len(octets) + -len(octets) % 4, 40))
    octets = octets.ljust(size, random.choice((b"\x00", b"\x01", b"\x01")))
    packet = subject.packet
    start = ip_packet.header_length(packet)
    words = (TCP.header + size) // 4
    header = ip_packet.put(_header(subject), _OFFSET, bytes([words << 4 | packet[start + _OFFSET] & 0xF]))
    data = packet[start + (packet[start + _OFFSET] >> 4) * 4 :]
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(packet[:start] + header + octets + data)))


def _control_bits(subject: Subject, random: Random) -> bytes:
    return _changed(subject, _BITS, bytes([random.choice((*_COMBINATIONS, random.getrandbits(8)))]))


def _reserved(subject: Subject, random: Random) -> bytes:
    own = _header(subject)[_OFFSET]
    return _changed(subject, _OFFSET, bytes([own & 0xF0 | random.randrange(1, 16)]))


def _urgent(subject: Subject, random: Random) -> bytes:
    """URG with a pointer to nothing, into the data, to its end, behind it; or a pointer without URG."""
    data = len(subject.packet) - ip_packet.header_length(subject.packet) - TCP.header
    pointer = random.choice((0, 1, max(data, 0), max(data, 0) + 1, 0x7FFF, 0xFFFF))
    bits = _header(subject)[_BITS] | random.choice((_URG, _URG, 0))
    window_and_checksum = _header(subject)[_WINDOW:_URGENT]
    return _changed(subject, _BITS, bytes([bits]) + window_and_checksum + pointer.to_bytes(2, "big"))


def _number(subject: Subject, random: Random) -> bytes:
    """Sequence or acknowledgement number where numbers begin anew, or near the right one, at the edges of windows."""
    at = random.choice((_SEQUENCE, _ACKNOWLEDGEMENT))
    own = int.from_bytes(_header(subject)[at : at + 4], "big")
    number = random.choice((random.choice(_EDGES), (own + random.choice(_NEAR)) % (1 << 32)))
    return _changed(subject, at, number.to_bytes(4, "big"))


def _window(subject: Subject, random: Random) -> bytes:
    return _changed(subject, _WINDOW, random.choice((b"\0\0", b"\0\1", b"\x7f\xff", b"\x80\0", b"\xff\xff")))


def _data(subject: Subject, random: Random) -> bytes:
    """Other data: none, one octet, as much as the LAN takes, ends of lines, what a text may not hold."""
    packet = subject.packet
    start = ip_packet.header_length(packet)
    headers = packet[: start + (packet[start + _OFFSET] >> 4) * 4]
    room = subject.shape.mtu + HEADER - (subject.shape.ip or 0) - len(headers)
    size = random.choice((0, 1, 2, min(536, room), room - 1, room))
    pattern = random.choice(
        (b"\0", b"\xff", b"\r\n", b"\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", random.randbytes(16))
    )
    data = (pattern * (size // len(pattern) + 1))[:size]
    return subject.with_packet(ip_packet.sealed(ip_packet.with_length(headers + data)))


def _checksum(subject: Subject, random: Random) -> bytes:
    packet = subject.packet
    at = ip_packet.header_length(packet) + _CHECKSUM
    right = int.from_bytes(packet[at : at + 2], "big")
    return subject.with_packet(ip_packet.put(packet, at, other_checksum(right, random).to_bytes(2, "big")))


def _stale(subject: Subject, random: Random) -> bytes:
    """An octet of header or data is another, the checksum is not."""
    packet = subject.packet
    start = ip_packet.header_length(packet)
    free = [at for at in range(start + 4, len(packet)) if at - start not in (_CHECKSUM, _CHECKSUM + 1)]
    at = random.choice(free)
    return subject.with_packet(ip_packet.put(packet, at, bytes([packet[at] ^ 1 << random.randrange(8)])))


def _tcp(place: Callable[[Subject], bool]) -> Callable[[Subject], bool]:
    return lambda subject: place(subject) and _is_tcp(subject)


def _is_tcp(subject: Subject) -> bool:
    return subject.frame[(subject.shape.ip or 0) + 9] == TCP.iana


def _ends_early(place: Callable[[Subject], bool]) -> Callable[[Subject], bool]:
    """Where the longest TCP header would reach behind the segment."""
    return lambda subject: (
        place(subject) and _is_tcp(subject) and len(subject.packet) - ip_packet.header_length(subject.packet) < 15 * 4
    )


def _operators(prefix: str, place: Callable[[Subject], bool], malformed: str, probed: str) -> Operators:
    """`malformed` says what holds of a segment that is none, `probed` of one that is right and odd."""
    tcp, path, is_inside = _tcp(place), f"{prefix.replace('-', '.')}tcp.", place is inside
    options = (f"{path}data_offset", f"{prefix.replace('-', '.')}ip.total_length")
    return {
        f"{prefix}tcp-checksum": Operator(malformed, False, tcp, _checksum, True),
        f"{prefix}tcp-stale-checksum": Operator(malformed, False, tcp, _stale, True),
        f"{prefix}tcp-data-offset": Operator(malformed, False, tcp, _data_offset_short, is_inside),
        f"{prefix}tcp-data-offset-beyond": Operator(
            malformed, False, _ends_early(place), _data_offset_beyond, is_inside
        ),
        f"{prefix}tcp-data-offset-other": Operator(probed, False, tcp, _data_offset_other),
        f"{prefix}tcp-options": Operator(probed, False, tcp, _options, fields=options),
        f"{prefix}tcp-flags": Operator(probed, False, tcp, _control_bits),
        f"{prefix}tcp-reserved": Operator(probed, False, tcp, _reserved),
        f"{prefix}tcp-urgent": Operator(probed, False, tcp, _urgent),
        f"{prefix}tcp-number": Operator(probed, False, tcp, _number),
        f"{prefix}tcp-window": Operator(probed, False, tcp, _window),
        f"{prefix}tcp-data": Operator(probed, False, tcp, _data),
    }


TCP_OPERATORS: Operators = {
    **_operators("inner-", inside, "TGT-8", "TGT-5"),
    **_operators("", outside, "ORG-9", "ORG-9"),
}
