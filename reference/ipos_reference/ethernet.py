"""Ethernet frames as the router sees them: three fields and the octets behind (IEEE 802.3, FIG. 11A)."""

from typing import NamedTuple

from ipos_spec.addresses import Mac
from ipos_spec.ethernet import MINIMUM_FRAME

HEADER = 14
"""Octets of the header."""

IPV4 = 0x0800
ARP = 0x0806


class Frame(NamedTuple):
    """An Ethernet frame without its frame check sequence; the payload may end in padding."""

    destination: Mac
    source: Mac
    type: int
    payload: bytes


def parse(octets: bytes) -> Frame | None:
    """Take a frame apart, or None if it is shorter than its header."""
    if len(octets) < HEADER:
        return None
    return Frame(Mac(octets[:6]), Mac(octets[6:12]), int.from_bytes(octets[12:14], "big"), octets[HEADER:])


def build(frame: Frame) -> bytes:
    """Write a frame, padded with zeros to 60 octets: TAP and veth do not pad (ENC-9)."""
    return pad(frame.destination + frame.source + frame.type.to_bytes(2, "big") + frame.payload)


def pad(octets: bytes) -> bytes:
    """Pad to the shortest frame of IEEE 802.3 with zeros (ENC-9)."""
    return octets.ljust(MINIMUM_FRAME, b"\0")
