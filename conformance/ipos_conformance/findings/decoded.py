"""Any frame of the two LANs spelled out, field for field, from its octets alone.

What ipOS adds comes from `ipos_spec.dissection`; of the internet's own headers only the fixed fields are told apart.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from ipos_spec.codec import decode_extended
from ipos_spec.dissection import Item, dissect, dissect_wrong
from ipos_spec.errors import DecodeError
from ipos_spec.inner_packet import IPV4_HEADER
from ipos_spec.transport import TCP, UDP

_ETHERNET = 14
_ARP_TYPE, _IPV4_TYPE = 0x0806, 0x0800
_ICMP = 1
_TCP_FLAGS = "CEUAPRSF"
"""Of the octet's bits, from the highest."""
_MOST_SHOWN = 24
"""Octets of data shown as text before they are cut."""


class Field(NamedTuple):
    """One field of a frame.

    path     dotted name, as `ipos_spec` and Wireshark-like tools write it: `header.checksum`, `inner.tcp.sequence`
    offset   in the frame, in octets
    size     in octets
    text     the value as a person writes it
    meaning  what the field is, where the schemas say so
    wrong    whether this is what a router discards the frame for
    """

    path: str
    offset: int
    size: int
    text: str
    meaning: str = ""
    wrong: bool = False


_Row = tuple[str, int, int, str]
"""Name, offset in the header, octets, how it is written: number, hex, ip, mac, flags."""

_ETHERNET_ROWS: tuple[_Row, ...] = (("destination", 0, 6, "mac"), ("source", 6, 6, "mac"), ("type", 12, 2, "hex"))
_ARP_ROWS: tuple[_Row, ...] = (
    ("hardware_type", 0, 2, "number"),
    ("protocol_type", 2, 2, "hex"),
    ("sizes", 4, 2, "hex"),
    ("operation", 6, 2, "number"),
    ("sender_mac", 8, 6, "mac"),
    ("sender_ip", 14, 4, "ip"),
    ("target_mac", 18, 6, "mac"),
    ("target_ip", 24, 4, "ip"),
)
_IPV4_ROWS: tuple[_Row, ...] = (
    ("version_and_ihl", 0, 1, "hex"),
    ("service", 1, 1, "hex"),
    ("total_length", 2, 2, "number"),
    ("identification", 4, 2, "number"),
    ("flags_and_fragment_offset", 6, 2, "hex"),
    ("time_to_live", 8, 1, "number"),
    ("protocol", 9, 1, "number"),
    ("header_checksum", 10, 2, "hex"),
    ("source_ip", 12, 4, "ip"),
    ("destination_ip", 16, 4, "ip"),
)
_TCP_ROWS: tuple[_Row, ...] = (
    ("source_port", 0, 2, "number"),
    ("destination_port", 2, 2, "number"),
    ("sequence", 4, 4, "number"),
    ("acknowledgement", 8, 4, "number"),
    ("data_offset", 12, 1, "hex"),
    ("flags", 13, 1, "flags"),
    ("window", 14, 2, "number"),
    ("checksum", 16, 2, "hex"),
    ("urgent_pointer", 18, 2, "number"),
)
_UDP_ROWS: tuple[_Row, ...] = (
    ("source_port", 0, 2, "number"),
    ("destination_port", 2, 2, "number"),
    ("length", 4, 2, "number"),
    ("checksum", 6, 2, "hex"),
)
_ICMP_ROWS: tuple[_Row, ...] = (
    ("type", 0, 1, "number"),
    ("code", 1, 1, "number"),
    ("checksum", 2, 2, "hex"),
    ("rest", 4, 4, "hex"),
)
_TRANSPORTS: dict[int, tuple[str, tuple[_Row, ...], int]] = {
    TCP.iana: ("tcp", _TCP_ROWS, TCP.header),
    UDP.iana: ("udp", _UDP_ROWS, UDP.header),
    _ICMP: ("icmp", _ICMP_ROWS, 8),
}
"""By IPv4 protocol number: name, fields, octets of the header without options."""


def fields_of(frame: bytes, ether_type: int) -> tuple[Field, ...]:
    """All fields of a frame in wire order; together they cover each octet once.

    ether_type   under which ipOS travels on this bench
    """
    found = int.from_bytes(frame[12:14], "big")
    if len(frame) < _ETHERNET:
        return _rest("undecoded", frame, 0)
    if found == ether_type:
        return tuple(_of_ipos(frame, ether_type))
    ethernet = _rows("ethernet", _ETHERNET_ROWS, frame, 0)
    return (*ethernet, *_of_internet(frame, found))


def _of_ipos(frame: bytes, ether_type: int) -> Iterator[Field]:
    items = _items(frame, ether_type)
    inner = [item for item in items if item.path.partition(".")[0] == "inner"]
    for item in items:
        if item not in inner:
            yield Field(item.path, item.offset, item.size, item.text, item.wire.documentation, item.wrong)
        elif item is inner[0]:
            yield from _of_inner(frame, inner)


def _of_inner(frame: bytes, pieces: list[Item]) -> Iterator[Field]:
    """The client's packet, of which the dissection may have cut out the piece that is wrong."""
    begin, last = pieces[0].offset, pieces[-1]
    wrong = {at for item in pieces if item.wrong for at in range(item.offset, item.offset + item.size)}
    for field in ipv4_fields(frame, begin, last.offset + last.size, "inner."):
        yield field._replace(wrong=bool(wrong & set(range(field.offset, field.offset + field.size))))


def _items(frame: bytes, ether_type: int) -> tuple[Item, ...]:
    try:
        return dissect(decode_extended(frame, ether_type))
    except DecodeError as error:
        return dissect_wrong(frame, error)


def _of_internet(frame: bytes, ether_type: int) -> tuple[Field, ...]:
    if ether_type == _IPV4_TYPE:
        return tuple(ipv4_fields(frame, _ETHERNET, len(frame), ""))
    if ether_type == _ARP_TYPE:
        return (*_rows("arp", _ARP_ROWS, frame, _ETHERNET), *_rest("padding", frame, _ETHERNET + 28))
    return _rest("undecoded", frame, _ETHERNET)


def ipv4_fields(frame: bytes, begin: int, end: int, prefix: str) -> Iterator[Field]:
    """The fields of an IPv4 packet between two offsets of a frame; what stands behind its total length is padding."""
    yield from _rows(f"{prefix}ip", _IPV4_ROWS, frame[:end], begin)
    if end - begin < IPV4_HEADER:
        return
    header = min(max((frame[begin] & 0xF) * 4, IPV4_HEADER), end - begin)
    stop = min(max(begin + int.from_bytes(frame[begin + 2 : begin + 4], "big"), begin + header), end)
    yield from _rest(f"{prefix}ip.options", frame[: begin + header], begin + IPV4_HEADER)
    yield from _transport(frame[:stop], begin + header, frame[begin + 9], prefix)
    yield from _rest(f"{prefix}padding", frame[:end], stop)


def _transport(packet: bytes, begin: int, protocol: int, prefix: str) -> Iterator[Field]:
    if protocol not in _TRANSPORTS:
        yield from _rest(f"{prefix}data", packet, begin)
        return
    name, rows, size = _TRANSPORTS[protocol]
    yield from _rows(f"{prefix}{name}", rows, packet, begin)
    if protocol == TCP.iana and len(packet) >= begin + size:
        header = min(max((packet[begin + 12] >> 4) * 4, size), len(packet) - begin)
        yield from _rest(f"{prefix}tcp.options", packet[: begin + header], begin + size)
        size = header
    yield from _rest(f"{prefix}data", packet, begin + size)


def _rows(prefix: str, rows: tuple[_Row, ...], frame: bytes, begin: int) -> tuple[Field, ...]:
    """The fields of a table as far as the frame goes; the last one may be cut."""
    found = []
    for name, offset, size, form in rows:
        octets = frame[begin + offset : begin + offset + size]
        if octets:
            found.append(Field(f"{prefix}.{name}", begin + offset, len(octets), _written(octets, size, form)))
    return tuple(found)


def _rest(path: str, frame: bytes, begin: int) -> tuple[Field, ...]:
    octets = frame[begin:]
    return (Field(path, begin, len(octets), _data_text(octets)),) if octets else ()


def _written(octets: bytes, size: int, form: str) -> str:
    number = int.from_bytes(octets, "big")
    if len(octets) < size or form == "hex":
        return f"0x{octets.hex()}"
    match form:
        case "mac":
            return mac_text(Mac(octets))
        case "ip":
            return ipv4_text(IPv4(number))
        case "flags":
            return "".join(flag for bit, flag in enumerate(_TCP_FLAGS) if number & 0x80 >> bit) or "none"
    return str(number)


def _data_text(octets: bytes) -> str:
    """Printable octets as text, others in hexadecimal; the middle of a long one is left out, and its length told."""
    shown = octets[:_MOST_SHOWN]
    cut = f"... ({len(octets)} octets)" if len(octets) > _MOST_SHOWN else ""
    if all(0x20 <= octet < 0x7F or octet in b"\r\n" for octet in shown):
        return repr(shown.decode("ascii"))[1:-1] + cut
    return shown.hex() + cut
