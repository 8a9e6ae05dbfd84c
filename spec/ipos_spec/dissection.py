"""A packet spelled out: every field with its offset, its value as a person writes it, and what it means."""

import operator
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple, get_args, get_type_hints

import construct

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from ipos_spec.advertisement import PROTOCOL, TYPE, Records, TableAdvertisement
from ipos_spec.errors import DecodeError, OtherEtherTypeError, UnknownPacketError
from ipos_spec.fields import Wire, fields
from ipos_spec.packets import PACKETS, Acknowledgement, Packet
from ipos_spec.text import Text


class Item(NamedTuple):
    """One field of a packet.

    path    dotted name, as in errors
    offset  in the frame, in octets
    size    in octets
    value   the number, or the octets; of a text its length's, too
    text    the value as a person writes it: dotted decimal, hexadecimal, or by name
    wire    unit, documentation and source
    wrong   whether this is what a router discards the frame for
    """

    path: str
    offset: int
    size: int
    value: int | bytes
    text: str
    wire: Wire
    wrong: bool = False


class _Leaf(NamedTuple):
    path: str
    wire: Wire
    python_type: object


_UNDECODED = Wire(construct.GreedyBytes, "Not decoded: what stands before it does not say what it is.", "", "octets")
_INNER_SIZES = {"total_length": 2, "fragment_offset": 2, "header_checksum": 2, "source_ip": 4, "source_port": 2}
"""Octets of the client's IP packet that an error can be about; the others are within one."""


def _leaves(record: type, prefix: str) -> Iterator[_Leaf]:
    """All fields of a record class that have no fields themselves."""
    hints = get_type_hints(record, include_extras=True)
    for name, wire in fields(record):
        if isinstance(wire.format, type):
            yield from _leaves(wire.format, f"{prefix}{name}.")
        else:
            yield _Leaf(prefix + name, wire, get_args(hints[name])[0])


_ANNOUNCED: dict[tuple[int, int], type] = {**PACKETS, (TYPE, PROTOCOL): TableAdvertisement}
_LEAVES = {record: tuple(_leaves(record, "")) for record in _ANNOUNCED.values()}


def dissect(packet: Packet | TableAdvertisement) -> tuple[Item, ...]:
    """All fields of a packet in wire order, those of an advertisement's records included."""
    items: list[Item] = []
    for leaf in _LEAVES[type(packet)]:
        value = operator.attrgetter(leaf.path)(packet)
        if not isinstance(leaf.wire.format, Records):
            items.append(_item(leaf, items, value))
            continue
        for number, record in enumerate(value):
            for inside in _leaves(type(record), f"{leaf.path}.{number}."):
                items.append(_item(inside, items, getattr(record, inside.path.rpartition(".")[2])))
    return tuple(items)


def dissect_wrong(frame: bytes, error: DecodeError) -> tuple[Item, ...]:
    """As much as can be told of a frame that `decode` refused with this error: all its octets, what is wrong marked.

    A field that the frame is too short for has the octets that there are, perhaps none.
    """
    items = _spell(Acknowledgement, frame)
    match error:
        case OtherEtherTypeError():
            items = _undecoded_behind("ethernet.", items, frame)
        case UnknownPacketError():
            items = _undecoded_behind("header.", items, frame)
        case _:
            numbers = {item.path: item.value for item in items}
            record = _ANNOUNCED.get((numbers.get("header.type"), numbers.get("header.protocol")))  # type: ignore[arg-type]
            items = items if record is None else _spell(record, frame)
            if error.path == "inner.total_length":  # which then does not tell where padding begins
                items = _rest_as(next(item for item in items if item.path == "inner"), items, frame)
    return tuple(piece for item in items for piece in _marked(item, error, frame))


def _item(leaf: _Leaf, before: list[Item], value: Any) -> Item:
    offset = before[-1].offset + before[-1].size if before else 0
    if isinstance(leaf.wire.format, Text):
        octets = leaf.wire.format.build(value)
        return Item(leaf.path, offset, len(octets), octets, value, leaf.wire)
    size = len(value) if isinstance(value, bytes) else leaf.wire.format.sizeof()
    return Item(leaf.path, offset, size, value, _text(leaf.wire, leaf.python_type, value), leaf.wire)


def _spell(record: type, frame: bytes) -> list[Item]:
    """The fields of a record as far as the frame goes; the last one may be cut, and records stay octets."""
    items: list[Item] = []
    rest = frame
    for leaf in _LEAVES[record]:
        if isinstance(leaf.wire.format, Records):
            return [*items, _octets(leaf.path, len(frame) - len(rest), rest, leaf.wire)]
        try:
            value = leaf.wire.format.parse(rest)
        except construct.StreamError:
            return [*items, _octets(leaf.path, len(frame) - len(rest), rest, leaf.wire)]
        items.append(_item(leaf, items, value))
        rest = rest[items[-1].size :]
    return items


def _octets(path: str, offset: int, octets: bytes, wire: Wire) -> Item:
    return Item(path, offset, len(octets), octets, octets.hex(), wire)


def _undecoded_behind(group: str, items: list[Item], frame: bytes) -> list[Item]:
    """The items up to the end of a group, and what follows as octets of unknown meaning."""
    end = max(item.offset + item.size for item in items if item.path.startswith(group))
    return _rest_as(Item("undecoded", end, 0, b"", "", _UNDECODED), items, frame)


def _rest_as(last: Item, items: list[Item], frame: bytes) -> list[Item]:
    """The items before ``last``, which takes all octets of the frame from its offset on."""
    before = [item for item in items if item.offset < last.offset]
    return [*before, _octets(last.path, last.offset, frame[last.offset :], last.wire)]


def _marked(item: Item, error: DecodeError, frame: bytes) -> Iterator[Item]:
    """The item; marked if the error is about it, in up to three pieces if it is about a part of it."""
    if item.path == error.path:
        yield item._replace(wrong=True)
        return
    if not (error.path.startswith(f"{item.path}.") and item.offset <= error.offset < item.offset + item.size):
        yield item
        return
    inside = error.path.removeprefix(f"{item.path}.")
    begin, end = error.offset, error.offset + _INNER_SIZES.get(inside, 1)
    yield _octets(item.path, item.offset, frame[item.offset : begin], item.wire)
    yield _octets(error.path, begin, frame[begin:end], item.wire)._replace(wrong=True)
    yield _octets(item.path, end, frame[end : item.offset + item.size], item.wire)


def _text(wire: Wire, python_type: object, value: int | bytes) -> str:
    if isinstance(value, bytes):
        return mac_text(value) if python_type is Mac else value.hex()
    if python_type is IPv4:
        return ipv4_text(value)
    plain = f"0x{value:0{2 * wire.format.sizeof()}x}" if wire.hexadecimal else str(value)
    names = _names(wire.names, value) if wire.names else ""
    return f"{plain} {names}".rstrip()


def _names(enumeration: type[IntEnum | IntFlag], value: int) -> str:
    """The names of a number: of its bits, if the enumeration is one of flags."""
    members = [
        member for member in enumeration if value == member or (issubclass(enumeration, IntFlag) and value & member)
    ]
    return " ".join(member.name or "" for member in members)
