"""A loop that does nothing but put frames on the wire: what a raw socket takes at most, in Python."""

import socket
import time
from itertools import islice

from ipos_conformance.frames import Lan
from ipos_conformance.target import Target
from ipos_fuzz.campaign.gate import Reach
from ipos_fuzz.sources.streams import volume_of


def send(target: Target, cases: int, kinds: tuple[str, ...] = ()) -> tuple[float, float]:
    """Seconds and processor seconds of so many frames of the quick generator, all of them made before."""
    reach, lans = Reach(target), {Lan.FIRST: target.first_lan, Lan.SECOND: target.second_lan}
    allowed = (
        (lan, octets)
        for lan, octets, *_ in volume_of(target, 1, kinds)
        if len(octets) <= lans[lan].mtu + 14 and reach.includes(octets)
    )
    frames = list(islice(allowed, cases))
    ports = {lan: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for lan in lans}
    for lan, port in ports.items():
        port.bind((lans[lan].interface, 0))
    began, used = time.monotonic(), time.process_time()
    for lan, octets in frames:
        ports[lan].send(octets)
    seconds, processor = time.monotonic() - began, time.process_time() - used
    for port in ports.values():
        port.close()
    return seconds, processor
