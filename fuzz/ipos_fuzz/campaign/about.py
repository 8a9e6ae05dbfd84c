"""Whom a frame is about, whichever way it goes."""

from ipos_conformance.frames import Client, Frame
from ipos_conformance.target import Target
from ipos_spec.addresses import IPv4


def clients_in(frame: Frame, target: Target) -> set[Client]:
    """The clients whom a frame may be about: without the routers, whom every frame names."""
    routers = {target.router.address, target.router.gateway, *(peer.address for peer in target.peer)}
    return {client for client in named(frame) if client.ip not in routers}


def named(frame: Frame) -> set[Client]:
    """Whom a frame may be about, in either place."""
    octets = frame.octets
    if octets[12:14] != b"\x08\x00" or len(octets) < 38:
        return set(frame.clients)
    port = 14 + (octets[14] & 15) * 4
    source = IPv4(int.from_bytes(octets[26:30], "big")), int.from_bytes(octets[port : port + 2], "big")
    return {*frame.clients, Client(*source)}
