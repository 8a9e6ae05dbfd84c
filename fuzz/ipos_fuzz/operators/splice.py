"""Parts of two packets in one frame."""

from random import Random

from ipos_fuzz.operators.operator import Operator, Operators, ipos
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import INNER, Subject


def _other(subject: Subject, random: Random) -> bytes:
    return random.choice(subject.shape.others)


def _splice(subject: Subject, random: Random) -> bytes:
    """The start of this one and the end of another, cut at the same octet, the checksum as it comes."""
    other = _other(subject, random)
    cut = random.randrange(HEADER, min(len(other), subject.meant_length))
    return subject.frame[:cut] + other[cut:]


def _foreign_body(subject: Subject, random: Random) -> bytes:
    """This one's header in front of another's body; right, if this one's checksum covers nothing but the header."""
    return subject.frame[:INNER] + _other(subject, random)[INNER:]


def _foreign_octets(subject: Subject, random: Random) -> bytes:
    """Some octets out of another one in the midst of this one, the ipOS checksum carried along."""
    other = _other(subject, random)
    start = random.randrange(HEADER, min(len(other), subject.meant_length))
    size = random.randrange(1, 17)
    octets = other[start : min(start + size, subject.meant_length)]
    return subject.put_repaired(start, octets)


def _two_in_one(subject: Subject, random: Random) -> bytes:
    """Another packet behind this one, where padding would be (ENC-8: it is ignored)."""
    return subject.frame[: subject.meant_length] + _other(subject, random)[HEADER:]


def _spliced(subject: Subject) -> bool:
    return ipos(subject) and bool(subject.shape.others)


SPLICE: Operators = {
    "splice": Operator("ENC-7", False, _spliced, _splice),
    "foreign-body": Operator("ENC-7", False, _spliced, _foreign_body),
    "foreign-octets": Operator("ENC-1", False, _spliced, _foreign_octets),
    "two-in-one": Operator("ENC-8", False, _spliced, _two_in_one),
}
