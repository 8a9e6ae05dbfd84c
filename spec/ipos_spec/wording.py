"""The description in words: what documents and commands call its records, and how they say what a field may hold."""

import re
from typing import NamedTuple

from ipos_spec.description import (
    FieldDescription,
    Kind,
    PacketDescription,
    ProtocolDescription,
    StructureDescription,
)
from ipos_spec.rules import FieldRule, OneOf, Zero

Described = StructureDescription | PacketDescription
"""What has a section, a table and a diagram of its own."""

_NAMES = {name.lower(): name for name in ("TCP", "UDP", "URL", "CPU", "IP", "Ethernet")}
"""How words are written that keep their capitals."""

_REQUIREMENT = re.compile(r"\b(?!UTF-)[A-Z]{3}-[1-9][0-9]?\b")
"""An id. UTF-8 looks like one."""


def everything(description: ProtocolDescription) -> tuple[Described, ...]:
    """All packets and structures, in the order in which they are told."""
    return *packets(description), *structures(description)


def packets(description: ProtocolDescription) -> tuple[PacketDescription, ...]:
    """Those of FIG. 11, then the extensions."""
    return *description.packets, *(extension.packet for extension in description.extensions)


def structures(description: ProtocolDescription) -> tuple[StructureDescription, ...]:
    """What packets are made of, those of FIG. 11 first."""
    of_extensions = (structure for extension in description.extensions for structure in extension.structures)
    return tuple(dict.fromkeys([*description.structures, *of_extensions]))


def heading(record: str) -> str:
    """The name of a record class as a title: `TCP connection information`."""
    words = " ".join(_NAMES.get(word, word) for word in _words(record))
    return words[0].upper() + words[1:]


def summary(described: Described) -> str:
    """What it is, in a line: its heading, figure and size."""
    record = described.record if isinstance(described, PacketDescription) else described.name
    return f"{heading(record)}. {described.title}"


def slug(described: Described) -> str:
    """The name for files, links and commands: `tcp-connection` the packet, `control-block` the structure."""
    return described.name if isinstance(described, PacketDescription) else hyphenated(described.name)


def hyphenated(record: str) -> str:
    """The slug of a structure, by the name of its record class."""
    return "-".join(_words(record))


def underscored(record: str) -> str:
    """The name of a record class where a language's identifiers have underscores: `control_block`."""
    return "_".join(_words(record))


def _words(record: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", record)]


def is_reserved(field: FieldDescription) -> bool:
    """Whether senders zero the field and receivers ignore it, padding included (TCB-3, ENC-8, ENC-9)."""
    return field.kind is Kind.PADDING or any(isinstance(rule, Zero) for rule in field.rules)


def size_text(size: int | None) -> str:
    """A size in octets with its unit."""
    return "size varies" if size is None else f"{size} octet{'' if size == 1 else 's'}"


def explained(field: FieldDescription) -> str:
    """Documentation, unit and source of a field, on one line."""
    return " ".join(f"{field.documentation} [{'; '.join(filter(None, (field.unit, field.source)))}]".split())


def number_text(field: FieldDescription, number: int) -> str:
    """A value of the field as people write it."""
    return f"0x{number:0{2 * (field.size or 1)}x}" if field.hexadecimal else str(int(number))


class Bound(NamedTuple):
    """What may stand somewhere, in words, and the id of the requirement that says so; empty for mere names."""

    text: str
    requirement: str

    def __str__(self) -> str:
        return f"{self.text} ({self.requirement})" if self.requirement else self.text


def bounds(field: FieldDescription) -> list[Bound]:
    """What the field may hold, and the names of its numbers or bits."""
    found = [Bound(_rule_text(field, rule), rule.requirement) for rule in field.rules]
    if field.names and not any(isinstance(rule, OneOf) for rule in field.rules):
        found.append(Bound(", ".join(_named(field, number) for _, number in field.names), ""))
    return found


def common_bounds(described: Described, description: ProtocolDescription) -> list[Bound]:
    """What concerns more than one field, or the client's packet inside."""
    found = [Bound(str(rule), rule.requirement) for rule in described.rules]
    for field in described.fields:
        if field.kind is Kind.IPV4_PACKET:
            found += [Bound(f"{field.path}.{rule.name}: {rule.expected}", "ENC-10") for rule in description.inner_rules]
    return found


def _rule_text(field: FieldDescription, rule: FieldRule) -> str:
    match rule:
        case OneOf(values):
            return " or ".join(_named(field, value) for value in values)
    return str(rule)


def _named(field: FieldDescription, number: int) -> str:
    """A number of the field with its name, if it has one."""
    name = next((name for name, known in field.names if known == number), "")
    return f"{number_text(field, number)} {name}".rstrip()


def cited(text: str) -> list[tuple[str, bool]]:
    """A text cut at the requirements that it names: pieces, each with whether it is a requirement's id."""
    pieces, end = [], 0
    for match in _REQUIREMENT.finditer(text):
        pieces += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [(piece, is_id) for piece, is_id in [*pieces, (text[end:], False)] if piece]
