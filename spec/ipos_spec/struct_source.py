"""Python source that reads and writes a record around `struct`: what a person would write by hand from its schema.

A record has first fields of its own, then nested records, then what varies in size (a client's IP packet, padding);
all of FIG. 11 is made so.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import construct

from ipos_spec.fields import Wire, fields, size_of
from ipos_spec.inner_packet import Ipv4Packet

_LINE = "\n"


class _Layer(NamedTuple):
    """A record and where it stands in the outermost one.

    name    of the variable that holds it in the generated functions
    getter  expression of that variable's value
    offset  in octets
    leaves  fields of its own, of fixed size
    layers  the records that it holds
    tail    fields of variable size
    """

    record: type
    name: str
    getter: str
    offset: int
    leaves: tuple[tuple[str, Wire], ...]
    layers: tuple["_Layer", ...]
    tail: tuple[tuple[str, Wire], ...]

    def all(self) -> Iterator["_Layer"]:
        """This one and all inside, in wire order."""
        yield self
        for layer in self.layers:
            yield from layer.all()


def source(record: type) -> str:
    """The functions `parse` and `build` of a record class.

    parse(octets, offset=0)   of a structure; `parse(octets)` of a packet, whose octets are the whole frame
    build(value)

    They use these names: Struct, StructError, explain (writes a record in another way, or says what is wrong with it),
    the record classes, and for each of them `new_` and its name (makes a record of its values in order).
    """
    layer = _layer(record, "value", "", 0)
    return f"{_structs(layer)}\n\n{_parse(layer)}\n\n{_build(layer)}"


def _layer(record: type, name: str, getter: str, offset: int) -> _Layer:
    declared = fields(record)
    leaves = tuple((field, wire) for field, wire in declared if _code(wire))
    records = [(field, wire.format) for field, wire in declared if isinstance(wire.format, type)]
    tail = tuple(declared[len(leaves) + len(records) :])
    if [field for field, _ in (*leaves, *records, *tail)] != [field for field, _ in declared]:
        raise TypeError(f"{record.__name__}: the order of its fields is not own ones, records, what varies in size")
    inside = offset + sum(wire.format.sizeof() for _, wire in leaves)
    offsets = accumulate((size_of(nested) for _, nested in records), initial=inside)
    layers = tuple(
        _layer(nested, field, f"{name}.{field}", at) for (field, nested), at in zip(records, offsets, strict=False)
    )
    return _Layer(record, name, getter, offset, leaves, layers, tail)


def _code(wire: Wire) -> str:
    """What `struct` calls the format of a field; empty for records and for what varies in size."""
    if isinstance(wire.format, construct.FormatField):
        return str(wire.format.fmtstr).removeprefix(">")
    return f"{wire.format.length}s" if isinstance(wire.format, construct.Bytes) else ""


def _structs(outer: _Layer) -> str:
    """The formats, one character a line beside the field that it stands for."""
    return "\n".join(
        f"""\
unpack_{layer.name} = Struct(  # {layer.record.__name__}
    ">"  # network byte order (ENC-1)
{_LINE.join(_format_line(name, wire, offset) for name, wire, offset in _with_offsets(layer))}
).unpack_from
"""
        for layer in outer.all()
        if layer.leaves
    )


def _with_offsets(layer: _Layer) -> Iterator[tuple[str, Wire, int]]:
    offset = layer.offset
    for name, wire in layer.leaves:
        yield name, wire, offset
        offset += wire.format.sizeof()


def _format_line(name: str, wire: Wire, offset: int) -> str:
    code = f'"{_code(wire)}"'
    return f"    {code:<4}  # {offset:>3} {name}: {wire.documentation}"


def _parse(outer: _Layer) -> str:
    parameters, place = ("octets", "{}") if outer.tail else ("octets, offset=0", "offset + {}")
    return f"""\
def parse({parameters}):
    return {_value(outer, place, 1)}
"""


def _value(layer: _Layer, place: str, depth: int) -> str:
    """The expression that makes a record of octets; `place` is how an offset is written."""
    octets = f"unpack_{layer.name}(octets, {place.format(layer.offset).removesuffix(' + 0')})"
    if not layer.layers and not layer.tail:
        return f"new_{layer.record.__name__}({octets})"
    items = [
        *([f"*{octets}"] if layer.leaves else []),
        *(_value(nested, place, depth + 1) for nested in layer.layers),
        *_tail(layer),
    ]
    indent = "    " * (depth + 1)
    inside = "".join(f"{indent}{item},\n" for item in items)
    return f"new_{layer.record.__name__}((\n{inside}{'    ' * depth}))"


def _tail(layer: _Layer) -> list[str]:
    """The octets of variable size. A client's IP packet ends where its own total length says (RFC 791 3.1)."""
    start = size_of(layer.record)
    formats = [wire.format for _, wire in layer.tail]
    if formats and isinstance(formats[0], Ipv4Packet):
        end = f"{start} + (octets[{start + 2}] << 8 | octets[{start + 3}])"
        return [f"octets[{start} : {end}]", f"octets[{end} :]"]
    return [f"octets[{start}:]" for _ in formats]


def _build(outer: _Layer) -> str:
    inner = [layer for layer in outer.all() if layer is not outer]
    variables = "".join(f"        {layer.name} = {layer.getter}\n" for layer in inner)
    numbers = ", ".join(_numbers(layer) for layer in outer.all() if layer.leaves)
    codes = "".join(_code(wire) for layer in outer.all() for _, wire in layer.leaves)
    octets = " + ".join([f"pack({numbers})", *(f"{outer.name}.{name}" for name, _ in outer.tail)])
    return f"""\
pack = Struct(">{codes}").pack


def build({outer.name}):
    try:
{variables}        if {_conditions(outer, inner)}:
            return {octets}
    except (AttributeError, StructError, TypeError):
        pass
    return explain({outer.name})
"""


def _conditions(outer: _Layer, inner: list[_Layer]) -> str:
    """What `pack` does not see to: it fills up octets that are too few, cuts others, and takes any sequence."""
    conditions = [
        *(f"type({layer.name}) is {layer.record.__name__}" for layer in inner),
        *(
            f"type({layer.name}.{name}) is bytes and len({layer.name}.{name}) == {wire.format.length}"
            for layer in outer.all()
            for name, wire in layer.leaves
            if isinstance(wire.format, construct.Bytes)
        ),
        *(f"type({outer.name}.{name}) is bytes" for name, _ in outer.tail),
    ]
    return "\n            and ".join(conditions).join(("(\n            ", "\n        )")) if conditions else "True"


def _numbers(layer: _Layer) -> str:
    """The arguments of `pack` for a record: all that it holds, or the fields of its own that stand before records."""
    return f"*{layer.name}[:{len(layer.leaves)}]" if layer.layers or layer.tail else f"*{layer.name}"
