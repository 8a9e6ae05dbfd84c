"""The client's IP packet as octets to be changed: addresses, options, checksums (RFC 791, RFC 9293)."""

from ipos_spec.checksum import internet_checksum
from ipos_spec.transport import TCP

_TCP_CHECKSUM = 16
"""Offset of the checksum in a TCP header (RFC 9293 3.1)."""


def put(octets: bytes, offset: int, new: bytes) -> bytes:
    """The octets with others in their place."""
    return octets[:offset] + new + octets[offset + len(new) :]


def header_length(packet: bytes) -> int:
    """Octets of the IP header, options included, as the packet says."""
    return (packet[0] & 0xF) * 4


def with_header_checksum(packet: bytes) -> bytes:
    """The packet with its IP header checksum made right, over the least header if it says that it has less."""
    blank = put(packet, 10, bytes(2))
    return put(blank, 10, internet_checksum(blank[: max(header_length(packet), 20)]).to_bytes(2, "big"))


def of_client(packet: bytes, address: int, port: int) -> bytes:
    """The packet as another client would have sent it, checksums right."""
    moved = put(packet, 12, address.to_bytes(4, "big"))
    return with_checksums(put(moved, header_length(packet), port.to_bytes(2, "big")))


def with_checksums(packet: bytes) -> bytes:
    """The packet with its checksums made right; of a UDP datagram without a checksum, only that of the IP header."""
    transport = header_length(packet)
    if packet[9] != TCP.iana:
        return with_header_checksum(packet)
    blank = put(packet, transport + _TCP_CHECKSUM, bytes(2))
    pseudo_header = packet[12:20] + TCP.iana.to_bytes(2, "big") + (len(packet) - transport).to_bytes(2, "big")
    checksum = internet_checksum(pseudo_header + blank[transport:])
    return with_header_checksum(put(blank, transport + _TCP_CHECKSUM, checksum.to_bytes(2, "big")))


def with_options(packet: bytes, options: bytes) -> bytes:
    """A packet without IP options with these, a multiple of four octets."""
    words, total_length = 5 + len(options) // 4, len(packet) + len(options)
    start = bytes([0x40 | words]) + packet[1:2] + total_length.to_bytes(2, "big")
    return with_checksums(start + packet[4:20] + options + packet[20:])
