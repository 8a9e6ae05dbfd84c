"""The ICMP messages that a router sends about itself (RFC 792; NBR-2)."""

from ipos_spec.checksum import internet_checksum, verifies

_ECHO_REPLY, _DESTINATION_UNREACHABLE, _ECHO = 0, 3, 8
_PORT_UNREACHABLE, _FRAGMENTATION_NEEDED = 3, 4
_QUOTED = 8  # octets of what the IPv4 packet carries, behind its header


def echo_reply(message: bytes) -> bytes | None:
    """Answer an echo request, or None if the message is anything else or damaged."""
    if len(message) < 8 or message[:2] != bytes((_ECHO, 0)) or not verifies(message):
        return None
    return _with_checksum(bytes((_ECHO_REPLY, 0, 0, 0)) + message[4:])


def port_unreachable(packet: bytes) -> bytes:
    """Tell the sender of an IP packet that nobody serves its UDP port."""
    quoted = packet[: (packet[0] & 0xF) * 4 + _QUOTED]
    return _with_checksum(bytes((_DESTINATION_UNREACHABLE, _PORT_UNREACHABLE)) + bytes(6) + quoted)


def fragmentation_needed(packet: bytes, mtu: int) -> bytes:
    """Tell the sender of an IP packet with DF that it must not be longer than ``mtu`` octets (RFC 1191 4)."""
    quoted = packet[: (packet[0] & 0xF) * 4 + _QUOTED]
    head = bytes((_DESTINATION_UNREACHABLE, _FRAGMENTATION_NEEDED)) + bytes(4) + mtu.to_bytes(2, "big")
    return _with_checksum(head + quoted)


def _with_checksum(message: bytes) -> bytes:
    return message[:2] + internet_checksum(message).to_bytes(2, "big") + message[4:]
