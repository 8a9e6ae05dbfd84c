"""Which frames say nothing about a case: sorted out one kind at a time, each for a reason; all others count."""

from ipos_spec.addresses import BROADCAST_MAC

from ipos_conformance.frames import IPV4_TYPE, Frame


def reason(frame: Frame) -> str | None:
    """Why a received frame is no answer to anything that a case sent; None if it may be one."""
    if frame.arp is not None:
        return "ARP: a router looks for its neighbours when it likes, and the suite's stations answer"
    if frame.header is not None and frame.header.type >= 0x80 and frame.destination == BROADCAST_MAC:
        return "an extension packet to all, such as a Table Advertisement (ADV-1)"
    if frame.type not in (IPV4_TYPE, frame.ether_type):
        return "neither ipOS nor IPv4"
    if frame.ip is not None and frame.ip.proto == 2:
        return "IGMP: a host reports its groups when it likes"
    return None
