"""The ipOS checksum: wrong, stale, over less or more than it has to cover; and octets that change under it."""

from random import Random

from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.checksum import internet_checksum

from ipos_fuzz.operators.operator import Operator, Operators, ipos, other_checksum
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import CHECKSUM, INNER, Subject


def _wrong(subject: Subject, random: Random) -> bytes:
    return subject.put(CHECKSUM, other_checksum(subject.number("header.checksum"), random).to_bytes(2, "big"))


def _bit_flip(subject: Subject, random: Random) -> bytes:
    while True:
        offset = random.randrange(HEADER, subject.covered_end)
        flipped = subject.put(offset, bytes([subject.frame[offset] ^ 1 << random.randrange(8)]))
        if subject.shape.by_path["header.type"].offset != offset and not _moves_the_end(subject, offset):
            return flipped  # a flip in the type could make another packet of it


def _stale(subject: Subject, random: Random) -> bytes:
    """A field with another value under the checksum of the old one."""
    fields = [p for p in subject.shape.ipos_fields if p.offset not in _KEPT and not _moves_the_end(subject, p.offset)]
    while True:
        place = random.choice(fields)
        old, new = subject.frame[place.offset : place.end], random.randbytes(place.size)
        if (int.from_bytes(old, "big") - int.from_bytes(new, "big")) % 0xFFFF:  # else the sum would stay the same
            return subject.put(place.offset, new)


_KEPT = (CHECKSUM, CHECKSUM - 2, CHECKSUM - 1)
"""The checksum itself, and type and protocol, since another packet's checksum covers something else."""


def _moves_the_end(subject: Subject, offset: int) -> bool:
    """Whether an octet says how far the checksum of an advertisement reaches."""
    place = subject.shape.by_path.get("table_header.records_length")
    return place is not None and place.offset <= offset < place.end


def _partial(subject: Subject, random: Random) -> bytes:
    """Over the header alone, or over the frame to its end: what a sender sums who has read ENC-6 too fast."""
    ends = [INNER, len(subject.frame)]
    starts = [HEADER, 0]
    right = subject.number("header.checksum")
    for _ in range(4):
        start, end = random.choice(starts), random.choice(ends)
        octets = subject.frame[start:CHECKSUM] + bytes(2) + subject.frame[INNER:end]
        checksum = internet_checksum(octets)
        if checksum % 0xFFFF != right % 0xFFFF:
            return subject.put(CHECKSUM, checksum.to_bytes(2, "big"))
    return _wrong(subject, random)


def _other_zero(subject: Subject, _random: Random) -> bytes:
    """A packet whose checksum is zero, in the form that a sender never sends, and that verifies (RFC 1071)."""
    place = subject.shape.by_path["header.source_port"]
    covered = subject.put(place.offset, bytes(2))[HEADER : subject.covered_end]
    blank = covered[: CHECKSUM - HEADER] + bytes(2) + covered[INNER - HEADER :]
    port = internet_checksum(blank)  # fills the sum up to -0
    frame = subject.put(place.offset, port.to_bytes(2, "big"))
    return frame[:CHECKSUM] + b"\xff\xff" + frame[INNER:]


def _covers_itself(subject: Subject) -> bool:
    """An acknowledgement's checksum depends on what it acknowledges, and an advertisement's source port is zero."""
    return ipos(subject) and "connection.server_ip" in subject.shape.by_path


def _not_an_advertisement(subject: Subject) -> bool:
    return ipos(subject) and subject.shape.record is not TableAdvertisement


IPOS_CHECKSUM: Operators = {
    "wrong-checksum": Operator("ENC-7", True, ipos, _wrong),
    "stale-checksum": Operator("ENC-7", True, ipos, _stale),
    "partial-checksum": Operator("ENC-6", True, _not_an_advertisement, _partial),
    "other-zero-checksum": Operator("ENC-6", False, _covers_itself, _other_zero),
    "bit-flip": Operator("ENC-7", True, ipos, _bit_flip),
}
