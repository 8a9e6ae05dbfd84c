"""From the schemas to the description."""

import dataclasses
import functools
from collections.abc import Iterator
from enum import IntFlag
from typing import Any, get_args, get_type_hints

from construct import GreedyBytes

from ipos_spec import advertisement, inner_packet
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import AdvertisedTable, Operation, Records, TableAdvertisement
from ipos_spec.description.values import (
    AdvertisedRecords,
    ExtensionDescription,
    FieldDescription,
    Kind,
    PacketDescription,
    Part,
    ProtocolDescription,
    RecordDescription,
    StructureDescription,
    TableDescription,
)
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE, MINIMUM_FRAME, EthernetHeader
from ipos_spec.fields import Wire, fields, layout, nested_records, rules_of, size_of
from ipos_spec.inner_packet import Ipv4Packet
from ipos_spec.packets import PACKETS, Acknowledgement, Packet
from ipos_spec.rules import Same
from ipos_spec.tables import TABLES, Table
from ipos_spec.tables.records import key_fields
from ipos_spec.text import Text
from ipos_spec.transport import TRANSPORTS


@functools.cache
def describe() -> ProtocolDescription:
    """Describe the protocol as the schemas have it."""
    packets = tuple(_packet_of_figure_11(record) for record in dict.fromkeys(PACKETS.values()))
    structures = dict.fromkeys(
        nested for record in dict.fromkeys(PACKETS.values()) for nested in nested_records(record)
    )
    return ProtocolDescription(
        ether_type=ETHER_TYPE,
        alternative_ether_type=ALTERNATIVE_ETHER_TYPE,
        minimum_frame=MINIMUM_FRAME,
        structures=tuple(_structure(record) for record in structures),
        packets=packets,
        inner_rules=inner_packet.RULES,
        transports=TRANSPORTS,
        tables=tuple(_table(table) for table in TABLES.values()),
        extensions=(_table_advertisement(),),
    )


def _packet_of_figure_11(record: type[Packet]) -> PacketDescription:
    announced = [key for key, known in PACKETS.items() if known is record]
    covered = None if record is Acknowledgement else (size_of(EthernetHeader), size_of(record))
    return _packet(record, announced, record.FIGURE, covered)


def _table_advertisement() -> ExtensionDescription:
    variants = tuple(
        AdvertisedRecords(
            selectors=(table, operation),
            names=(table.name, operation.name),
            table=advertisement.TABLES[table].name,
            record=_record(advertisement.record_class(table, operation)),
        )
        for table in AdvertisedTable
        for operation in Operation
    )
    return ExtensionDescription(
        packet=_packet(TableAdvertisement, [(advertisement.TYPE, advertisement.PROTOCOL)], "", None),
        structures=tuple(_structure(record) for record in nested_records(TableAdvertisement)),
        requirement="ADV-1",
        selected_by=("table_header.table", "table_header.operation"),
        counted_by="table_header.record_count",
        measured_by="table_header.records_length",
        variants=variants,
    )


def _table(table: Table) -> TableDescription:
    return TableDescription(
        name=table.name,
        title=table.title,
        caption=table.caption,
        record=_record(table.record),
        use=table.use,
        source=table.source,
        instances=table.instances,
        bound=table.bound,
        lifetimes=table.lifetimes,
        filled_by=table.filled_by,
        read_by=table.read_by,
    )


def _record(record: type) -> RecordDescription:
    return RecordDescription(
        name=record.__name__, title=_title(record), fields=tuple(_record_fields(record)), key=key_fields(record)
    )


def _record_fields(record: type) -> Iterator[FieldDescription]:
    types = _types(record)
    offset = 0
    for name, wire in fields(record):
        text = isinstance(wire.format, Text)
        size = None if text else wire.format.sizeof()
        yield _field(name, offset, size, Kind.TEXT if text else _kind(types[name]), wire)
        offset += Text.length_size if text else wire.format.sizeof()


def _packet(
    record: type[Packet | TableAdvertisement],
    announced: list[tuple[int, int]],
    figure: str,
    covered: tuple[int, int] | None,
) -> PacketDescription:
    return PacketDescription(
        name=record.NAME,
        record=record.__name__,
        figure=figure,
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


def _parts(record: type, path: str = "", offset: int = 0) -> Iterator[Part]:
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            yield Part(
                path=f"{path}{name}", offset=offset, structure=wire.format.__name__, documentation=wire.documentation
            )
            yield from _parts(wire.format, f"{path}{name}.", offset)
            offset += size_of(wire.format)
        elif _varying(wire) is None:
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
        kind = _varying(wire)
        if kind is not None:
            yield _field(name, size_of(record), None, kind, wire)


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
        maximum=getattr(wire.format, "maximum", None),
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


def _varying(wire: Wire) -> Kind | None:
    """What varies in size at the end of a packet."""
    if wire.format is GreedyBytes:
        return Kind.PADDING
    if isinstance(wire.format, Ipv4Packet):
        return Kind.IPV4_PACKET
    return Kind.RECORDS if isinstance(wire.format, Records) else None
