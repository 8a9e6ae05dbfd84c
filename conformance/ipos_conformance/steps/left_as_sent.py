"""What a client's packet may look like without being any router's business (FWD-1, FWD-3)."""

from collections.abc import Callable

from ipos_conformance.changes import inverted, ip_changed, with_ip_options

AS_SENT: dict[str, Callable[[bytes], bytes]] = {
    "ttl-1": lambda packet: ip_changed(packet, 8, b"\x01"),
    "ttl-255": lambda packet: ip_changed(packet, 8, b"\xff"),
    "type-of-service": lambda packet: ip_changed(packet, 1, b"\xb8"),
    "congestion-experienced": lambda packet: ip_changed(packet, 1, b"\x03"),
    "identification": lambda packet: ip_changed(packet, 4, b"\xbe\xef"),
    "without-df": lambda packet: ip_changed(packet, 6, b"\0\0"),
    "reserved-flag": lambda packet: ip_changed(packet, 6, b"\xc0\0"),
    "options": lambda packet: with_ip_options(packet, b"\x01\x01\x01\x00"),
    "forty-octets-of-options": lambda packet: with_ip_options(packet, b"\x01" * 40),
    "wrong-tcp-checksum": lambda packet: inverted(packet, 36),
    "no-tcp-checksum": lambda packet: packet[:36] + b"\0\0" + packet[38:],
    "short-tcp-header-length": lambda packet: packet[:32] + b"\x10" + packet[33:],
}
"""From a whole TCP packet to another one that has to be forwarded octet for octet."""
