"""A packet spelled out: every field with its offset, its value as a person writes it, and what it means."""

from collections.abc import Iterator
from enum import IntEnum, IntFlag
from typing import NamedTuple, get_args, get_type_hints

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from ipos_spec.fields import Wire, fields, size_of
from ipos_spec.packets import Packet


class Item(NamedTuple):
    """One field of a packet.

    path    dotted name, as in errors
    offset  in the frame, in octets
    size    in octets
    value   the number, or the octets
    text    the value as a person writes it: dotted decimal, hexadecimal, or by name
    wire    unit, documentation and source
    """

    path: str
    offset: int
    size: int
    value: int | bytes
    text: str
    wire: Wire


def dissect(packet: Packet) -> tuple[Item, ...]:
    """All fields of a packet in wire order."""
    return tuple(_items(packet, "", 0))


def _items(record: object, prefix: str, offset: int) -> Iterator[Item]:
    hints = get_type_hints(type(record), include_extras=True)
    for name, wire in fields(type(record)):
        value, path = getattr(record, name), prefix + name
        if isinstance(wire.format, type):
            yield from _items(value, f"{path}.", offset)
            offset += size_of(wire.format)
            continue
        size = len(value) if isinstance(value, bytes) else wire.format.sizeof()
        yield Item(path, offset, size, value, _text(wire, get_args(hints[name])[0], value), wire)
        offset += size


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
