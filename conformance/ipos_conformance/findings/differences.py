"""How two frames differ, field for field: a stimulus from its valid kind, an answer from the one that was expected."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ipos_conformance.findings.decoded import Field, fields_of

_LENGTH = 0.02
"""What an octet that is cut off or put behind counts, against a changed one: lengths are changed in one piece."""
_KINSHIP = 0.5
"""Share of the octets in common that may differ: a frame less like another is no changed form of it."""


class Difference(NamedTuple):
    """One field that differs.

    path    its dotted name
    offset  in the second frame, in octets
    size    in the second frame; 0 if the field is not there
    before  octets of the field in the first frame, none if it is not there
    words   what stands in the first frame, and in the second, as a person writes it
    """

    path: str
    offset: int
    size: int
    before: bytes
    words: tuple[str, str]


def differences(before: bytes, after: bytes, ether_type: int) -> tuple[Difference, ...]:
    """Every field in which ``after`` differs from ``before``, in wire order.

    Fields are matched by name (a field that grew moves those behind it) and by place (a changed type octet gives those
    behind it other names); the reading that explains the difference by fewer octets is the one that is told.
    """
    by_name = _by_name(before, after, ether_type)
    by_place = _by_place(before, after, ether_type)
    return min(by_place, by_name, key=_weight)


def nearest(frame: bytes, candidates: Iterable[bytes]) -> bytes | None:
    """The candidate that needs the least change, or None if even that one is something else altogether."""

    def change(candidate: bytes) -> float:
        return _changed(frame, candidate) + _LENGTH * abs(len(frame) - len(candidate))

    best = min(candidates, key=change, default=None)
    if best is None or _changed(frame, best) > _KINSHIP * min(len(frame), len(best)):
        return None
    return best


def _changed(one: bytes, other: bytes) -> int:
    """How many of the octets differ that both have, with the frames laid upon each other at the start or at the end.

    The better counts: what was put in, such as options, moves everything behind it.
    """
    common = min(len(one), len(other))
    at_start = _different(one[:common], other[:common])
    return at_start if len(one) == len(other) else min(at_start, _different(one[-common:], other[-common:]))


def _different(one: bytes, other: bytes) -> int:
    difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return len(one) - difference.to_bytes(len(one), "big").count(0)


def in_words(found: Sequence[Difference]) -> str:
    """All differences in one line: `header.checksum 0x1234, not 0x1235`."""
    return "; ".join(
        f"{one.path} {one.words[1] or 'missing'}, not {one.words[0]}" if one.words[0] else f"{one.path} {one.words[1]}"
        for one in found
    )


def _weight(found: Sequence[Difference]) -> int:
    return sum(max(one.size, len(one.before)) for one in found)


def _by_name(before: bytes, after: bytes, ether_type: int) -> tuple[Difference, ...]:
    old = {field.path: field for field in fields_of(before, ether_type)}
    new = {field.path: field for field in fields_of(after, ether_type)}
    found = []
    for path, field in new.items():
        counterpart = old.get(path)
        octets = b"" if counterpart is None else _of(before, counterpart)
        if octets != _of(after, field):
            text = "" if counterpart is None else counterpart.text
            found.append(Difference(path, field.offset, field.size, octets, (text, field.text)))
    gone = [field for path, field in old.items() if path not in new]
    return (*found, *_gone(gone, before, len(after)))


def _by_place(before: bytes, after: bytes, ether_type: int) -> tuple[Difference, ...]:
    """The first frame's fields as a ruler along the second."""
    ruler = [field for field in fields_of(before, ether_type) if field.size]
    names = {(field.offset, field.size): field.text for field in fields_of(after, ether_type)}
    found = []
    for field in ruler:
        octets = after[field.offset : field.offset + field.size]
        if octets and octets != _of(before, field):
            text = names.get((field.offset, len(octets)), f"0x{octets.hex()}")
            found.append(
                Difference(field.path, field.offset, len(octets), _of(before, field), (field.text, text)),
            )
    gone = [field for field in ruler if field.offset >= len(after)]
    more = after[len(before) :]
    if more:
        found.append(Difference("padding", len(before), len(more), b"", ("", f"{len(more)} octets more")))
    return (*found, *_gone(gone, before, len(after)))


def _gone(fields: Sequence[Field], before: bytes, end: int) -> tuple[Difference, ...]:
    """What the second frame lacks, in one line: where it is cut, and how much is missing."""
    if not fields:
        return ()
    octets = b"".join(_of(before, field) for field in fields)
    name = fields[0].path if len(fields) == 1 else f"{fields[0].path} to {fields[-1].path}"
    return (Difference(name, end, 0, octets, (f"{len(octets)} octets", "")),)


def _of(frame: bytes, field: Field) -> bytes:
    return frame[field.offset : field.offset + field.size]


def changed_octets(found: Difference, frame: bytes) -> tuple[int, ...]:
    """Offsets of the octets of a field that really differ, in the frame that has the difference."""
    octets = frame[found.offset : found.offset + found.size]
    pairs = enumerate(zip_longest(octets, found.before[: len(octets)]), start=found.offset)
    return tuple(offset for offset, (new, old) in pairs if new != old)
