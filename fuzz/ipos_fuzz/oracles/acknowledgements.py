"""Which acknowledgements the target owes, and which it must not send (TGT-1, TGT-2, ENC-3, ENC-6)."""

from dataclasses import dataclass, field

from ipos_conformance.frames import Frame
from ipos_spec.checksum import internet_checksum
from ipos_spec.encapsulation import PacketType

from ipos_fuzz.oracles.memory import Memory
from ipos_fuzz.oracles.parsing import ETHERNET

Problem = tuple[str, str]

REFERENCE = slice(ETHERNET, ETHERNET + 12)
_HEADER = slice(ETHERNET, ETHERNET + 16)
_CONNECTION = ETHERNET + 16
_SIZES = {1: 146, 2: 6}
"""Octets of the connection information, by the header's protocol."""
_MANY = 64


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
    """Copies of one connection packet from one MAC, and acknowledgements that have come back."""

    header: bytes
    mac: bytes
    copies: int = 0
    acknowledged: int = 0


@dataclass(slots=True)
class _Reference:
    """Everything that was sent under one reference."""

    is_new: bool
    asked: list[_Asked] = field(default_factory=list)
    refusal: str = ""


class Acknowledgements:
    """What was asked for, by reference."""

    def __init__(self, bound: int, *, fresh: bool) -> None:
        self._references: Memory[bytes, _Reference] = Memory(_Reference, bound, fresh=fresh)

    def ask(self, frame: Frame) -> None:
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
        known.asked.append(_Asked(header, frame.source, copies=1))

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
            return None
        if not known.is_new:
            return None
        if any(same_header(one.header, header) for one in known.asked):
            return "TGT-1", "acknowledges to another MAC than the packet came from"
        if known.refusal:
            return known.refusal, "acknowledges a frame that must be discarded"
        return "ENC-6", "acknowledges with another checksum than what was sent asks for"
