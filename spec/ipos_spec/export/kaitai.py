"""A Kaitai Struct description: parsers in some ten languages, and a browser of octets, come from it.

What a frame violates by itself is refused, as far as the language can say it: lengths, numbers, and all that ENC-10
asks of the client's packet but its checksum. It can't sum, so it takes wrong checksums. What only a router refuses
stands in the documentation of the field.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from ipos_spec.description import (
    FieldDescription,
    Kind,
    PacketDescription,
    Part,
    ProtocolDescription,
    StructureDescription,
    Transport,
)
from ipos_spec.export.banner import banner
from ipos_spec.export.yaml_text import yaml_text
from ipos_spec.rules import OneOf, Stage
from ipos_spec.wording import underscored

Node = dict[str | int, Any]
"""A mapping of the document."""

_COMMON = ("ethernet", "header")
"""The parts that every packet begins with; they stand at the top, since the others depend on them."""


def kaitai(description: ProtocolDescription) -> str:
    """Render `ipos.ksy`."""
    packets = description.packets
    document: Node = {
        "meta": {"id": "ipos", "title": "ipOS frame", "endian": "be"},
        "doc": (
            "One Ethernet frame of ipOS, without frame check sequence (FIG. 11). What a frame violates by itself is "
            "refused, but for checksums: they are read, not verified (ENC-7). Rules in the documentation of a field "
            "that are not refused here are a router's to enforce."
        ),
        "seq": [
            *(_part(part) for part in packets[0].parts if part.path in _COMMON),
            {
                "id": "body",
                "doc": "What follows, by type and protocol.",
                "type": {
                    "switch-on": "header.type.to_i << 8 | header.protocol.to_i",
                    "cases": {
                        packet.type << 8 | protocol: underscored(packet.record)
                        for packet in packets
                        for protocol in packet.protocols
                    },
                },
            },
        ],
        "types": {
            **{underscored(structure.name): _structure(structure) for structure in description.structures},
            **{underscored(packet.record): _body(packet) for packet in packets},
            "client_packet": _client_packet(description),
        },
        "enums": {
            _enum(structure, field): {number: name.lower() for name, number in field.names}
            for structure in description.structures
            for field in structure.fields
            if field.names and not field.flags and not field.group
        },
    }
    return f"# {banner('kaitai')}\n{yaml_text(document)}"


def _structure(structure: StructureDescription) -> Node:
    own = [(field.offset, _field(structure, field)) for field in structure.fields if not field.group]
    nested = [(part.offset, _part(part)) for part in _top(structure.parts)]
    node: Node = {"doc": structure.title, "seq": [member for _, member in sorted((*own, *nested), key=itemgetter(0))]}
    bits = {
        f"{field.name}_{name.lower()}": {"value": f"({field.name} & {number}) != 0"}
        for field in structure.fields
        if field.flags and not field.group
        for name, number in field.names
    }
    return node | ({"instances": bits} if bits else {})


def _body(packet: PacketDescription) -> Node:
    """The packet without its headers."""
    seq = [_part(part) for part in _top(packet.parts) if part.path not in _COMMON]
    seq += [_variable(field) for field in packet.fields if field.size is None]
    node: Node = {"doc": packet.title, "seq": seq}
    if packet.carries_client_packet:
        node["instances"] = {"inner_length": {"doc": "Total length (RFC 791).", "pos": packet.size + 2, "type": "u2"}}
    return node


def _top(parts: Iterable[Part]) -> list[Part]:
    """Those that do not stand within another."""
    return [part for part in parts if "." not in part.path]


def _part(part: Part) -> Node:
    return {"id": part.path, "type": underscored(part.structure), "doc": part.documentation}


def _field(structure: StructureDescription, field: FieldDescription) -> Node:
    is_number = field.kind in (Kind.UNSIGNED, Kind.IPV4)
    node: Node = {"id": field.name, **({"type": f"u{field.size}"} if is_number else {"size": field.size})}
    if field.names and not field.flags:
        node["enum"] = _enum(structure, field)
    node |= _documented(field)
    for rule in field.rules:
        if rule.stage is Stage.FRAME and isinstance(rule, OneOf):
            node["valid"] = {"any-of": [_number(structure, field, value) for value in rule.values]}
    return node


def _variable(field: FieldDescription) -> Node:
    content: Node = {"size-eos": True}
    if field.kind is Kind.IPV4_PACKET:
        content = {"size": "inner_length", "type": "client_packet"}
    return {"id": field.path, **content, **_documented(field)}


def _client_packet(description: ProtocolDescription) -> Node:
    """The head of an IP packet as far as ENC-10 asks for it; its size is its total length."""
    expected = {rule.name: f"ENC-10: {rule.expected}." for rule in description.inner_rules}
    iana = _by_transport(description.transports, "iana")
    transport_header = _by_transport(description.transports, "header")
    return {
        "doc": "The client's IP packet (RFC 791) up to the ports of its transport.",
        "seq": [
            {"id": "version", "type": "b4", "valid": 4, "doc": expected["version"]},
            {"id": "ihl", "type": "b4", "valid": {"min": 5}, "doc": expected["ihl"]},
            {"id": "type_of_service", "type": "u1"},
            {
                "id": "total_length",
                "type": "u2",
                "valid": {"min": f"ihl * 4 + {transport_header}"},
                "doc": expected["total_length"],
            },
            {"id": "identification", "type": "u2"},
            {"id": "reserved", "type": "b1"},
            {"id": "dont_fragment", "type": "b1"},
            {"id": "more_fragments", "type": "b1", "valid": False, "doc": expected["fragment_offset"]},
            {"id": "fragment_offset", "type": "b13", "valid": 0, "doc": expected["fragment_offset"]},
            {"id": "time_to_live", "type": "u1"},
            {"id": "protocol", "type": "u1", "valid": iana, "doc": expected["protocol"]},
            {"id": "header_checksum", "type": "u2", "doc": f"{expected['header_checksum']} Not verified here."},
            {"id": "source_ip", "type": "u4", "valid": "_root.header.source_ip", "doc": expected["source_ip"]},
            {"id": "destination_ip", "type": "u4"},
            {"id": "options", "size": "ihl * 4 - 20"},
            {"id": "source_port", "type": "u2", "valid": "_root.header.source_port", "doc": expected["source_port"]},
            {"id": "destination_port", "type": "u2"},
            {"id": "rest", "size-eos": True},
        ],
    }


def _by_transport(transports: Sequence[Transport], number: str) -> str:
    """An expression that chooses by the header's protocol; the last one stands for all others."""
    *first, last = transports
    choices = "".join(
        f"_root.header.protocol.to_i == {transport.protocol:d} ? {getattr(transport, number)} : " for transport in first
    )
    return f"({choices}{getattr(last, number)})"


def _documented(field: FieldDescription) -> Node:
    rules = "".join(f" {rule.requirement}: {rule}." for rule in field.rules)
    unit = f" Unit: {field.unit}." if field.unit else ""
    return {"doc": f"{field.documentation}{unit}{rules}", "doc-ref": field.source}


def _number(structure: StructureDescription, field: FieldDescription, value: int) -> int | str:
    names = {number: name.lower() for name, number in field.names}
    return f"{_enum(structure, field)}::{names[value]}" if value in names and not field.flags else int(value)


def _enum(structure: StructureDescription, field: FieldDescription) -> str:
    return f"{underscored(structure.name)}_{field.name}"
