"""What an operator is, and to which subjects operators apply."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket

from ipos_fuzz.subject import INNER, Subject


class Operator(NamedTuple):
    """One way to change a frame.

    requirement             id of what is violated, or of what the mutant probes
    must_be_discarded       whether any router has to discard the mutant silently, whatever state it is in
    applies                 to which frames it can be applied
    mutate                  makes a mutant with the random source that it is given, and no other
    discarded_for_stranger  whether at least a router has to discard it silently that has no endpoint and no Forward
                            entry for the client: what a host must not take, a forwarder may pass on (FWD-1)
    fields                  paths of what it changes, where comparing octet against octet does not show it: it inserts
    """

    requirement: str
    must_be_discarded: bool
    applies: Callable[[Subject], bool]
    mutate: Callable[[Subject, Random], bytes]
    discarded_for_stranger: bool = False
    fields: tuple[str, ...] = ()

    def touched(self, subject: Subject, frame: bytes) -> tuple[str, ...]:
        """The paths of the fields that the operator has changed in this mutant."""
        return self.fields or subject.touched(frame)


Operators = dict[str, Operator]


def any_frame(_subject: Subject) -> bool:
    """To every frame."""
    return True


def ipos(subject: Subject) -> bool:
    """To ipOS frames."""
    return subject.shape.record is not None


def to_one_router(subject: Subject) -> bool:
    """To packets of types 1-3."""
    return subject.shape.record not in (None, TableAdvertisement)


def not_to_one_router(subject: Subject) -> bool:
    """To IPv4 and ARP frames on the first LAN, and to advertisements."""
    return not to_one_router(subject)


def to_endpoint(subject: Subject) -> bool:
    """To packets of types 1 and 2, whose destination is the router's own address (ENC-13)."""
    return subject.shape.record not in (None, TableAdvertisement, Acknowledgement)


def control_block(subject: Subject) -> bool:
    """To TCP connection packets."""
    return subject.shape.record is TcpConnectionPacket


def advertisement(subject: Subject) -> bool:
    """To Table Advertisements (ADV-1)."""
    return subject.shape.record is TableAdvertisement


def inside(subject: Subject) -> bool:
    """To the client's IP packet inside a type 2 packet."""
    return subject.shape.ip == INNER


def outside(subject: Subject) -> bool:
    """To the client's IP packet on the first LAN."""
    return subject.shape.ip is not None and subject.shape.ip != INNER


def arp(subject: Subject) -> bool:
    """To ARP requests."""
    return subject.shape.kind == "arp"


def boundary_values(size: int) -> tuple[int, ...]:
    """Numbers at which a field of this many octets is likely to be mishandled."""
    top = 256**size
    return (0, 1, top // 2 - 1, top // 2, top - 2, top - 1)


def other_checksum(right: int, random: Random) -> int:
    """A checksum that does not verify where `right` does: neither that nor the other form of zero (RFC 1071)."""
    mistaken = random.choice((0, right ^ 0xFFFF, right >> 8 | (right & 0xFF) << 8, right + 1, right)) % 0xFFFF
    return mistaken if mistaken != right % 0xFFFF else (right + random.randrange(1, 0xFFFF)) % 0xFFFF
