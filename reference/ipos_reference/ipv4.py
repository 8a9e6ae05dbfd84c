"""IPv4 packets (RFC 791), as far as a host without fragments needs them."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from ipos_spec.addresses import IPv4
from ipos_spec.checksum import internet_checksum, verifies

HEADER = 20
"""Octets of a header without options, as this router sends it."""

_LAYOUT = struct.Struct("!BBHHHBBHII")
_DONT_FRAGMENT = 0x4000
_FRAGMENT_BITS = 0x3FFF  # "more fragments" and the fragment offset


class IpProtocol(IntEnum):
    """IANA's numbers of the protocols that are handled."""

    ICMP = 1
    TCP = 6
    UDP = 17


class Ipv4Error(Exception):
    """Not an IPv4 packet that a host can take; the text says what is wrong."""


class FragmentError(Ipv4Error):
    """A fragment: the router does not reassemble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv4Packet:
    """A whole IPv4 packet; options are skipped on input and never sent."""

    source: IPv4
    destination: IPv4
    protocol: int
    payload: bytes
    identification: int = 0
    dont_fragment: bool = False
    ttl: int = 64


def parse(octets: bytes) -> Ipv4Packet:
    """Read a packet; octets after its total length are padding. Raises Ipv4Error."""
    if len(octets) < HEADER:
        raise Ipv4Error(f"{len(octets)} octets, expected at least {HEADER}")
    first, _, total_length, identification, fragment, ttl, protocol, _, source, destination = _LAYOUT.unpack_from(
        octets
    )
    header_length = (first & 0xF) * 4
    if first >> 4 != 4 or header_length < HEADER:
        raise Ipv4Error(f"version and header length are 0x{first:02x}")
    if not header_length <= total_length <= len(octets):
        raise Ipv4Error(f"total length {total_length} in {len(octets)} octets")
    if not verifies(octets[:header_length]):
        raise Ipv4Error("header checksum does not verify")
    if fragment & _FRAGMENT_BITS:
        raise FragmentError("a fragment")
    return Ipv4Packet(
        source=source,
        destination=destination,
        protocol=protocol,
        payload=octets[header_length:total_length],
        identification=identification,
        dont_fragment=bool(fragment & _DONT_FRAGMENT),
        ttl=ttl,
    )


def total_length(octets: bytes) -> int:
    """Octets of a packet that `parse` has accepted; what follows is padding."""
    return int.from_bytes(octets[2:4], "big")


def build(packet: Ipv4Packet) -> bytes:
    """Write a packet with a header of 20 octets."""
    header = _LAYOUT.pack(
        0x45,
        0,
        HEADER + len(packet.payload),
        packet.identification,
        _DONT_FRAGMENT if packet.dont_fragment else 0,
        packet.ttl,
        packet.protocol,
        0,
        packet.source,
        packet.destination,
    )
    checksum = internet_checksum(header).to_bytes(2, "big")
    return header[:10] + checksum + header[12:] + packet.payload
