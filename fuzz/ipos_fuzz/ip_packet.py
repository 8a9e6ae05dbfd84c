"""A client's IPv4 packet as octets that are being changed: its parts, and its checksums made right again.

None of it fails on a damaged packet: what does not fit stays as it is.
"""

from ipos_spec.checksum import internet_checksum
from ipos_spec.transport import TCP, UDP

from ipos_fuzz.places import ICMP_PROTOCOL, IPV4

CHECKSUM = 10
"""Offset of the header checksum (RFC 791 3.1)."""

_CHECKSUMS = {TCP.iana: 16, UDP.iana: 6, ICMP_PROTOCOL: 2}
"""Offset of the checksum in the transport's header, by IANA's number (RFC 9293 3.1, RFC 768, RFC 792)."""


def header_length(packet: bytes) -> int:
    """Octets of the IP header as the packet says, but at least those of one without options."""
    return max((packet[0] & 0xF) * 4, IPV4)


def put(octets: bytes, offset: int, new: bytes) -> bytes:
    """The octets with others in their place."""
    return octets[:offset] + new + octets[offset + len(new) :]


def with_header_checksum(packet: bytes) -> bytes:
    """The packet with its IP header checksum made right, over as much of the header as is there."""
    header = packet[:CHECKSUM] + bytes(2) + packet[CHECKSUM + 2 : header_length(packet)]
    return packet[:CHECKSUM] + internet_checksum(header).to_bytes(2, "big") + packet[CHECKSUM + 2 :]


def with_transport_checksum(packet: bytes) -> bytes:
    """The packet with the checksum of TCP, UDP or ICMP made right, as far as it has one."""
    at = checksum_offset(packet)
    if at is None:
        return packet
    checksum = transport_checksum(packet, at)
    return packet[:at] + checksum.to_bytes(2, "big") + packet[at + 2 :]


def sealed(packet: bytes) -> bytes:
    """The packet with both checksums made right."""
    return with_header_checksum(with_transport_checksum(packet))


def with_length(packet: bytes) -> bytes:
    """The packet with a total length, and a UDP length, that say how long it is."""
    packet = put(packet, 2, len(packet).to_bytes(2, "big"))
    start = header_length(packet)
    if packet[9] == UDP.iana and len(packet) >= start + UDP.header:
        packet = put(packet, start + 4, (len(packet) - start).to_bytes(2, "big"))
    return packet


def checksum_offset(packet: bytes) -> int | None:
    """Where the checksum of the transport stands in the packet; None if it has none or ends before it."""
    within = _CHECKSUMS.get(packet[9])
    if within is None or header_length(packet) + within + 2 > len(packet):
        return None
    return header_length(packet) + within


def transport_checksum(packet: bytes, at: int) -> int:
    """What a sender puts into the transport's checksum field at this offset (RFC 9293 3.1, RFC 768, RFC 792)."""
    start = header_length(packet)
    covered = packet[start:at] + bytes(2) + packet[at + 2 :]
    if packet[9] == ICMP_PROTOCOL:
        return internet_checksum(covered)
    pseudo_header = packet[12:20] + bytes([0, packet[9]]) + (len(packet) - start).to_bytes(2, "big")
    checksum = internet_checksum(pseudo_header + covered)
    return 0xFFFF if packet[9] == UDP.iana and not checksum else checksum
