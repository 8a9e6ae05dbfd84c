"""The extension packet: a router tells the others of its tables (ADV-1). No figure has it, and a router may lack it."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import construct
from construct import GreedyBytes, Int8ub, Int16ub

from ipos_spec import fields as schema
from ipos_spec.addresses import BROADCAST_IP, BROADCAST_MAC, IPv4, Mac
from ipos_spec.checksum import internet_checksum, verifies
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.errors import AdvertisementError, EncodeError, TruncatedError
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.fields import Violation, Wire, layout, size_of
from ipos_spec.interpreted import build, parse
from ipos_spec.record import record
from ipos_spec.refusals import other_ether_type, truncated, wrong_checksum
from ipos_spec.rules import Broadcast, OneOf, Stage, Unicast, Within
from ipos_spec.tables import (
    APPLICATION_INFORMATION,
    COOKIE_MAP,
    LISTENING_SOCKETS,
    SERVER_STATE,
    URL_MAP,
    Table,
)
from ipos_spec.text import TextError

TYPE, PROTOCOL = 0x80, 0
"""The header's type and protocol (ADV-1)."""

MTU = 1500
"""Octets of an Ethernet payload that every second LAN takes (IEEE 802.3)."""


class AdvertisedTable(IntEnum):
    """Number of a table, and of its instance, in an advertisement."""

    SERVER_STATE = 1
    LISTENING_SOCKETS_TCP = 2
    APPLICATION_INFORMATION = 3
    URL_MAP = 4
    COOKIE_MAP = 5
    LISTENING_SOCKETS_UDP = 6


class Operation(IntEnum):
    """What a receiver does with the records."""

    PUT = 1
    DELETE = 2


TABLES: Mapping[int, Table] = MappingProxyType(
    {
        AdvertisedTable.SERVER_STATE: SERVER_STATE,
        AdvertisedTable.LISTENING_SOCKETS_TCP: LISTENING_SOCKETS,
        AdvertisedTable.APPLICATION_INFORMATION: APPLICATION_INFORMATION,
        AdvertisedTable.URL_MAP: URL_MAP,
        AdvertisedTable.COOKIE_MAP: COOKIE_MAP,
        AdvertisedTable.LISTENING_SOCKETS_UDP: LISTENING_SOCKETS,
    }
)
"""Which of FIG. 12's tables a number means."""


def record_class(table: int, operation: int) -> type:
    """What an advertisement's records are: whole ones, or for a delete their keys alone. Raises KeyError."""
    return TABLES[table].key_record if operation == Operation.DELETE else TABLES[table].record


RECORD_CLASSES = tuple({record_class(table, operation) for table in AdvertisedTable for operation in Operation})


class Records(construct.Construct):  # type: ignore[type-arg]
    """The records of the table, operation, number and length that the table header before them says; a tuple.

    Raises AdvertisementError; offsets in it count from where the stream starts, which is the frame.
    """

    value_types = (tuple,)

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[object, ...]:
        header, start = context.table_header, stream.tell()
        octets = construct.stream_read(stream, header.records_length, path)
        reader, made_of = io.BytesIO(octets), record_class(header.table, header.operation)
        records = tuple(_read(made_of, reader, start, f"records.{number}") for number in range(header.record_count))
        if reader.tell() < len(octets):
            problem = f"{len(octets)} octets, but {header.record_count} records take {reader.tell()}"
            raise AdvertisementError("table_header.records_length", start - 2, problem, "ADV-1")
        return records

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - Construct's signature
        octets = b"".join(_write(record, f"records.{number}") for number, record in enumerate(obj))
        construct.stream_write(stream, octets, len(octets), path)
        return obj


def _read(made_of: type, reader: io.BytesIO, start: int, path: str) -> object:
    """Read the next record; ``start`` is the offset of the first one in the frame."""
    values = {}
    for name, wire in schema.fields(made_of):
        offset = start + reader.tell()
        try:
            values[name] = wire.format.parse_stream(reader)
        except construct.StreamError as error:
            problem = f"the records end after {reader.tell()} octets, in the middle of it"
            raise AdvertisementError(f"{path}.{name}", offset, problem, "ADV-1") from error
        except TextError as error:
            raise AdvertisementError(f"{path}.{name}", offset, error.problem, "ADV-1") from error
    return made_of(**values)


def _write(value: object, path: str) -> bytes:
    if not isinstance(value, RECORD_CLASSES):
        raise EncodeError(path, f"{type(value).__name__}, expected a record of an advertised table, or its key")
    try:
        return build(value)
    except EncodeError as error:
        raise EncodeError(f"{path}.{error.path}", error.problem) from error


_FIG_11A = dict(schema.fields(EthernetHeader))
_FIG_11B = dict(schema.fields(EncapsulationHeader))


def _field(of: Wire, documentation: str, *rules: Any, names: type[IntEnum] | None = None) -> Wire:
    """A field of FIG. 11A or 11B, as it is in this packet."""
    return replace(of, documentation=documentation, source="ADV-1", rules=rules, names=names)


@record
class BroadcastEthernetHeader:
    """FIG. 11A as an advertisement has it: to all routers on the second LAN, 14 octets."""

    destination: Annotated[
        Mac, _field(_FIG_11A["destination"], "All stations on the second LAN.", Broadcast("ADV-1"))
    ] = BROADCAST_MAC
    source: Annotated[Mac, _FIG_11A["source"]]
    type: Annotated[int, _FIG_11A["type"]] = ETHER_TYPE


@record
class AdvertisementHeader:
    """FIG. 11B as an advertisement has it: about no connection, 16 octets."""

    source_ip: Annotated[
        IPv4, _field(_FIG_11B["source_ip"], "IP address of the advertising router's server.", Unicast("ADV-1"))
    ]
    source_port: Annotated[
        int, _field(_FIG_11B["source_port"], "Zero: it is about no connection.", Within(0, 0, "ADV-1"))
    ] = 0
    destination_ip: Annotated[IPv4, _field(_FIG_11B["destination_ip"], "All routers.", Broadcast("ADV-1"))] = (
        BROADCAST_IP
    )
    destination_port: Annotated[
        int, _field(_FIG_11B["destination_port"], "Zero: it is about no connection.", Within(0, 0, "ADV-1"))
    ] = 0
    type: Annotated[int, _field(_FIG_11B["type"], "An extension: Table Advertisement.", OneOf((TYPE,), "ADV-1"))] = TYPE
    protocol: Annotated[
        int, _field(_FIG_11B["protocol"], "Zero: it is about no connection.", OneOf((PROTOCOL,), "ADV-1"))
    ] = PROTOCOL
    checksum: Annotated[int, _FIG_11B["checksum"]] = 0


@record
class TableHeader:
    """What the records behind it are, 6 octets (ADV-1)."""

    table: Annotated[
        int,
        Wire(
            Int8ub,
            "Which table the records are of.",
            "ADV-1",
            rules=(OneOf(tuple(AdvertisedTable), "ADV-1"),),
            names=AdvertisedTable,
        ),
    ]
    operation: Annotated[
        int,
        Wire(
            Int8ub,
            "Whether the table takes the records, or loses those with these keys.",
            "ADV-1",
            rules=(OneOf(tuple(Operation), "ADV-1"),),
            names=Operation,
        ),
    ]
    record_count: Annotated[int, Wire(Int16ub, "Number of records.", "ADV-1", "records")]
    records_length: Annotated[int, Wire(Int16ub, "Octets of all records.", "ADV-1", "octets")]


@record
class TableAdvertisement:
    """ADV-1: records that a table takes, or keys of those that it loses. 36 octets and the records."""

    NAME: ClassVar = "table-advertisement"

    ethernet: Annotated[BroadcastEthernetHeader, Wire(BroadcastEthernetHeader, "Ethernet header.", "fig 11A; ADV-1")]
    header: Annotated[AdvertisementHeader, Wire(AdvertisementHeader, "ipOS encapsulation header.", "fig 11B; ADV-1")]
    table_header: Annotated[TableHeader, Wire(TableHeader, "What the records are.", "ADV-1")]
    records: Annotated[tuple[object, ...], Wire(Records(), "Records, or for a delete their keys.", "fig 12; ADV-1")]
    padding: Annotated[
        bytes, Wire(GreedyBytes, "Ethernet padding: ignored, whatever its value.", "ENC-8, ENC-9", "octets")
    ] = b""


_ETHERNET = size_of(EthernetHeader)
_FIXED = size_of(TableAdvertisement)
_OFFSETS = {field.path: field.offset for field in layout(TableAdvertisement)}


def table_advertisement(
    ethernet: BroadcastEthernetHeader,
    server_ip: IPv4,
    table: AdvertisedTable,
    operation: Operation,
    records: Iterable[object],
    mtu: int = MTU,
) -> TableAdvertisement:
    """Make a Table Advertisement; type, numbers, length and checksum are filled in.

    server_ip  of the advertising router's server
    records    of `record_class(table, operation)`
    mtu        octets of an Ethernet payload on the second LAN

    Raises EncodeError where a record is of another class, or the records together do not fit.
    """
    given, expected = tuple(records), record_class(table, operation)
    for number, entry in enumerate(given):
        if not isinstance(entry, expected):
            raise EncodeError(f"records.{number}", f"{type(entry).__name__}, expected {expected.__name__}")
    length = sum(len(_write(entry, f"records.{number}")) for number, entry in enumerate(given))
    room = min(_ETHERNET + mtu - _FIXED, 0xFFFF)
    if length > room:
        raise EncodeError("records", f"{length} octets, expected at most {room} in one frame")
    return with_checksum(
        TableAdvertisement(
            ethernet=ethernet,
            header=AdvertisementHeader(source_ip=server_ip),
            table_header=TableHeader(table=table, operation=operation, record_count=len(given), records_length=length),
            records=given,
        )
    )


def with_checksum(packet: TableAdvertisement) -> TableAdvertisement:
    """The same packet with the checksum that a sender gives it: over all but Ethernet's octets (ENC-6)."""
    blank = replace(packet, header=replace(packet.header, checksum=0))
    octets = build(replace(blank, padding=b""))[_ETHERNET:]
    return replace(blank, header=replace(blank.header, checksum=internet_checksum(octets)))


def encode(packet: TableAdvertisement) -> bytes:
    """Write a packet as its Ethernet frame, octet for octet what the value says; nothing is corrected.

    Raises EncodeError if a value does not fit its field, or if type and protocol announce another packet.
    """
    if not isinstance(packet, TableAdvertisement):
        raise EncodeError("packet", f"{type(packet).__name__}, expected TableAdvertisement")
    frame = build(packet)
    if (packet.header.type, packet.header.protocol) != (TYPE, PROTOCOL):
        problem = f"type {packet.header.type} with protocol {packet.header.protocol} is no Table Advertisement"
        raise EncodeError("header.type", problem)
    return frame


def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> TableAdvertisement:
    """Read one Ethernet frame (without frame check sequence) as a Table Advertisement.

    Everything is checked without which it can't be read: length, type, protocol, checksum, table, operation, and
    that number and length of the records are as announced. What else it should be, `violations` tells.

    Raises a DecodeError that names path and offset of the field and the requirement that is violated.
    """
    if len(frame) < _ETHERNET:
        raise truncated(TableAdvertisement, frame)
    ethernet = parse(BroadcastEthernetHeader, frame)
    if ethernet.type != ether_type:
        raise other_ether_type(ethernet.type, ether_type)
    if len(frame) < _FIXED:
        raise truncated(TableAdvertisement, frame)
    header = parse(AdvertisementHeader, frame[_ETHERNET:])
    _refuse_first(schema.violations(header, Stage.FRAME, "header."))
    table_header = parse(TableHeader, frame[_FIXED - size_of(TableHeader) :])
    end = _FIXED + table_header.records_length
    if len(frame) < end:
        problem = f"the frame has {len(frame)} of {end} octets"
        raise TruncatedError("records", _FIXED, problem, "ENC-8")
    if not verifies(frame[_ETHERNET:end]):
        raise wrong_checksum(header.checksum)
    _refuse_first(schema.violations(table_header, Stage.FRAME, "table_header."))
    return parse(TableAdvertisement, frame)


def violations(packet: TableAdvertisement) -> Iterator[Violation]:
    """Every rule that a packet does not keep though it reads well, those of its records included."""
    yield from schema.violations(packet)
    for number, entry in enumerate(packet.records):
        yield from schema.violations(entry, path=f"records.{number}.")


def _refuse_first(found: Iterator[Violation]) -> None:
    for violation in found:
        problem = f"{violation.found}, expected {violation.rule}"
        raise AdvertisementError(violation.path, _OFFSETS[violation.path], problem, violation.rule.requirement)
