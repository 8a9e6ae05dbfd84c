"""UDP (RFC 768), as far as a router that serves no UDP port needs it: whether a datagram deserves an answer."""

import struct

from ipos_spec.addresses import IPv4
from ipos_spec.checksum import verifies

_HEADER = struct.Struct("!HHHH")
_PSEUDO_HEADER = struct.Struct("!IIBBH")
_PROTOCOL = 17


def is_well_formed(octets: bytes, source: IPv4, destination: IPv4) -> bool:
    """Whether an IP packet's payload is a whole, undamaged datagram; a checksum of zero means that there is none."""
    if len(octets) < _HEADER.size:
        return False
    _, _, length, checksum = _HEADER.unpack_from(octets)
    if not _HEADER.size <= length <= len(octets):
        return False
    pseudo_header = _PSEUDO_HEADER.pack(source, destination, 0, _PROTOCOL, length)
    return not checksum or verifies(pseudo_header + octets[:length])
