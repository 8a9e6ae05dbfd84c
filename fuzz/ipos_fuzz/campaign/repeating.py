"""Frames of one kind, or of a few clients, again and again: what a target keeps of each adds up until it shows."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from random import Random

from ipos_conformance.frames import ARP_TYPE, Client, Direction, Frame
from ipos_conformance.target import Target

from ipos_fuzz.campaign.about import clients_in
from ipos_fuzz.campaign.place import Place
from ipos_fuzz.oracles.resources import REPEATED, growth, taken
from ipos_fuzz.violation import Violation

_CLIENTS, _MOST, _BURST = 8, 64, 512
"""Clients and frames that are repeated, and frames between two barriers."""
_WARM, _LOOK = 0.3, 1.0
"""Seconds until tables that may fill up are full, and for which is looked at what grows then."""


def repeat(place: Place, history: Sequence[Frame], random: Random) -> Iterator[tuple[Violation, Sequence[Frame]]]:
    """What grows, and the frames at which it does. Only of a local target can that be said."""
    sent = [frame for frame in history if frame.direction is Direction.SENT and not _is_arp(frame)]
    if not sent or not place.is_local:
        return
    clients = _by_client(sent, place.target)
    drawn = random.sample(clients, min(_CLIENTS, len(clients)))
    some = sorted(chain(*drawn), key=lambda frame: frame.time)
    kind = _kind(random.choice(sent))
    for frames in ([frame for frame in sent if _kind(frame) == kind], some):
        chosen = frames[-_MOST:]
        _send(place, chosen, _WARM)
        before = taken(place.processes())
        _send(place, chosen, _LOOK)
        found = growth(before, taken(place.processes()), REPEATED)
        if found is not None:
            yield found, chosen


def _send(place: Place, frames: list[Frame], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and place.dut.judge.answer_time() is not None:
        for frame in frames * (_BURST // len(frames)) if frames else ():
            place.gates[frame.lan].try_to_send(frame.octets)
        place.dut.traffic.collect(0)


def _by_client(frames: Iterable[Frame], target: Target) -> list[list[Frame]]:
    groups: defaultdict[Client, list[Frame]] = defaultdict(list)
    for frame in frames:
        for client in sorted(clients_in(frame, target))[:1]:
            groups[client].append(frame)
    return list(groups.values())


def _kind(frame: Frame) -> tuple[bytes, bytes]:
    """By EtherType; of ipOS frames also by type and protocol."""
    ether_type = frame.octets[12:14]
    return ether_type, frame.octets[26:28] if ether_type == frame.ether_type.to_bytes(2, "big") else b""


def _is_arp(frame: Frame) -> bool:
    return frame.octets[12:14] == ARP_TYPE.to_bytes(2, "big")
