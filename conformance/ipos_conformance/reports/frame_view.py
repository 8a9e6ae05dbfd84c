"""A frame as a report shows it: its octets in groups, its fields, and in both what is not as usual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ipos_conformance.findings.decoded import fields_of
from ipos_conformance.findings.evidence import Change

_GROUP = 8
"""Octets side by side: as many as fit on the narrowest screen."""
_MOST = 512
"""Octets shown; a longer frame is whole in the capture."""


@dataclass(frozen=True)
class Octet:
    """One octet. field: the name of the field that it belongs to."""

    text: str
    field: str
    changed: bool


@dataclass(frozen=True)
class Group:
    """Octets side by side, and the offset of the first."""

    offset: str
    octets: tuple[Octet, ...]


@dataclass(frozen=True)
class FieldRow:
    """One field. usual: what stands there in the valid or expected frame, if that is something else."""

    path: str
    offset: int
    size: int
    text: str
    meaning: str
    changed: bool
    usual: str
    wrong: bool


@dataclass(frozen=True)
class FrameView:
    """A whole frame. missing: what the other frame has beyond its end; rest: how many octets are not shown."""

    groups: tuple[Group, ...]
    rows: tuple[FieldRow, ...]
    missing: tuple[Change, ...]
    rest: int


def frame_view(octets: bytes, changes: Sequence[Change], ether_type: int) -> FrameView:
    """A frame with its changes marked."""
    fields = fields_of(octets, ether_type)
    changed = set(changed_offsets(octets, changes))
    by_place = {(change.offset, change.size): change for change in changes if change.size}
    names = {at: field.path for field in fields for at in range(field.offset, field.offset + field.size)}
    rows = tuple(
        FieldRow(
            field.path,
            field.offset,
            field.size,
            field.text,
            field.meaning,
            changed=bool(changed & set(range(field.offset, field.offset + field.size))),
            usual=_usual(by_place, field.offset, field.size),
            wrong=field.wrong,
        )
        for field in fields
        if field.size
    )
    return FrameView(
        _groups(octets[:_MOST], changed, names),
        rows,
        tuple(change for change in changes if not change.size),
        max(len(octets) - _MOST, 0),
    )


def changed_offsets(octets: bytes, changes: Iterable[Change]) -> Iterable[int]:
    """Offsets of the octets that really differ, which may be fewer than those of their fields."""
    for change in changes:
        usual = bytes.fromhex(change.usual_octets)
        for number, octet in enumerate(octets[change.offset : change.offset + change.size]):
            if number >= len(usual) or usual[number] != octet:
                yield change.offset + number


def _usual(by_place: Mapping[tuple[int, int], Change], offset: int, size: int) -> str:
    change = by_place.get((offset, size))
    return "" if change is None else change.usual or "nothing"


def _groups(octets: bytes, changed: set[int], names: Mapping[int, str]) -> tuple[Group, ...]:
    return tuple(
        Group(
            f"{begin:04x}",
            tuple(
                Octet(f"{octet:02x}", names.get(at, ""), at in changed)
                for at, octet in enumerate(octets[begin : begin + _GROUP], start=begin)
            ),
        )
        for begin in range(0, len(octets), _GROUP)
    )
