"""The neutral description of the protocol: what every generator reads, and nothing else.

Plain frozen values, made from the schemas: fields with offsets, sizes, units, rules; structures; packets. A change of a
schema is a change here, and so in every diagram, table, dissector, header, codec and vector.
"""

import dataclasses
import functools
from collections.abc import Iterator
from enum import IntFlag, StrEnum
from typing import Any, get_args, get_type_hints

from construct import GreedyBytes

from ipos_spec import inner_packet
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE, MINIMUM_FRAME, EthernetHeader
from ipos_spec.fields import Wire, fields, layout, rules_of, size_of
from ipos_spec.inner_packet import Ipv4Packet
from ipos_spec.packets import PACKETS, Acknowledgement, Packet
from ipos_spec.rules import FieldRule, Same
from ipos_spec.transport import TRANSPORTS, Transport


class Kind(StrEnum):
    """What the octets of a field are."""

    UNSIGNED = "unsigned"
    """An unsigned number in network byte order (ENC-1)."""

    IPV4 = "ipv4"
    MAC = "mac"

    OCTETS = "octets"
    """A fixed number of octets without further structure."""

    IPV4_PACKET = "ipv4 packet"
    """As many octets as its own total length says; the rules are ProtocolDescription.inner_rules."""

    PADDING = "padding"
    """What is left of the frame."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """One leaf of a structure or packet.

    path           dotted name within what is described: `snd_una` in the control block, in the packet
                   `connection.control_block.snd_una`
    offset         in octets, from the start of what is described
    size           in octets; None if it varies (only the last fields of a packet do)
    unit           of the number; empty for plain identifiers
    source         figure, requirement id or RFC paragraph
    names          of numbers, or of bits if `flags`
    hexadecimal    whether people write the number so
    rules          what the field may hold
    """

    path: str
    offset: int
    size: int | None
    kind: Kind
    unit: str
    documentation: str
    source: str
    names: tuple[tuple[str, int], ...]
    flags: bool
    hexadecimal: bool
    rules: tuple[FieldRule, ...]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def group(self) -> str:
        """The path of the structure that the field stands in; empty at the top."""
        return self.path.rpartition(".")[0]

    @property
    def end(self) -> int | None:
        """Offset of the first octet behind the field, if its size is fixed."""
        return None if self.size is None else self.offset + self.size


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A nested structure: its path and offset within what is described, and its name."""

    path: str
    offset: int
    structure: str
    documentation: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StructureDescription:
    """A record of fixed size, such as the encapsulation header.

    name    of the record class
    title   what it is, one sentence, figure included
    fields  its leaves, those of nested structures included
    rules   that concern several fields, named by path
    """

    name: str
    title: str
    size: int
    parts: tuple[Part, ...]
    fields: tuple[FieldDescription, ...]
    rules: tuple[Same, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PacketDescription:
    """A packet of FIG. 11 as a whole Ethernet frame.

    name             slug, such as tcp-connection
    type, protocols  that announce it
    size             octets of the fixed part: all but a client's packet and padding
    covered          octets that the checksum covers: from, to (without); None if it covers what is acknowledged (ENC-6)
    """

    name: str
    record: str
    figure: str
    title: str
    type: int
    protocols: tuple[int, ...]
    size: int
    covered: tuple[int, int] | None
    parts: tuple[Part, ...]
    fields: tuple[FieldDescription, ...]
    rules: tuple[Same, ...]

    @property
    def carries_client_packet(self) -> bool:
        """Whether it holds a client's IP packet (FIG. 11G, 11H)."""
        return any(field.kind is Kind.IPV4_PACKET for field in self.fields)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolDescription:
    """All of it."""

    ether_type: int
    alternative_ether_type: int
    minimum_frame: int
    structures: tuple[StructureDescription, ...]
    packets: tuple[PacketDescription, ...]
    inner_rules: tuple[inner_packet.InnerRule, ...]
    transports: tuple[Transport, ...]

    def packet(self, name: str) -> PacketDescription:
        """The packet with this slug. Raises KeyError."""
        return {packet.name: packet for packet in self.packets}[name]

    def structure(self, name: str) -> StructureDescription:
        """The structure of this record class. Raises KeyError."""
        return {structure.name: structure for structure in self.structures}[name]


@functools.cache
def describe() -> ProtocolDescription:
    """Describe the protocol as the schemas have it."""
    packets = tuple(_packet(record) for record in dict.fromkeys(PACKETS.values()))
    structures = dict.fromkeys(nested for record in dict.fromkeys(PACKETS.values()) for nested in _nested(record))
    return ProtocolDescription(
        ether_type=ETHER_TYPE,
        alternative_ether_type=ALTERNATIVE_ETHER_TYPE,
        minimum_frame=MINIMUM_FRAME,
        structures=tuple(_structure(record) for record in structures),
        packets=packets,
        inner_rules=inner_packet.RULES,
        transports=TRANSPORTS,
    )


def _packet(record: type[Packet]) -> PacketDescription:
    announced = [key for key, known in PACKETS.items() if known is record]
    covered = None if record is Acknowledgement else (size_of(EthernetHeader), size_of(record))
    return PacketDescription(
        name=record.NAME,
        record=record.__name__,
        figure=record.FIGURE,
        title=_title(record),
        type=int(announced[0][0]),
        protocols=tuple(int(protocol) for _, protocol in announced),
        size=size_of(record),
        covered=covered,
        parts=tuple(_parts(record)),
        fields=tuple(_fields(record)),
        rules=tuple(_rules(record)),
    )


def _structure(record: type) -> StructureDescription:
    return StructureDescription(
        name=record.__name__,
        title=_title(record),
        size=size_of(record),
        parts=tuple(_parts(record)),
        fields=tuple(_fields(record)),
        rules=tuple(_rules(record)),
    )


def _title(record: type) -> str:
    return " ".join((record.__doc__ or "").split("\n\n")[0].split())


def _nested(record: type) -> Iterator[type]:
    """The structures that a record is made of, outer before inner."""
    for _, wire in fields(record):
        if isinstance(wire.format, type):
            yield wire.format
            yield from _nested(wire.format)


def _parts(record: type, path: str = "", offset: int = 0) -> Iterator[Part]:
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            yield Part(
                path=f"{path}{name}", offset=offset, structure=wire.format.__name__, documentation=wire.documentation
            )
            yield from _parts(wire.format, f"{path}{name}.", offset)
            offset += size_of(wire.format)
        elif wire.format is not GreedyBytes and not isinstance(wire.format, Ipv4Packet):
            offset += wire.format.sizeof()


def _rules(record: type, path: str = "") -> Iterator[Same]:
    for same in rules_of(record):
        yield dataclasses.replace(same, names=tuple(f"{path}{name}" for name in same.names))
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            yield from _rules(wire.format, f"{path}{name}.")


def _fields(record: type) -> Iterator[FieldDescription]:
    types = _types(record)
    fixed = layout(record)
    for field in fixed:
        yield _field(field.path, field.offset, field.size, _kind(types[field.path]), field.wire)
    for name, wire in fields(record):
        if isinstance(wire.format, Ipv4Packet):
            yield _field(name, size_of(record), None, Kind.IPV4_PACKET, wire)
        elif wire.format is GreedyBytes:
            yield _field(name, size_of(record), None, Kind.PADDING, wire)


def _field(path: str, offset: int, size: int | None, kind: Kind, wire: Wire) -> FieldDescription:
    return FieldDescription(
        path=path,
        offset=offset,
        size=size,
        kind=kind,
        unit=wire.unit,
        documentation=wire.documentation,
        source=wire.source,
        names=tuple((str(member.name), int(member)) for member in wire.names or ()),
        flags=wire.names is not None and issubclass(wire.names, IntFlag),
        hexadecimal=wire.hexadecimal,
        rules=wire.rules,
    )


def _types(record: type, path: str = "") -> dict[str, Any]:
    """The Python type of each leaf, by path."""
    hints = get_type_hints(record, include_extras=True)
    types: dict[str, Any] = {}
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            types |= _types(wire.format, f"{path}{name}.")
        else:
            types[f"{path}{name}"] = get_args(hints[name])[0]
    return types


def _kind(python_type: Any) -> Kind:
    if python_type in (IPv4, Mac):
        return Kind.IPV4 if python_type is IPv4 else Kind.MAC
    return Kind.UNSIGNED if python_type is int else Kind.OCTETS
