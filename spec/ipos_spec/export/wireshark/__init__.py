"""A Wireshark dissector in Lua: the description as tables, and behind them the Lua files here, which read the tables.

Fields are found by their paths (`ip_os.header.source_ip`); the Ethernet header's by Wireshark's own names for them.
What a frame breaks is told by requirement (`ip_os.enc_7`). Needs Wireshark 4.0 or later.
"""

import importlib.resources
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ipos_spec.description import (
    AdvertisedRecords,
    ExtensionDescription,
    FieldDescription,
    Kind,
    PacketDescription,
    ProtocolDescription,
)
from ipos_spec.export.banner import banner
from ipos_spec.export.wireshark.literals import literal
from ipos_spec.requirements import requirement
from ipos_spec.rules import FieldRule, Same, Stage
from ipos_spec.wording import packets

__all__ = ["wireshark"]

PREFIX = "ip_os"
"""Of filter names: Wireshark has another protocol called `ipos`."""

_BEHAVIOUR = ("declarations", "octets", "view", "packets", "checksum", "client_packet", "records", "dissector")
"""The Lua files, each of which uses what those before it define."""

_USE = "-- Use: tshark -X lua_script:FILE -r CAPTURE, or copy it into Wireshark's folder of personal Lua plugins."

_OF_BEHAVIOUR = {
    "ENC-7": "CHECKSUM",
    "ENC-8": "MALFORMED",
    "ENC-9": "PROTOCOL",
    "ENC-10": "PROTOCOL",
    "ENC-13": "PROTOCOL",
}
"""Requirements that they judge by themselves, and Wireshark's group for each."""

_WIRESHARKS_NAMES = {
    "ethernet": ("eth", "Ethernet II"),
    "ethernet.destination": ("eth.dst", "Destination"),
    "ethernet.source": ("eth.src", "Source"),
    "ethernet.type": ("eth.type", "Type"),
}
_TYPES = {Kind.IPV4: "ipv4", Kind.MAC: "ether", Kind.TEXT: "string"}
_SENTENCE = 130
"""Characters of a requirement's sentence beside what was found: Wireshark cuts lines at 240."""


def wireshark(description: ProtocolDescription) -> str:
    """Render `ipos.lua`."""
    tables: Mapping[str, object] = {
        "ETHER_TYPES": (description.ether_type, description.alternative_ether_type),
        "MINIMUM_FRAME": description.minimum_frame,
        "TRANSPORTS": {
            int(transport.protocol): {"iana": transport.iana, "header": transport.header}
            for transport in description.transports
        },
        "INNER_RULES": [{"name": rule.name, "expected": rule.expected} for rule in description.inner_rules],
        "REQUIREMENTS": dict(_requirements(description)),
        "DEFINITIONS": list(_definitions(description).values()),
        "PACKETS": [
            *(_packet(packet) for packet in description.packets),
            *(_packet(extension.packet, extension) for extension in description.extensions),
        ],
    }
    files = importlib.resources.files(__package__)
    return (
        "\n\n".join(
            (
                f"-- {banner('wireshark')}\n{_USE}",
                *(f"local {name} = {literal(table)}" for name, table in tables.items()),
                *(files.joinpath(f"{name}.lua").read_text(encoding="utf-8").rstrip() for name in _BEHAVIOUR),
            )
        )
        + "\n"
    )


def _variants(description: ProtocolDescription) -> Iterator[AdvertisedRecords]:
    return (variant for extension in description.extensions for variant in extension.variants)


# Requirements


def _requirements(description: ProtocolDescription) -> Iterator[tuple[str, object]]:
    """What can be told of a frame: an error if it is discarded for it, else a warning or a note."""
    rules = list(_rules(description))
    sent = {rule.requirement for rule in rules if rule.stage is Stage.SENDER}
    own = [extension.requirement for extension in description.extensions]
    for slug in dict.fromkeys([rule.requirement for rule in rules] + own + list(_OF_BEHAVIOUR)):
        found = requirement(slug)
        severity = "NOTE" if found.level.startswith("SHOULD") else "WARN" if slug in sent else "ERROR"
        text = textwrap.shorten(found.sentence, _SENTENCE, placeholder=" ...")
        yield slug, {"severity": severity, "group": _OF_BEHAVIOUR.get(slug, "PROTOCOL"), "text": text}


def _rules(description: ProtocolDescription) -> Iterator[FieldRule | Same]:
    for packet in packets(description):
        yield from (rule for field in packet.fields for rule in _judged_rules(field))
        yield from packet.rules
    for variant in _variants(description):
        yield from (rule for field in variant.record.fields for rule in field.rules)


def _judged_rules(field: FieldDescription) -> tuple[FieldRule, ...]:
    """All but the EtherType's: a frame comes here because of it, and the user may have chosen another."""
    return () if field.path == "ethernet.type" else field.rules


# Definitions of Wireshark's fields, one for each path


def _definitions(description: ProtocolDescription) -> dict[str, dict[str, Any]]:
    definitions: dict[str, dict[str, Any]] = {}
    for packet in packets(description):
        for part in packet.parts:
            definitions.setdefault(part.path, _structure(part.path, part.documentation))
        for field in packet.fields:
            definitions.setdefault(field.path, _definition(field.path, field))
    for variant in _variants(description):
        for field in variant.record.fields:
            definitions.setdefault(_record_path(field), _definition(_record_path(field), field))
    for extension in description.extensions:
        _name_announcement(definitions, extension.packet)
    return definitions


def _name_announcement(definitions: dict[str, dict[str, Any]], packet: PacketDescription) -> None:
    """Name an extension's type and protocol, which would be shown as unknown: the names are those of FIG. 11."""
    for path, numbers in (("header.type", (packet.type,)), ("header.protocol", packet.protocols)):
        for number in numbers:
            definitions[path]["names"].setdefault(number, packet.name.upper().replace("-", "_"))


def _structure(path: str, documentation: str) -> dict[str, Any]:
    filter_name, name = _WIRESHARKS_NAMES.get(path, (f"{PREFIX}.{path}", path.rpartition(".")[2]))
    kind = "protocol" if path in _WIRESHARKS_NAMES else "none"
    return {"path": path, "filter": filter_name, "name": name, "type": kind, "documentation": documentation}


def _definition(path: str, field: FieldDescription) -> dict[str, Any]:
    filter_name, name = _WIRESHARKS_NAMES.get(path, (f"{PREFIX}.{path}", field.name))
    return {
        "path": path,
        "filter": filter_name,
        "name": name,
        "type": _TYPES.get(field.kind, f"uint{8 * (field.size or 0)}" if field.kind is Kind.UNSIGNED else "bytes"),
        "size": field.size,
        "hexadecimal": field.hexadecimal or None,
        "unit": field.unit if field.unit and field.kind is Kind.UNSIGNED else None,
        "names": {number: name for name, number in field.names} if field.names and not field.flags else None,
        "flags": [{"name": name, "bit": bit} for name, bit in field.names] if field.flags else None,
        "documentation": f"{field.documentation} ({field.source})",
    }


def _record_path(field: FieldDescription) -> str:
    return f"records.{field.path}"


# Packets


def _packet(packet: PacketDescription, extension: ExtensionDescription | None = None) -> dict[str, object]:
    varying = {field.kind: field.path for field in packet.fields if field.size is None}
    sizes = {part.path: _size(packet, part.path) for part in packet.parts}
    return {
        "title": _title(packet.record),
        "type": packet.type,
        "protocols": packet.protocols,
        "size": packet.size,
        "covered": packet.covered,
        "acknowledges": packet.covered is None and extension is None,
        "inner": varying.get(Kind.IPV4_PACKET),
        "records": None if extension is None else _records(varying[Kind.RECORDS], extension),
        "padding": varying.get(Kind.PADDING),
        "parts": [{"path": part.path, "offset": part.offset, "size": sizes[part.path]} for part in packet.parts],
        "fields": [_place(field, field.path) for field in packet.fields if field.size is not None],
        "same": [{"paths": same.names, **_judgement(same)} for same in packet.rules],
    }


def _title(record: str) -> str:
    """The record's name as the figure has it: TcpConnectionPacket is "TCP Connection Packet"."""
    words = re.findall("[A-Z][a-z]*", record)
    return " ".join({"Tcp": "TCP", "Udp": "UDP"}.get(word, word) for word in words)


def _size(packet: PacketDescription, path: str) -> int:
    inside = [field for field in packet.fields if field.path.startswith(f"{path}.") and field.end is not None]
    return max(field.end or 0 for field in inside) - min(field.offset for field in inside)


def _place(field: FieldDescription, path: str) -> dict[str, object]:
    rules = [_rule(rule) for rule in _judged_rules(field)]
    return {"path": path, "offset": field.offset, "size": field.size, "rules": rules or None}


def _rule(rule: FieldRule) -> dict[str, object]:
    """Its class, what it has besides requirement and stage, and both in words."""
    own = {name: getattr(rule, name) for name in rule.__slots__ if name not in ("requirement", "stage")}
    return {"rule": type(rule).__name__, **own, **_judgement(rule)}


def _judgement(rule: FieldRule | Same) -> dict[str, object]:
    return {"requirement": rule.requirement, "expected": str(rule)}


def _records(path: str, extension: ExtensionDescription) -> dict[str, object]:
    return {
        "path": path,
        "requirement": extension.requirement,
        "selected_by": extension.selected_by,
        "counted_by": extension.counted_by,
        "measured_by": extension.measured_by,
        "variants": [
            {
                "selectors": variant.selectors,
                "requirement": extension.requirement,
                "fields": [_record_field(field) for field in variant.record.fields],
            }
            for variant in extension.variants
        ],
    }


def _record_field(field: FieldDescription) -> dict[str, object]:
    rules = [_rule(rule) for rule in field.rules]
    return {"path": _record_path(field), "size": field.size, "maximum": field.maximum, "rules": rules or None}
