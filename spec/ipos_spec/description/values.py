"""What a description is made of: frozen values, which generators read and which know nothing of the schemas."""

import dataclasses
from enum import StrEnum

from ipos_spec import inner_packet
from ipos_spec.encapsulation import Protocol
from ipos_spec.rules import FieldRule, Same
from ipos_spec.tables import Bound, Lifetime
from ipos_spec.transport import Transport


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

    TEXT = "text"
    """UTF-8, its length in two octets before it; FieldDescription.maximum bounds it."""

    RECORDS = "records"
    """As many records as another field says; ExtensionDescription tells which."""

    PADDING = "padding"
    """What is left of the frame."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """One leaf of a structure or packet.

    path           dotted name within what is described: `snd_una` in the control block, in the packet
                   `connection.control_block.snd_una`
    offset         in octets, from the start of what is described, texts before it counted as empty ones
    size           in octets; None if it varies (in a packet, only the last fields do)
    unit           of the number; empty for plain identifiers
    source         figure, requirement id or RFC paragraph
    names          of numbers, or of bits if `flags`
    hexadecimal    whether people write the number so
    rules          what the field may hold
    maximum        octets of a text, its length not counted
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
    maximum: int | None = None

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
    """A packet as a whole Ethernet frame.

    name             slug, such as tcp-connection
    figure           such as 11E; empty for an extension
    type, protocols  that announce it
    size             octets of the fixed part: all but a client's packet, records and padding
    covered          octets that the checksum covers: from, to (without); None if it covers what is acknowledged
                     (ENC-6), or as far as records go
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
class RecordDescription:
    """A record of a table, or its key alone: texts make its size vary.

    name    of the record class
    title   what it is, one sentence
    fields  in wire order
    key     names of those that are the table's key
    """

    name: str
    title: str
    fields: tuple[FieldDescription, ...]
    key: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableDescription:
    """A table of FIG. 12; `ipos_spec.tables.Table` says what the members mean."""

    name: str
    title: str
    caption: str
    record: RecordDescription
    use: str
    source: str
    instances: tuple[Protocol, ...]
    bound: Bound
    lifetimes: tuple[Lifetime, ...]
    filled_by: str
    read_by: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisedRecords:
    """What the records of an advertisement are for one value of each selecting field.

    selectors  the values, in the order of ExtensionDescription.selected_by
    names      theirs
    table      slug of the table
    """

    selectors: tuple[int, ...]
    names: tuple[str, ...]
    table: str
    record: RecordDescription


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDescription:
    """An extension packet: a fixed part like any packet's, then records.

    packet       the whole of it, its records as one field
    structures   that its fixed part is made of
    requirement  that says what it is
    selected_by  paths of the fields that tell which records follow
    counted_by   path of the field that tells how many
    measured_by  path of the field that tells their octets; the checksum covers them too, from Ethernet's header on
    variants     the records for all values of the selecting fields
    """

    packet: PacketDescription
    structures: tuple[StructureDescription, ...]
    requirement: str
    selected_by: tuple[str, ...]
    counted_by: str
    measured_by: str
    variants: tuple[AdvertisedRecords, ...]


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
    tables: tuple[TableDescription, ...]
    extensions: tuple[ExtensionDescription, ...]

    def packet(self, name: str) -> PacketDescription:
        """The packet with this slug. Raises KeyError."""
        return {packet.name: packet for packet in self.packets}[name]

    def structure(self, name: str) -> StructureDescription:
        """The structure of this record class. Raises KeyError."""
        return {structure.name: structure for structure in self.structures}[name]

    def table(self, name: str) -> TableDescription:
        """The table with this slug. Raises KeyError."""
        return {table.name: table for table in self.tables}[name]
