"""Records read and written by functions that are generated from their schemas, around `struct`.

`struct_source` writes them; `ipos-spec codec` prints them. Construct (`interpreted`) stays the oracle: a property test
holds the two equal, and what a generated function can't write is handed to it, to say which field is wrong.
"""

import linecache
import struct
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from ipos_spec import interpreted
from ipos_spec.fields import cached, nested_records
from ipos_spec.record import maker
from ipos_spec.struct_source import source

RecordT = TypeVar("RecordT")
RecordT_co = TypeVar("RecordT_co", covariant=True)


class Parser(Protocol[RecordT_co]):
    """What reads a record."""

    def __call__(self, octets: bytes, offset: int = 0, /) -> RecordT_co:
        """Read a structure at an offset of octets that are long enough; a packet of its whole frame, without offset."""


def parse(record: type[RecordT], octets: bytes, offset: int = 0) -> RecordT:
    """Read a structure from octets, at an offset; they have to be long enough, what follows is left alone."""
    return parser(record)(octets, offset)


def build(value: object) -> bytes:
    """Write a record. Raises EncodeError naming the field whose value does not fit its format."""
    return builder(type(value))(value)


def parser(record: type[RecordT]) -> Parser[RecordT]:
    """The function that reads a record class."""
    return cast("Parser[RecordT]", _compiled(record)["parse"])


def builder(record: type[RecordT]) -> Callable[[RecordT], bytes]:
    """The function that writes a record class."""
    return cast("Callable[[RecordT], bytes]", _compiled(record)["build"])


@cached
def _compiled(record: type) -> dict[str, Any]:
    text = source(record)
    records = (record, *nested_records(record))
    name = f"<generated for {record.__name__}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # so that a traceback shows it
    namespace: dict[str, Any] = {
        "Struct": struct.Struct,
        "StructError": struct.error,
        "explain": interpreted.build,
        **{known.__name__: known for known in records},
        **{f"new_{known.__name__}": maker(known) for known in records},
    }
    exec(compile(text, name, "exec"), namespace)  # noqa: S102 - source of our own, made from schemas of our own
    return namespace
