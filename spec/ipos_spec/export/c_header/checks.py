"""Rules as C conditions."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from ipos_spec.description import FieldDescription, InnerRule, Part
from ipos_spec.export.c_header.names import harmless, record_tag, refused
from ipos_spec.rules import FieldRule, Individual, OneOf, Stage, Unicast, Within, Zero
from ipos_spec.wording import Described

_OF_FIXED_PART = MappingProxyType(
    {
        "version": "octets[0] >> 4 == 4",
        "ihl": "header_length >= 20",
        "total_length": "total_length >= header_length + transport_header",
        "fragment_offset": "(ipos_load(octets + 6, 2) & 0x3fff) == 0",
        "protocol": "octets[9] == iana",
    }
)
_OF_WHOLE_PACKET = MappingProxyType(
    {
        "header_checksum": "ipos_verifies(octets, header_length)",
        "source_ip": "ipos_load(octets + 12, 4) == header->source_ip",
        "source_port": "ipos_load(octets + header_length, 2) == header->source_port",
    }
)
"""The inner rules by name: those about the 20 octets that are surely there, and the others."""


def inner_checks(rules: Iterable[InnerRule]) -> dict[str, str]:
    """Statements of `ipos_check_inner`. Raises KeyError for a rule that is not said in C."""
    known = _OF_FIXED_PART | _OF_WHOLE_PACKET
    statements = {
        rule.name: _refuse_unless(known[rule.name], "ENC-10", f"{rule.name}: {rule.expected}") for rule in rules
    }
    return {
        "fixed_part": "\n".join(text for name, text in statements.items() if name in _OF_FIXED_PART),
        "whole_packet": "\n".join(text for name, text in statements.items() if name in _OF_WHOLE_PACKET),
    }


def checks(described: Described) -> str:
    """Statements that hold a value against the rules that it alone can violate, in wire order."""
    own: list[FieldDescription | Part] = [field for field in described.fields if not field.group]
    own += [part for part in described.parts if "." not in part.path]
    own.sort(key=lambda member: member.offset)
    statements = ["    enum ipos_refusal refusal;"] if described.parts else []
    statements += [statement for member in own for statement in _of_member(member)]
    statements += [
        _refuse_unless(
            " && ".join(f"value->{same.names[0]} == value->{other}" for other in same.names[1:]),
            same.requirement,
            str(same),
        )
        for same in described.rules
        if same.stage is Stage.PACKET and not any("." in name for name in same.names)
    ]
    return "\n".join(statements)


def _of_member(member: FieldDescription | Part) -> Iterator[str]:
    if isinstance(member, Part):
        yield f"    refusal = {record_tag(member.structure)}_check(&value->{member.path});"
        yield "    if (refusal != IPOS_ACCEPTED) {\n        return refusal;\n    }"
        return
    for rule in member.rules:
        condition = _condition(rule, f"value->{member.name}", member.size or 0)
        if rule.stage is Stage.PACKET and condition:
            yield _refuse_unless(condition, rule.requirement, f"{member.name}: {rule}")


def _refuse_unless(condition: str, slug: str, expected: str) -> str:
    return f"    /* {harmless(expected)} */\n    if (!({condition})) {{\n        return {refused(slug)};\n    }}"


def _condition(rule: FieldRule, value: str, size: int) -> str:
    """What holds if the rule does; empty if it can't be violated."""
    match rule:
        case Within(low, high):
            return _within(value, low, high, 256**size - 1)
        case OneOf(values):
            return " || ".join(f"{value} == {number:d}u" for number in values)
        case Unicast():
            return f"ipos_is_unicast({value})"
        case Individual():
            return f"({value}[0] & 1) == 0"
        case Zero():
            return f"{value} == 0"
    raise TypeError(f"{rule!r} is not said in C")


def _within(value: str, low: int, high: int, largest: int) -> str:
    """Compilers warn of comparisons that are always true."""
    if low == high:
        return f"{value} == {low}u"
    conditions = [f"{value} >= {low}u"] if low else []
    conditions += [f"{value} <= {high}u"] if high < largest else []
    return " && ".join(conditions)
