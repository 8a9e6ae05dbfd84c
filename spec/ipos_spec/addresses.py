"""Addresses as they stand on the wire: cheap to compare and to hash, printable on demand."""

import ipaddress
import re
from typing import NewType

IPv4 = NewType("IPv4", int)
"""An IPv4 address as an unsigned 32-bit integer."""

Mac = NewType("Mac", bytes)
"""A MAC address (EUI-48) as six octets in transmission order."""

BROADCAST_MAC = Mac(b"\xff" * 6)
BROADCAST_IP = IPv4(0xFFFFFFFF)

_MAC_TEXT = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}", re.IGNORECASE)


def ipv4(text: str) -> IPv4:
    """Read dotted decimal text. Raises ValueError on anything else."""
    return IPv4(int(ipaddress.IPv4Address(text)))


def ipv4_text(address: int) -> str:
    """Write an address in dotted decimal."""
    return str(ipaddress.IPv4Address(address))


def mac(text: str) -> Mac:
    """Read six hexadecimal octets separated by ``:`` or ``-``. Raises ValueError on anything else."""
    if not _MAC_TEXT.fullmatch(text):
        raise ValueError(f"{text!r} is not a MAC address such as 02:00:00:00:00:01")
    return Mac(bytes.fromhex(re.sub("[:-]", "", text)))


def mac_text(address: bytes) -> str:
    """Write six octets in hexadecimal, separated by colons."""
    return address.hex(":")


def is_group_mac(address: bytes) -> bool:
    """Whether the address is multicast or broadcast (IEEE 802: lowest bit of the first octet)."""
    return bool(address[0] & 1)


def is_unicast_ipv4(address: int) -> bool:
    """Whether the address can be one host's: not 0.0.0.0, not multicast (224/4), not 255.255.255.255 (ENC-13)."""
    return address not in (0, BROADCAST_IP) and address >> 28 != 0xE
