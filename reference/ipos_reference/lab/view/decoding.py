"""A captured frame spelled out: its name, its fields, and what is wrong with it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ipos_spec.captures import CapturedFrame
from ipos_spec.codec import decode_extended
from ipos_spec.dissection import Item, dissect, dissect_wrong
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.requirements import requirement
from ipos_spec.wording import heading

from ipos_reference.lab.view import headers
from ipos_reference.lab.view.headers import Field

_TYPE = slice(12, 14)
_TEXT_ROOM = 400
"""Characters of a value that are shown."""


class Decoded(NamedTuple):
    """What a frame is.

    what      in a few words
    summary   what it says, shorter than a line
    violates  in a sentence, which requirement; empty for a right frame
    """

    what: str
    summary: str
    fields: tuple[Field, ...]
    violates: str


def is_ipos(frame: CapturedFrame) -> bool:
    """Whether it has ipOS's EtherType (ENC-2)."""
    return frame.octets[_TYPE] == ETHER_TYPE.to_bytes(2, "big")


def decoded(frame: CapturedFrame) -> Decoded:
    """Spell a frame out."""
    if not is_ipos(frame):
        fields = tuple(headers.ethernet(frame.octets))
        return Decoded(_kind(fields), _summary(fields, ""), fields, "")
    try:
        packet = decode_extended(frame.octets)
    except DecodeError as error:
        violated = requirement(error.requirement)
        items = dissect_wrong(frame.octets, error)
        fields = tuple(_fields(items, frame.octets, f"Wrong: {error.problem}."))
        return Decoded("Wrong ipOS frame", error.problem, fields, f"{violated.id}: {violated.sentence}")
    fields = tuple(_fields(dissect(packet), frame.octets, ""))
    return Decoded(heading(type(packet).__name__), _summary(fields, "inner."), fields, "")


def _kind(fields: Iterable[Field]) -> str:
    """The innermost protocol, by the groups that the fields are in."""
    found = {field.path.partition(".")[0] for field in fields}
    names = {"http": "HTTP", "tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "ip": "IPv4", "arp": "ARP"}
    return next((name for group, name in names.items() if group in found), "Ethernet frame")


def _summary(fields: Iterable[Field], prefix: str) -> str:
    """What a client's packet says: of HTTP the start line, of TCP the flags, and how much data there is."""
    values = {field.path.removeprefix(prefix): field.value for field in fields if field.path.startswith(prefix)}
    sizes = {field.path.removeprefix(prefix): field.size for field in fields if field.path.startswith(prefix)}
    if "http.start_line" in values:
        return values["http.start_line"]
    if "arp.operation" in values:
        return f"{values['arp.operation']}: {values['arp.target_ip']}"
    flags = values.get("tcp.flags", "").partition("(")[2].rstrip(")")
    octets = sizes.get("data", 0)
    words = [flags] if flags else []
    words += [f"{octets} octet{'' if octets == 1 else 's'}"] if octets else []
    return ", ".join(words)


def _fields(items: Iterable[Item], frame: bytes, problem: str) -> Iterator[Field]:
    """The fields of a packet of FIG. 11; the client's packet within is spelled out, too."""
    for item in items:
        if item.path == "inner" and item.size and not item.wrong:
            yield from headers.ip_packet("inner.", frame[: item.offset + item.size], item.offset)
        elif item.size or item.wrong:
            unit = f" [{item.wire.unit}]" if item.wire.unit else ""
            meaning = problem if item.wrong and problem else f"{item.wire.documentation}{unit}"
            yield Field(item.path, item.offset, item.size, _value(item), meaning, item.wrong)


def _value(item: Item) -> str:
    if item.path == "padding" and isinstance(item.value, bytes) and not any(item.value):
        return "all zero"
    text = headers.named(item.text)
    return text if len(text) <= _TEXT_ROOM else f"{text[:_TEXT_ROOM]} ..."


def request(frame: CapturedFrame) -> str:
    """The start line of the HTTP request that a frame of the first LAN carries; empty if it carries none."""
    if is_ipos(frame) or b"HTTP/1." not in frame.octets:
        return ""
    found = next((field.value for field in headers.ethernet(frame.octets) if field.path == "http.start_line"), "")
    return "" if found.startswith("HTTP/") else found.rpartition(" HTTP/")[0]
