"""Which acknowledgements the target owes, and which it must not send (TGT-1, TGT-2, ENC-3, ENC-6)."""

from dataclasses import dataclass, field

from ipos_conformance.frames import Frame
from ipos_spec.checksum import internet_checksum
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.encapsulation import PacketType
from ipos_spec.packets import ConnectionPacket

from ipos_fuzz.oracles.connections import Connection
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Flow
from ipos_fuzz.oracles.memory import Memory
from ipos_fuzz.oracles.neighbours import Neighbours
from ipos_fuzz.oracles.parsing import ETHERNET, later

Problem = tuple[str, str]

REFERENCE = slice(ETHERNET, ETHERNET + 12)
_HEADER = slice(ETHERNET, ETHERNET + 16)
_CONNECTION = ETHERNET + 16
_SIZES = {1: 146, 2: 6}
"""Octets of the connection information, by the header's protocol."""
_MANY = 64
_SURE = 30.0
"""Seconds for which an endpoint stays, whatever else comes (TAB-4)."""


def right_header(octets: bytes) -> bytes:
    """The ipOS header that acknowledges a connection packet, given the packet's frame (ENC-6)."""
    protocol = octets[ETHERNET + 13]
    start = octets[REFERENCE] + bytes([PacketType.ACKNOWLEDGEMENT, protocol])
    information = octets[_CONNECTION : _CONNECTION + _SIZES.get(protocol, 0)]
    return start + internet_checksum(start + b"\0\0" + information).to_bytes(2, "big")


def same_header(this: bytes, that: bytes) -> bool:
    """Whether two headers say the same: both representations of a checksum's zero count as one (RFC 1071)."""
    checksums = (int.from_bytes(header[14:16], "big") % 0xFFFF for header in (this, that))
    return this[:14] == that[:14] and next(checksums) == next(checksums)


@dataclass(slots=True)
class _Asked:
    """Copies of one connection packet from one MAC, and acknowledgements that have come back.

    flow          whose it is
    asked, taken  when the first copy was sent, and when the first acknowledgement came
    """

    header: bytes
    mac: bytes
    connection: TcpConnectionInformation | UdpConnectionInformation
    flow: Flow
    asked: float
    copies: int = 0
    acknowledged: int = 0
    taken: float | None = None


@dataclass(slots=True)
class _Reference:
    """Everything that was sent under one reference."""

    is_new: bool
    asked: list[_Asked] = field(default_factory=list)
    refusal: str = ""


class Acknowledgements:
    """What was asked for, by reference."""

    def __init__(self, facts: Facts, neighbours: Neighbours, bound: int, *, fresh: bool) -> None:
        self._facts = facts
        self._neighbours = neighbours
        self._references: Memory[bytes, _Reference] = Memory(_Reference, bound, fresh=fresh)

    def ask(self, frame: Frame, packet: ConnectionPacket, flow: Flow) -> None:
        """A connection packet that the target may acknowledge was sent."""
        known = self._references.of(frame.octets[REFERENCE])
        header = right_header(frame.octets)
        for asked in known.asked:
            if asked.header == header and asked.mac == frame.source:
                asked.copies += 1
                return
        if len(known.asked) >= _MANY:
            known.is_new = False
            return
        known.asked.append(_Asked(header, frame.source, packet.connection, flow, frame.time, copies=1))

    def refuse(self, frame: Frame, requirement: str) -> None:
        """A frame that must be discarded was sent."""
        if len(frame.octets) >= ETHERNET + 16:
            self._references.of(frame.octets[REFERENCE]).refusal = requirement

    def judge(self, frame: Frame) -> Problem | None:
        """What is wrong with an acknowledgement that the target has sent."""
        reference, header = frame.octets[REFERENCE], frame.octets[_HEADER]
        known = self._references.get(reference)
        if known is None:
            if not self._references.is_new(reference):
                return None
            swapped = reference[6:] + reference[:6]
            turned = self._references.get(swapped) is not None
            return ("ENC-3", "acknowledges with the reference swapped") if turned else ("TGT-1", "acknowledges nothing")
        asked = next(
            (one for one in known.asked if one.mac == frame.destination and same_header(one.header, header)), None
        )
        if asked is not None:
            asked.acknowledged += 1
            if asked.acknowledged > asked.copies and known.is_new:
                return known.refusal or "TGT-1", "acknowledges more often than it was asked"
            return self._take(asked, known, frame.time)
        if not known.is_new:
            return None
        if any(same_header(one.header, header) for one in known.asked):
            return "TGT-1", "acknowledges to another MAC than the packet came from"
        if known.refusal:
            return known.refusal, "acknowledges a frame that must be discarded"
        return "ENC-6", "acknowledges with another checksum than what was sent asks for"

    def _take(self, asked: _Asked, known: _Reference, now: float) -> Problem | None:
        """The first acknowledgement of a connection packet: whether it may take the place of the one before (TGT-4)."""
        if asked.taken is not None:
            return None
        asked.taken = now
        others = [one for one in known.asked if one is not asked and one.taken is not None]
        before = max(others, key=lambda one: one.taken or 0, default=None)
        if before is None or before.taken is None or not known.is_new:
            return None
        # Until then it may neither have ended nor had to make room (TAB-4).
        is_there = before.taken < asked.asked and now < before.taken + self._facts.at_least(_SURE)
        is_ending = isinstance(before.flow, Connection) and before.flow.is_ending
        if not is_there or is_ending or before.flow.attempts or before.header[13] != asked.header[13]:
            return None
        return None if self._may_replace(before, asked) else ("TGT-4", "takes an endpoint over from no later holder")

    def _may_replace(self, before: _Asked, asked: _Asked) -> bool:
        old, new = before.connection, asked.connection
        is_owner = self._neighbours.is_there(new.server_ip, asked.mac)
        if (old.server_ip, old.server_port) != (new.server_ip, new.server_port):
            return is_owner
        if not isinstance(old, TcpConnectionInformation) or not isinstance(new, TcpConnectionInformation):
            return True  # the same one from another router (TGT-3)
        had, has = old.control_block, new.control_block
        if (had.iss, had.irs) != (has.iss, has.irs):
            return is_owner and later(has.iss, had.iss)
        if (had.rcv_nxt, had.snd_nxt) == (has.rcv_nxt, has.snd_nxt):
            return True  # the same one, whatever else it says
        return later(has.rcv_nxt, had.rcv_nxt) or (has.rcv_nxt == had.rcv_nxt and later(has.snd_nxt, had.snd_nxt))
