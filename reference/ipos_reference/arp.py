"""ARP for IPv4 over Ethernet (RFC 826): the packet, and who has to answer."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from ipos_spec.addresses import IPv4, Mac, is_group_mac

_LAYOUT = struct.Struct("!HHBBH6sI6sI")
_ETHERNET, _IPV4 = 1, 0x0800
_UNKNOWN = Mac(bytes(6))


class Operation(IntEnum):
    """The two operations that a router takes part in."""

    REQUEST = 1
    REPLY = 2


@dataclass(frozen=True, slots=True)
class ArpPacket:
    """RFC 826's fields: hardware addresses are MACs, protocol addresses IPv4."""

    operation: Operation
    sender_mac: Mac
    sender_ip: IPv4
    target_mac: Mac
    target_ip: IPv4


def parse(octets: bytes) -> ArpPacket | None:
    """Read an ARP packet for IPv4 over Ethernet, or None if it is anything else.

    A sender whose MAC is a group's is none (RFC 1812 3.3.2): what is sent to it would go to everybody.
    """
    if len(octets) < _LAYOUT.size:
        return None
    hardware, protocol, hardware_size, protocol_size, operation, *addresses = _LAYOUT.unpack_from(octets)
    if (hardware, protocol, hardware_size, protocol_size) != (_ETHERNET, _IPV4, 6, 4) or operation not in (1, 2):
        return None
    packet = ArpPacket(Operation(operation), *addresses)
    return None if is_group_mac(packet.sender_mac) else packet


def build(packet: ArpPacket) -> bytes:
    """Write an ARP packet, 28 octets."""
    return _LAYOUT.pack(
        _ETHERNET,
        _IPV4,
        6,
        4,
        packet.operation,
        packet.sender_mac,
        packet.sender_ip,
        packet.target_mac,
        packet.target_ip,
    )


def request(sender_mac: Mac, sender_ip: IPv4, target_ip: IPv4) -> ArpPacket:
    """Ask who has ``target_ip``."""
    return ArpPacket(Operation.REQUEST, sender_mac, sender_ip, _UNKNOWN, target_ip)


def reply(to: ArpPacket, mac: Mac) -> ArpPacket:
    """Answer a request for an address that ``mac`` has."""
    return ArpPacket(Operation.REPLY, mac, to.target_ip, to.sender_mac, to.sender_ip)
