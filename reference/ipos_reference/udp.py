"""UDP datagrams (RFC 768)."""

import struct

from ipos_spec.addresses import IPv4
from ipos_spec.checksum import internet_checksum, verifies

HEADER = 8
"""Octets of the header."""

_HEADER = struct.Struct("!HHHH")
_PSEUDO_HEADER = struct.Struct("!IIBBH")
_PROTOCOL = 17


def is_well_formed(octets: bytes, source: IPv4, destination: IPv4) -> bool:
    """Whether an IP packet's payload is a whole, undamaged datagram; a checksum of zero means that there is none."""
    if len(octets) < HEADER:
        return False
    _, _, length, checksum = _HEADER.unpack_from(octets)
    if not HEADER <= length <= len(octets):
        return False
    return not checksum or verifies(_pseudo_header(source, destination, length) + octets[:length])


def payload(octets: bytes) -> bytes:
    """What a well-formed datagram carries."""
    return octets[HEADER : int.from_bytes(octets[4:6], "big")]


def build(source: tuple[IPv4, int], destination: tuple[IPv4, int], octets: bytes) -> bytes:
    """A datagram between two addresses, with its checksum."""
    length = HEADER + len(octets)
    blank = _HEADER.pack(source[1], destination[1], length, 0)
    checksum = internet_checksum(_pseudo_header(source[0], destination[0], length) + blank + octets)
    # A sum of zero is sent as its other representation: zero says that there is no checksum.
    return _HEADER.pack(source[1], destination[1], length, checksum or 0xFFFF) + octets


def _pseudo_header(source: IPv4, destination: IPv4, length: int) -> bytes:
    return _PSEUDO_HEADER.pack(source, destination, 0, _PROTOCOL, length)
