"""Which frames say nothing about a case: sorted out one kind at a time, each for a reason; all others count."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ipos_spec.addresses import BROADCAST_MAC

from ipos_conformance.frames import IPV4_TYPE, Frame

_ICMP, _TCP = 1, 6
_ROUTER_DISCOVERY = (9, 10)


def reason(frame: Frame, clients: IPv4Network) -> str | None:
    """Why a received frame is no answer to anything that a case sent; None if it may be one.

    clients   the network of the suite's clients
    """
    if frame.arp is not None:
        return "ARP: a router looks for its neighbours when it likes, and the suite's stations answer"
    if is_extension_to_all(frame):
        return "an extension packet to all, such as a Table Advertisement (ADV-1)"
    if frame.type not in (IPV4_TYPE, frame.ether_type):
        return "neither ipOS nor IPv4"
    return None if frame.ip is None else _reason_of_packet(frame.ip, clients)


def is_extension_to_all(frame: Frame) -> bool:
    """Whether a router tells something to all others, whenever it likes."""
    return frame.destination == BROADCAST_MAC and frame.header is not None and frame.header.type >= 0x80


def _reason_of_packet(ip: Any, clients: IPv4Network) -> str | None:
    # TCP and ICMP always count: also a reset to an address that no client can have is an answer.
    if ip.proto not in (_ICMP, _TCP) and IPv4Address(ip.dst) not in clients:
        return "neither TCP nor ICMP, nor to a client: routing, groups, time and logs are a router's own business"
    if ip.proto == _ICMP and bytes(ip.payload)[:1] and bytes(ip.payload)[0] in _ROUTER_DISCOVERY:
        return "ICMP router discovery (RFC 1256)"
    return None
