"""What a vector is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ipos_spec.vectors.flags import Flag

Value = int | bytes
"""What a field holds: an unsigned number, or octets."""

Values = Mapping[str, Value]
"""The fields of a packet by their dotted path."""


def plain(value: Value) -> int | str:
    """As JSON has it: a number, or octets in lowercase hexadecimal."""
    return value.hex() if isinstance(value, bytes) else value


class Result(StrEnum):
    """What a reader of single frames has to make of one."""

    VALID = "valid"
    """It reads as its packet, with these fields."""

    INVALID = "invalid"
    """It can't be read as its packet: the reader has to refuse it."""

    ACCEPTABLE = "acceptable"
    """It reads as its packet, with these fields, and a router discards it all the same: the reader may do either."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Why a router discards a frame: requirement, dotted path of the field that shows it, its offset in the frame."""

    requirement: str
    path: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A frame and what is to be made of it.

    slug          stable name, the packet's name first
    number        its place among all vectors, from 1; not stable
    group         what kind of question it asks, such as "field values"
    packet        name of the packet that it is, or that it was made from
    comment       what is special about it, in a sentence
    frame         Ethernet frame without frame check sequence, at least one octet
    flags         which bugs it finds
    about         dotted paths of the fields that it is about
    values        what was put into the fields; empty if the frame was not made of fields, as one that is cut
    discard       why a router discards it; None if the result is valid
    acknowledges  of an acknowledgement: the connection packet whose acknowledgement it is or claims to be (ENC-6)
    """

    slug: str
    group: str
    packet: str
    comment: str
    frame: bytes
    result: Result
    flags: tuple[Flag, ...]
    about: tuple[str, ...]
    values: Values
    discard: Discard | None = None
    acknowledges: bytes | None = None
    number: int = 0

    @property
    def is_readable(self) -> bool:
        """Whether a reader may give its fields."""
        return self.result is not Result.INVALID
