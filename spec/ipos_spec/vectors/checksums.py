"""Checksums that are wrong in the ways in which they usually are, and right ones that look odd (ENC-6, ENC-7).

A packet's own checksum decides whether it can be read. That of an acknowledgement covers what it acknowledges, so a
reader of single frames may pass it on.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.checksum import internet_checksum
from ipos_spec.description import ProtocolDescription
from ipos_spec.vectors.draft import CHECKSUM, SOURCE_IP, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.making import Outcome, Point, vector
from ipos_spec.vectors.values import Discard, Result, Vector

GROUP = "checksums"

_OLD_CHECKSUM = 0x1234
_PADDING = bytes.fromhex("0102030405")


class _Wrong(NamedTuple):
    slug: str
    comment: str
    flag: Flag
    checksum: int


def wrong_checksums(protocol: ProtocolDescription) -> Iterator[Vector]:
    """The frame of each packet with checksums that another sum gives."""
    for packet in protocol.packets:
        draft = Draft.example(protocol, packet).put({"padding": _PADDING})
        for wrong in (*_altered(draft.checksum()), *_covering_too_little(draft), *_covering_too_much(draft)):
            yield _refuted(draft, wrong)


def unusual_checksums(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Right checksums: both zeros of ones' complement, and a sum whose carry carries."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        zero = _summing_to_minus_zero(example)
        comment = "The sum is -0, so a sender's checksum is 0x0000: it is not left out."
        yield vector(zero, Point(GROUP, "checksum-plus-zero", comment, (Flag.CHECKSUM_ZERO,), (CHECKSUM,)))
        comment = "0xffff where a sender's sum gives 0x0000: it verifies by summing (RFC 1071)."
        minus_zero = zero.put({CHECKSUM: 0xFFFF})
        yield vector(minus_zero, Point(GROUP, "checksum-minus-zero", comment, (Flag.CHECKSUM_ZERO,), (CHECKSUM,)))
        comment = "Adding the carries back to the sum carries once more."
        carrying = _carrying_twice(example)
        yield vector(carrying, Point(GROUP, "checksum-carries-twice", comment, (Flag.CHECKSUM_CARRY,), (CHECKSUM,)))


def _altered(right: int) -> Iterator[_Wrong]:
    yield _Wrong("one-more", "The checksum is one too high.", Flag.CHECKSUM_IGNORED, right + 1)
    yield _Wrong("one-less", "The checksum is one too low.", Flag.CHECKSUM_IGNORED, right - 1)
    yield _Wrong("high-octet", "The checksum's first octet is wrong.", Flag.CHECKSUM_IGNORED, right ^ 0x0100)
    yield _Wrong("inverted", "The sum, not its complement.", Flag.CHECKSUM_NOT_COMPLEMENTED, right ^ 0xFFFF)
    yield _Wrong("zero", "No checksum at all.", Flag.CHECKSUM_MISSING, 0)
    yield _Wrong("ffff", "0xffff, which UDP has instead of zero.", Flag.CHECKSUM_MISSING, 0xFFFF)
    swapped = int.from_bytes(right.to_bytes(2, "big"), "little")
    yield _Wrong("byte-swapped", "The checksum's octets are exchanged.", Flag.CHECKSUM_BYTE_ORDER, swapped)
    comment = "The sum was made with a checksum in the field, of an earlier try."
    yield _Wrong("of-old-checksum", comment, Flag.CHECKSUM_FIELD_INCLUDED, (right - _OLD_CHECKSUM) % 0xFFFF)


def _covering_too_little(draft: Draft) -> Iterator[_Wrong]:
    covered = draft.covered()
    header = draft.field(CHECKSUM).offset + 2 - draft.field(SOURCE_IP).offset
    flag = Flag.CHECKSUM_TOO_LITTLE
    if len(covered) > header:
        comment = "The checksum covers the header only."
        yield _Wrong("header-only", comment, flag, internet_checksum(covered[:header]))
        comment = "The checksum covers the connection information only."
        yield _Wrong("without-header", comment, flag, internet_checksum(covered[header:]))
    last = len(covered) if len(covered) > header else header - 2  # a header ends with the checksum itself
    comment = "The checksum leaves out the last two octets that it should cover."
    yield _Wrong("without-the-last", comment, flag, internet_checksum(covered[: last - 2]))


def _covering_too_much(draft: Draft) -> Iterator[_Wrong]:
    covered, frame, start = draft.covered(), draft.frame(), draft.field(SOURCE_IP).offset
    flag = Flag.CHECKSUM_TOO_MUCH
    comment = "The checksum covers the Ethernet header too."
    yield _Wrong("ethernet-too", comment, flag, internet_checksum(frame[:start] + covered))
    comment = "The checksum covers the padding too."
    yield _Wrong("padding-too", comment, flag, internet_checksum(covered + _PADDING))
    if draft.packet.carries_client_packet:
        comment = "The checksum covers the client's packet too."
        yield _Wrong("client-packet-too", comment, flag, internet_checksum(covered + draft.octets_in("inner")))


def _refuted(draft: Draft, wrong: _Wrong) -> Vector:
    alone = draft.packet.covered is not None
    flags = (wrong.flag,) if alone else (Flag.ACKNOWLEDGEMENT_CHECKSUM, wrong.flag)
    point = Point(GROUP, f"checksum-{wrong.slug}", wrong.comment, flags, (CHECKSUM,))
    discard = Discard("ENC-7", CHECKSUM, draft.field(CHECKSUM).offset)
    outcome = Outcome(Result.INVALID if alone else Result.ACCEPTABLE, discard)
    return vector(draft.put({CHECKSUM: wrong.checksum}), point, outcome)


def _summing_to_minus_zero(example: Draft) -> Draft:
    """Of another client, such that all words of the sum, without the checksum, give 0xffff."""
    return _of_client(example, (example[SOURCE_IP] % 0x10000 + example.checksum()) % 0xFFFF)


def _carrying_twice(example: Draft) -> Draft:
    """Of another client, such that the words add up to 0x...ffff: adding the carries to 0xffff carries again."""
    octets = example.covered()
    total = sum(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))
    return _of_client(example, (example[SOURCE_IP] + 0xFFFF - total) % 0x10000)


def _of_client(example: Draft, low_half: int) -> Draft:
    high_half = example[SOURCE_IP] - example[SOURCE_IP] % 0x10000
    return example.put({SOURCE_IP: high_half + low_half}).sealed()
