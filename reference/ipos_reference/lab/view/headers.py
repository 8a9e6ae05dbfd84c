"""The headers around and within a client's data, spelled out: Ethernet, ARP, IPv4, ICMP, UDP, TCP, the start of HTTP.

What ipOS adds is `ipos_spec.dissection`'s; here is what any packet analyser knows, as far as the lab's LANs carry it.
Octets come from the network: every reading stops where they end, and text is made printable.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ipos_spec.addresses import BROADCAST_MAC, ipv4_text, mac_text
from ipos_spec.cli.spelled import printable

from ipos_reference.lab import plan

_ARP, _IPV4 = 0x0806, 0x0800
_ICMP, _TCP, _UDP = 1, 6, 17
_NAMES = {
    mac_text(BROADCAST_MAC): "everybody",
    **{mac_text(address): name for address, name in plan.by_mac().items()},
    **{ipv4_text(address): name for address, name in plan.by_address().items()},
}
_ETHER_TYPES = {_ARP: "ARP", _IPV4: "IPv4"}
_PROTOCOLS = {_ICMP: "ICMP", _TCP: "TCP", _UDP: "UDP"}
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_HTTP = re.compile(rb"(?:HTTP/1\.[01] |[A-Z]{3,10} [^\r\n]+ HTTP/1\.[01]\r?\n)")
_LONGEST_TEXT = 200
"""Octets of data, or of a line, that are shown."""


class Field(NamedTuple):
    """A field of a frame.

    path     dotted name
    offset   in the frame, in octets
    size     in octets
    value    as people write it
    meaning  what it says
    wrong    whether this is what a router discards the frame for
    """

    path: str
    offset: int
    size: int
    value: str
    meaning: str
    wrong: bool = False


class _Row(NamedTuple):
    """A line of a header's table; its value is made from the field's octets."""

    name: str
    size: int
    text: Callable[[bytes], str]
    meaning: str


def ethernet(frame: bytes) -> Iterator[Field]:
    """All fields of an Ethernet frame."""
    yield from _spelled("ethernet", _ETHERNET, frame, 0)
    match int.from_bytes(frame[12:14], "big"):
        case 0x0806:
            yield from _spelled("arp", _ARP_ROWS, frame, 14)
            yield from _rest("padding", "What Ethernet fills a short frame with.", frame, 42, len(frame))
        case 0x0800:
            yield from ip_packet("", frame, 14)
        case _:
            yield from _rest("data", "Not decoded.", frame, 14, len(frame))


def ip_packet(prefix: str, frame: bytes, start: int) -> Iterator[Field]:
    """The fields of an IPv4 packet within a frame, paths with a prefix, and of the padding behind it."""
    yield from _spelled(f"{prefix}ip", _IP_ROWS, frame, start)
    if len(frame) < start + 20:
        return
    header = (frame[start] & 0xF) * 4
    end = min(start + max(int.from_bytes(frame[start + 2 : start + 4], "big"), 20), len(frame))
    within = start + max(header, 20)
    yield from _rest(f"{prefix}ip.options", "Options.", frame[:end], start + 20, within)
    if _offset(frame[start + 6 : start + 8]):
        yield from _rest(f"{prefix}data", "A later fragment of a packet.", frame, within, end)
    else:
        yield from _TRANSPORTS.get(frame[start + 9], _unknown)(prefix, frame[:end], within)
    yield from _rest("padding", "What Ethernet fills a short frame with.", frame, end, len(frame))


def _tcp(prefix: str, packet: bytes, start: int) -> Iterator[Field]:
    yield from _spelled(f"{prefix}tcp", _TCP_ROWS, packet, start)
    if len(packet) < start + 20:
        return
    data = start + max((packet[start + 12] >> 4) * 4, 20)
    yield from _tcp_options(f"{prefix}tcp.options", packet[:data], start + 20)
    yield from _data(prefix, packet, data)


def _udp(prefix: str, packet: bytes, start: int) -> Iterator[Field]:
    yield from _spelled(f"{prefix}udp", _UDP_ROWS, packet, start)
    yield from _data(prefix, packet, start + 8)


def _icmp(prefix: str, packet: bytes, start: int) -> Iterator[Field]:
    yield from _spelled(f"{prefix}icmp", _ICMP_ROWS, packet, start)
    yield from _rest(f"{prefix}icmp.data", "What the message is about.", packet, start + 8, len(packet))


def _unknown(prefix: str, packet: bytes, start: int) -> Iterator[Field]:
    yield from _rest(f"{prefix}data", "Of another protocol; not decoded.", packet, start, len(packet))


_TRANSPORTS = {_ICMP: _icmp, _TCP: _tcp, _UDP: _udp}


def _tcp_options(path: str, header: bytes, start: int) -> Iterator[Field]:
    """Option by option (RFC 9293 3.2): kind, and where there is more, length and value."""
    at = start
    while at < len(header):
        kind = header[at]
        size = header[at + 1] if kind > 1 and at + 1 < len(header) else 1
        if size < 1 or at + size > len(header) or (kind > 1 and size < 2):
            yield from _rest(path, "Options that end before they should.", header, at, len(header))
            return
        name, text = _option(kind, header[at + 2 : at + size])
        yield Field(f"{path}.{name}", at, size, text, _OPTION_MEANINGS.get(name, "Another option."))
        at += size
        if kind == 0:
            yield from _rest(f"{path}.padding", "What is behind the end of the options.", header, at, len(header))
            return


def _option(kind: int, value: bytes) -> tuple[str, str]:
    """Name and value of an option."""
    numbers = [int.from_bytes(value[at : at + 4], "big") for at in range(0, len(value) // 4 * 4, 4)]
    match kind, len(value):
        case 0, 0:
            return "end", ""
        case 1, 0:
            return "no_operation", ""
        case 2, 2:
            return "maximum_segment_size", str(int.from_bytes(value, "big"))
        case 3, 1:
            return "window_scale", str(value[0])
        case 4, 0:
            return "sack_permitted", ""
        case 5, size if size and size % 8 == 0:
            return "sack", ", ".join(
                f"{left} to {right}" for left, right in zip(numbers[::2], numbers[1::2], strict=True)
            )
        case 8, 8:
            return "timestamps", f"{numbers[0]}, {numbers[1]}"
    return f"option_{kind}", value.hex(" ")


_OPTION_MEANINGS = {
    "end": "End of the options.",
    "no_operation": "Fills up a word.",
    "maximum_segment_size": "Largest segment that the sender takes, in octets (RFC 9293 3.7.1).",
    "window_scale": "Bits by which windows are shifted (RFC 7323 2).",
    "sack_permitted": "The sender understands selective acknowledgments (RFC 2018).",
    "sack": "What has come beyond a gap (RFC 2018).",
    "timestamps": "TSval, the sender's clock, and TSecr, the other's echoed (RFC 7323 3).",
}


def _data(prefix: str, packet: bytes, start: int) -> Iterator[Field]:
    """What an application says: of HTTP its start line apart, of the rest the beginning."""
    octets = packet[start:]
    if _HTTP.match(octets):
        line = re.match(rb"[^\r\n]*(?:\r?\n)?", octets)
        size = len(line[0]) if line else 0
        text = _shown(octets[:size].rstrip(b"\r\n"))
        yield Field(
            f"{prefix}http.start_line", start, size, text, "What is asked for, or how it was answered (RFC 9112)."
        )
        yield from _text(f"{prefix}http.rest", "Header fields and content.", packet, start + size)
    else:
        yield from _text(f"{prefix}data", "What the application says.", packet, start)


def _text(path: str, meaning: str, packet: bytes, start: int) -> Iterator[Field]:
    if octets := packet[start:]:
        yield Field(path, start, len(octets), _shown(octets), meaning)


def _shown(octets: bytes) -> str:
    """The beginning of some octets, as text if that is what they are."""
    beginning = octets[:_LONGEST_TEXT]
    more = f" ... {len(octets) - _LONGEST_TEXT} octets more" if len(octets) > _LONGEST_TEXT else ""
    try:
        text = beginning.decode("ascii")
    except UnicodeDecodeError:
        return beginning[:64].hex(" ") + (f" ... {len(octets) - 64} octets more" if len(octets) > 64 else "")
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(printable(line) for line in lines) + more


def _spelled(group: str, rows: tuple[_Row, ...], octets: bytes, start: int) -> Iterator[Field]:
    """The fields of a header; the last one may be cut off."""
    at = start
    for name, size, text, meaning in rows:
        field = octets[at : at + size]
        if len(field) < size:
            if field:
                yield Field(f"{group}.{name}", at, len(field), field.hex(" "), f"{meaning} Here the frame ends.")
            return
        yield Field(f"{group}.{name}", at, size, text(field), meaning)
        at += size


def _rest(path: str, meaning: str, octets: bytes, start: int, end: int) -> Iterator[Field]:
    if rest := octets[start:end]:
        shown = rest[:64].hex(" ") if any(rest) else "all zero"
        more = f" ... {len(rest) - 64} octets more" if len(rest) > 64 and any(rest) else ""
        yield Field(path, start, len(rest), shown + more, meaning)


def _number(octets: bytes) -> str:
    return str(int.from_bytes(octets, "big"))


def _hex(octets: bytes) -> str:
    return f"0x{octets.hex()}"


def _mac(octets: bytes) -> str:
    return named(mac_text(octets))


def _ip(octets: bytes) -> str:
    return named(ipv4_text(int.from_bytes(octets, "big")))


def _name_of(names: dict[int, str]) -> Callable[[bytes], str]:
    def text(octets: bytes) -> str:
        number = int.from_bytes(octets, "big")
        return _named(_hex(octets) if len(octets) == 2 else str(number), names.get(number, ""))

    return text


def named(text: str) -> str:
    """An address as text, with the name of who has it in the lab."""
    return _named(text, _NAMES.get(text, ""))


def _named(text: str, name: str) -> str:
    return f"{text} ({name})" if name else text


def _version(octets: bytes) -> str:
    return f"version {octets[0] >> 4}, header of {(octets[0] & 0xF) * 4} octets"


def _header_length(octets: bytes) -> str:
    return f"header of {(octets[0] >> 4) * 4} octets"


def _flags(octets: bytes) -> str:
    return _named(_hex(octets), " ".join(name for bit, name in enumerate(_FLAGS) if octets[0] >> bit & 1))


def _offset(octets: bytes) -> int:
    return (int.from_bytes(octets, "big") & 0x1FFF) * 8


def _fragment(octets: bytes) -> str:
    flags = [name for bit, name in ((0x40, "don't fragment"), (0x20, "more fragments")) if octets[0] & bit]
    return _named(_hex(octets), ", ".join([*flags, *([f"offset {_offset(octets)}"] if _offset(octets) else [])]))


_ETHERNET = (
    _Row("destination", 6, _mac, "MAC address of the receiver."),
    _Row("source", 6, _mac, "MAC address of the sender."),
    _Row("type", 2, _name_of(_ETHER_TYPES), "EtherType: what the frame carries."),
)
_ARP_ROWS = (
    _Row("hardware", 2, _name_of({1: "Ethernet"}), "Of which kind the hardware addresses are (RFC 826)."),
    _Row("protocol", 2, _name_of(_ETHER_TYPES), "Of which protocol the other addresses are."),
    _Row("hardware_size", 1, _number, "Octets of a hardware address."),
    _Row("protocol_size", 1, _number, "Octets of a protocol address."),
    _Row("operation", 2, _name_of({1: "request", 2: "reply"}), "Whether it asks or answers."),
    _Row("sender_mac", 6, _mac, "Who asks or answers."),
    _Row("sender_ip", 4, _ip, "Who asks or answers."),
    _Row("target_mac", 6, _mac, "Who is asked for, or told."),
    _Row("target_ip", 4, _ip, "Who is asked for, or told."),
)
_IP_ROWS = (
    _Row("version", 1, _version, "Version and header length (RFC 791)."),
    _Row("service", 1, _hex, "Differentiated services and congestion (RFC 2474, RFC 3168)."),
    _Row("total_length", 2, _number, "Octets of the packet, this header included."),
    _Row("identification", 2, _number, "Which fragments belong together."),
    _Row("fragment", 2, _fragment, "Flags and offset of a fragment."),
    _Row("ttl", 1, _number, "Routers that it may still pass."),
    _Row("protocol", 1, _name_of(_PROTOCOLS), "What the packet carries."),
    _Row("checksum", 2, _hex, "Of this header."),
    _Row("source", 4, _ip, "Who has sent it."),
    _Row("destination", 4, _ip, "To whom it goes."),
)
_TCP_ROWS = (
    _Row("source_port", 2, _number, "The sender's port (RFC 9293 3.1)."),
    _Row("destination_port", 2, _number, "The receiver's port."),
    _Row("sequence", 4, _number, "Number of the first octet of data, or of SYN."),
    _Row("acknowledgment", 4, _number, "Number of the octet that the sender expects next."),
    _Row("data_offset", 1, _header_length, "Where data begins."),
    _Row("flags", 1, _flags, "What the segment is for."),
    _Row("window", 2, _number, "Octets that the sender has room for, before scaling."),
    _Row("checksum", 2, _hex, "Of segment and addresses."),
    _Row("urgent_pointer", 2, _number, "End of urgent data, where URG is set."),
)
_UDP_ROWS = (
    _Row("source_port", 2, _number, "The sender's port (RFC 768)."),
    _Row("destination_port", 2, _number, "The receiver's port."),
    _Row("length", 2, _number, "Octets of the datagram, this header included."),
    _Row("checksum", 2, _hex, "Of datagram and addresses."),
)
_ICMP_ROWS = (
    _Row(
        "type",
        1,
        _name_of({0: "echo reply", 3: "destination unreachable", 8: "echo request", 11: "time exceeded"}),
        "What the message says (RFC 792).",
    ),
    _Row("code", 1, _number, "More of it."),
    _Row("checksum", 2, _hex, "Of the message."),
    _Row("parameters", 4, _hex, "What the type needs."),
)
