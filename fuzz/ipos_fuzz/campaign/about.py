"""Whom a frame is about, whichever way it goes."""

from ipos_conformance.frames import Client, Frame
from ipos_spec.addresses import IPv4


def named(frame: Frame) -> set[Client]:
    """Whom a frame may be about, in either place."""
    octets = frame.octets
    if octets[12:14] != b"\x08\x00" or len(octets) < 38:
        return set(frame.clients)
    port = 14 + (octets[14] & 15) * 4
    source = IPv4(int.from_bytes(octets[26:30], "big")), int.from_bytes(octets[port : port + 2], "big")
    return {*frame.clients, Client(*source)}
