"""AFL++'s dictionary: numbers of the schemas in network byte order, and of what the client's packet is made of."""

from collections.abc import Iterator

from ipos_spec.description import FieldDescription, ProtocolDescription
from ipos_spec.rules import OneOf, Within

from ipos_fuzz.operators.operator import boundary_values

_INNER_PACKET = {
    "ip_without_options": b"\x45\x00",
    "ip_all_options": b"\x4f\x00",
    "ip_do_not_fragment": b"\x40\x00",
    "ip_more_fragments": b"\x20\x00",
    "ip_tcp": b"\x06",
    "ip_udp": b"\x11",
    "tcp_syn": b"\x50\x02",
    "tcp_rst_ack": b"\x50\x14",
    "tcp_fin_ack": b"\x50\x11",
    "tcp_all_options": b"\xf0\x18",
    "option_mss": b"\x02\x04\x05\xb4",
    "option_scale": b"\x01\x03\x03\x0f",
    "option_sack_permitted": b"\x01\x01\x04\x02",
    "option_sack": b"\x01\x01\x05\x0a",
    "option_timestamps": b"\x01\x01\x08\x0a",
    "option_without_end": b"\xfe\xff",
    "option_of_length_zero": b"\xfe\x00",
    "request": b"GET / HTTP/1.1\r\n\r\n",
}
"""RFC 791, RFC 9293, RFC 7323, RFC 2018: that is outside of ipOS's schemas."""


def dictionary(description: ProtocolDescription) -> str:
    """Write a line for each token, in the form that AFL++ and libFuzzer read: name="octets, escaped"."""
    tokens: dict[bytes, str] = {}
    for name, octets in (*_kinds(description), *_values(description), *_boundaries(), *_INNER_PACKET.items()):
        tokens.setdefault(octets, name)
    return "".join(f'{name}="{_escaped(octets)}"\n' for octets, name in tokens.items())


def _kinds(description: ProtocolDescription) -> Iterator[tuple[str, bytes]]:
    """Type and protocol of each packet, as they stand beside each other."""
    for packet in description.packets:
        for protocol in packet.protocols:
            yield f"{packet.name}_{protocol}".replace("-", "_"), bytes([packet.type, protocol])


def _values(description: ProtocolDescription) -> Iterator[tuple[str, bytes]]:
    """What has a name, and what stands on both sides of a rule's bound."""
    for structure in description.structures:
        for field in structure.fields:
            name = field.path.replace(".", "_")
            for word, value in field.names:
                yield f"{name}_{word.lower()}", _octets(field, value)
            for value in _bounds(field):
                yield f"{name}_{value}", _octets(field, value)


def _bounds(field: FieldDescription) -> Iterator[int]:
    top = 256 ** (field.size or 0) - 1
    for rule in field.rules:
        match rule:
            case Within(low=low, high=high):
                yield from (value for value in (low - 1, low, high, high + 1) if 0 <= value <= top)
            case OneOf(values=values):
                yield from (int(value) for value in values)


def _octets(field: FieldDescription, value: int) -> bytes:
    return value.to_bytes(field.size or 1, "big")


def _boundaries() -> Iterator[tuple[str, bytes]]:
    for size in (1, 2, 4):
        for value in boundary_values(size):
            yield f"boundary_{size}_{value}", value.to_bytes(size, "big")


def _escaped(octets: bytes) -> str:
    return "".join(
        chr(octet) if 0x20 <= octet < 0x7F and chr(octet) not in '"\\' else f"\\x{octet:02x}" for octet in octets
    )
