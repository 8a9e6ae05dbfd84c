"""How a schema is written down: a record class whose fields carry their wire format.

    @record
    class UdpConnectionInformation:
        server_ip: Annotated[IPv4, Wire(Int32ub, "The address that the client talks to.", "fig 11C; CON-1")]

One line per field holds its name, type, format (hence size), documentation, source and unit. `schema` makes the
Construct struct from it, `layout` the flat list of offsets; nothing else repeats a field.
"""

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum, IntFlag
from typing import Annotated, Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

import construct

from ipos_spec.errors import EncodeError
from ipos_spec.rules import FieldRule, Same, Stage, holds

RecordT = TypeVar("RecordT")
FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def _cached(function: FunctionT) -> FunctionT:
    """functools.cache, but the type checker keeps the signature (and takes classes as hashable, which they are)."""
    return cast("FunctionT", functools.cache(function))


@dataclasses.dataclass(frozen=True, slots=True)
class Wire:
    """The wire side of one field.

    format         a Construct, or the record class of a nested structure
    documentation  what the field means, one or two sentences
    source         figure, requirement id or RFC paragraph that fixes it
    unit           of the number: octets, milliseconds, 500 ms ticks, ...; empty for plain identifiers
    rules          what the field may hold, beyond what its size allows
    names          of its numbers, or (IntFlag) of its bits
    hexadecimal    whether people write the number so
    """

    format: Any
    documentation: str
    source: str
    unit: str = ""
    rules: tuple[FieldRule, ...] = ()
    names: type[IntEnum] | type[IntFlag] | None = None
    hexadecimal: bool = False


class Field(NamedTuple):
    """One leaf of a record: dotted path, offset and size in octets, and its wire side."""

    path: str
    offset: int
    size: int
    wire: Wire


@_cached
def fields(record: type) -> tuple[tuple[str, Wire], ...]:
    """Name and wire side of each field of a record class, in wire order."""
    return tuple(
        (name, next(extra for extra in get_args(hint) if isinstance(extra, Wire)))
        for name, hint in get_type_hints(record, include_extras=True).items()
        if get_origin(hint) is Annotated
    )


@_cached
def schema(record: type) -> "construct.Struct":
    """The Construct struct of a record class; the documentation stands on its subconstructs."""
    return construct.Struct(
        *(
            construct.Renamed(  # in one step: `name / format * documentation` would put the name into paths twice
                schema(wire.format) if isinstance(wire.format, type) else wire.format,
                newname=name,
                newdocs=wire.documentation,
            )
            for name, wire in fields(record)
        )
    )


@_cached
def layout(record: type) -> tuple[Field, ...]:
    """All leaves of fixed size with their offsets; fields of variable size (they stand last) are left out."""
    leaves: list[Field] = []
    offset = 0
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            nested = layout(wire.format)
            leaves += [leaf._replace(path=f"{name}.{leaf.path}", offset=offset + leaf.offset) for leaf in nested]
            offset = leaves[-1].offset + leaves[-1].size
            continue
        try:
            size = wire.format.sizeof()
        except construct.SizeofError:
            break
        leaves.append(Field(name, offset, size, wire))
        offset += size
    return tuple(leaves)


def size_of(record: type) -> int:
    """Octets of the fixed part of a record."""
    last = layout(record)[-1]
    return last.offset + last.size


def parse(record: type[RecordT], octets: bytes) -> RecordT:
    """Read a record from octets that are at least as long as it is; what follows is left alone."""
    return _to_value(record, schema(record).parse(octets))


def build(value: object) -> bytes:
    """Write a record. Raises EncodeError naming the field whose value does not fit its format."""
    mapping = _to_mapping(value)
    try:
        return schema(type(value)).build(mapping)
    except construct.ConstructError as error:
        path = (error.path or "").removeprefix("(building)").replace(" -> ", ".").strip(" .")
        size = next(leaf.size for leaf in layout(type(value)) if leaf.path == path)
        found = operator.attrgetter(path)(value)
        raise EncodeError(path, f"{found!r} does not fit a field of {size} octets") from error


def _to_value(record: type[RecordT], parsed: Mapping[str, Any]) -> RecordT:
    return record(
        **{
            name: _to_value(wire.format, parsed[name]) if isinstance(wire.format, type) else parsed[name]
            for name, wire in fields(record)
        }
    )


def _to_mapping(value: object, path: str = "") -> dict[str, Any]:
    """The record as nested dictionaries for Construct; raises EncodeError where a field holds another type.

    Construct doesn't see to that: it writes a number where octets are due, and fails on None in its own way.
    """
    mapping: dict[str, Any] = {}
    for name, wire in fields(type(value)):
        found = getattr(value, name)
        expected = _value_types(wire.format)
        if not isinstance(found, expected):
            raise EncodeError(f"{path}{name}", f"{type(found).__name__}, expected {expected[0].__name__}")
        mapping[name] = _to_mapping(found, f"{path}{name}.") if isinstance(wire.format, type) else found
    return mapping


def _value_types(wire_format: Any) -> tuple[type, ...]:
    if isinstance(wire_format, type):
        return (wire_format,)
    return (int,) if isinstance(wire_format, construct.FormatField) else (bytes, bytearray, memoryview)


class Violation(NamedTuple):
    """A rule that a value does not keep: dotted path of the field (the first one of several), and what was found."""

    path: str
    rule: FieldRule | Same
    found: str

    def __str__(self) -> str:
        return f"{self.path} is {self.found}, expected {self.rule} ({self.rule.requirement})"


def violations(value: object, stage: Stage = Stage.PACKET, path: str = "") -> Iterator[Violation]:
    """Every rule of a stage that a record does not keep, nested records included, in wire order."""
    for name, wire in fields(type(value)):
        held = getattr(value, name)
        if isinstance(wire.format, type):
            yield from violations(held, stage, f"{path}{name}.")
            continue
        for rule in wire.rules:
            if rule.stage is stage and not holds(rule, held):
                yield Violation(f"{path}{name}", rule, str(held) if isinstance(held, int) else held.hex())
    for same in rules_of(type(value)):
        held = [getattr(value, name) for name in same.names]
        if same.stage is stage and len(set(held)) > 1:
            yield Violation(f"{path}{same.names[0]}", same, " and ".join(map(str, held)))


def rules_of(record: type) -> tuple[Same, ...]:
    """The rules of a record class that concern several of its fields."""
    return getattr(record, "RULES", ())
