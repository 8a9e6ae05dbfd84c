"""How a schema is written down: a record class whose fields carry their wire format.

    @record
    class UdpConnectionInformation:
        server_ip: Annotated[IPv4, Wire(Int32ub, "The address that the client talks to.", "fig 11C; CON-1")]

One line per field holds its name, type, format (hence size), documentation, source and unit. `schema` makes the
Construct struct from it, `layout` the flat list of offsets; nothing else repeats a field.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from enum import IntEnum, IntFlag
from typing import Annotated, Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

import construct

from ipos_spec.rules import FieldRule, Same, Stage, holds

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def cached(function: FunctionT) -> FunctionT:
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


@cached
def fields(record: type) -> tuple[tuple[str, Wire], ...]:
    """Name and wire side of each field of a record class, in wire order. Raises TypeError where a class has none."""
    declared = tuple(
        (name, next(extra for extra in get_args(hint) if isinstance(extra, Wire)))
        for name, hint in get_type_hints(record, include_extras=True).items()
        if get_origin(hint) is Annotated
    )
    if not declared:
        raise TypeError(f"{record.__name__} is no record: none of its fields has a wire format")
    return declared


@cached
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


@cached
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


class Violation(NamedTuple):
    """A rule that a value does not keep: dotted path of the field (the first one of several), and what was found."""

    path: str
    rule: FieldRule | Same
    found: str

    def __str__(self) -> str:
        return f"{self.path} is {self.found}, expected {self.rule} ({self.rule.requirement})"


def violations(value: object, stage: Stage = Stage.PACKET, path: str = "") -> Iterator[Violation]:
    """Every rule of a stage that a record does not keep, nested records included, in wire order."""
    for name, nested, rules in _restricted(type(value), stage):
        held = getattr(value, name)
        if nested:
            yield from violations(held, stage, f"{path}{name}.")
        for rule in rules:
            if not holds(rule, held):
                yield Violation(f"{path}{name}", rule, str(held) if isinstance(held, int) else held.hex())
    for same in rules_of(type(value)):
        held = [getattr(value, name) for name in same.names]
        if same.stage is stage and len(set(held)) > 1:
            yield Violation(f"{path}{same.names[0]}", same, " and ".join(map(str, held)))


@cached
def _restricted(record: type, stage: Stage) -> tuple[tuple[str, bool, tuple[FieldRule, ...]], ...]:
    """The fields that a stage has a say about: whether each is a structure of its own, and the rules about it itself.

    Of the control block's 43 fields those are few, and every connection packet is asked for its violations.
    """
    found = (
        (name, isinstance(wire.format, type), tuple(rule for rule in wire.rules if rule.stage is stage))
        for name, wire in fields(record)
    )
    return tuple((name, nested, rules) for name, nested, rules in found if nested or rules)


def nested_records(record: type) -> Iterator[type]:
    """The record classes that a record is made of, outer before inner."""
    for _, wire in fields(record):
        if isinstance(wire.format, type):
            yield wire.format
            yield from nested_records(wire.format)


def rules_of(record: type) -> tuple[Same, ...]:
    """The rules of a record class that concern several of its fields."""
    return getattr(record, "RULES", ())
