"""How a field comes into C: as octets on the wire, as a value in host order, and between the two."""

from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.description import FieldDescription, Kind, PacketDescription, Part, StructureDescription
from ipos_spec.export.c_header.names import comment, constant, record_tag, tag
from ipos_spec.rules import Within
from ipos_spec.wording import Described, explained

_NUMBERS = (Kind.UNSIGNED, Kind.IPV4)


class Member(NamedTuple):
    """One member of a structure or packet.

    wire, host     declarations in the two structs; a span has no place in the first
    parse, build   statements between `wire` and `value`
    """

    name: str
    offset: int
    comment: str
    wire: str
    host: str
    parse: str
    build: str


def members(described: Described) -> list[Member]:
    """Those of fixed size at the top of a structure or packet, in wire order."""
    leaves = [_leaf(field) for field in described.fields if not field.group and field.size is not None]
    nested = [_nested(part) for part in described.parts if "." not in part.path]
    return sorted((*leaves, *nested), key=lambda member: member.offset)


def spans(packet: PacketDescription) -> list[FieldDescription]:
    """The fields whose length only the frame tells."""
    return [field for field in packet.fields if field.size is None]


def enumeration(structure: StructureDescription, field: FieldDescription) -> str:
    """Names of a field's numbers or bits."""
    digits = 2 * (field.size or 0)
    where = tag(structure)
    values = [f"    {constant(where, field.name, name)} = 0x{number:0{digits}x}" for name, number in field.names]
    return "\n".join(
        (
            comment(f"{'Bits' if field.flags else 'Values'} of {field.name}: {field.documentation}"),
            f"enum {where}_{field.name} {{",
            ",\n".join(values),
            "};",
        )
    )


def limits(structure: StructureDescription) -> Iterator[str]:
    """What a field's number may be at least and at most."""
    for field in structure.fields:
        for rule in field.rules:
            if isinstance(rule, Within) and not field.group:
                name = constant(tag(structure), field.name)
                yield f"#define {name}_MINIMUM {rule.low}u /* {rule.requirement} */"
                yield f"#define {name}_MAXIMUM {rule.high}u /* {rule.requirement} */"


def field_list(packet: PacketDescription) -> str:
    """The packet's fields as a macro that applies others to them, by what they are."""
    entries = " \\\n    ".join(f"{_LISTED.get(field.kind, 'SPAN')}({field.path})" for field in packet.fields)
    return f"#define {constant(tag(packet), 'fields')}(NUMBER, OCTETS, SPAN) \\\n    {entries}"


_LISTED = {Kind.UNSIGNED: "NUMBER", Kind.IPV4: "NUMBER", Kind.MAC: "OCTETS", Kind.OCTETS: "OCTETS"}


def _leaf(field: FieldDescription) -> Member:
    name, size = field.name, field.size or 0
    if field.kind in _NUMBERS:
        number = f"uint{_bits(size)}_t"
        host = f"{number} {name}"
        parse = f"value->{name} = ({number})ipos_load(wire->{name}, {size});"
        build = f"ipos_store(wire->{name}, {size}, value->{name});"
    else:
        host = f"uint8_t {name}[{size}]"
        parse = f"memcpy(value->{name}, wire->{name}, {size});"
        build = f"memcpy(wire->{name}, value->{name}, {size});"
    return Member(name, field.offset, comment(explained(field), 4), f"uint8_t {name}[{size}]", host, parse, build)


def _nested(part: Part) -> Member:
    inner, name = record_tag(part.structure), part.path
    return Member(
        name=name,
        offset=part.offset,
        comment=comment(part.documentation, 4),
        wire=f"struct {inner}_wire {name}",
        host=f"struct {inner} {name}",
        parse=f"{inner}_parse(&value->{name}, &wire->{name});",
        build=f"{inner}_build(&wire->{name}, &value->{name});",
    )


def _bits(size: int) -> int:
    """Of the smallest unsigned type that holds so many octets."""
    return next(bits for bits in (8, 16, 32, 64) if bits >= size * 8)
