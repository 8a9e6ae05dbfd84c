"""TCP segments without options or data, of which barriers are made: many in a second, so Scapy makes each kind once."""

import struct
from functools import cache

from ipos_spec.checksum import internet_checksum
from scapy.layers.inet import IP, TCP

from ipos_conformance.frames import Client

_IP_HEADER, _PROTOCOL_AND_LENGTH = 20, struct.pack("!HH", 6, 20)
_NUMBERS = struct.Struct("!HHLL")


def bare_segment(
    source: Client, destination: Client, flags: str, *, seq: int, ack: int = 0, window: int = 8192, ip_flags: str = ""
) -> bytes:
    """An IP packet with such a segment; flags as Scapy calls them."""
    ip, tcp = _made(flags, ip_flags)
    addresses = struct.pack("!LL", source.ip, destination.ip)
    ip = ip[:10] + b"\0\0" + addresses
    numbers = _NUMBERS.pack(source.port, destination.port, seq, ack)
    tcp = numbers + tcp[12:14] + window.to_bytes(2, "big") + b"\0\0" + tcp[18:]
    checksum = internet_checksum(addresses + _PROTOCOL_AND_LENGTH + tcp)
    return (
        ip[:10]
        + internet_checksum(ip).to_bytes(2, "big")
        + addresses
        + tcp[:16]
        + checksum.to_bytes(2, "big")
        + tcp[18:]
    )


@cache
def _made(flags: str, ip_flags: str) -> tuple[bytes, bytes]:
    """Both headers, for any ends."""
    octets = bytes(IP(src="0.0.0.0", dst="0.0.0.0", flags=ip_flags) / TCP(flags=flags))  # noqa: S104 - nobody's
    return octets[:_IP_HEADER], octets[_IP_HEADER:]
