"""A client's request: when it is complete enough to choose a server by it, and what it says for that (ORG-3)."""

import re
from dataclasses import dataclass
from enum import StrEnum

import h11

MAXIMUM = 16 * 1024
"""Octets after which the choice is made without URL and cookie."""

_ABSOLUTE_FORM = re.compile(r"https?://(?P<authority>[^/?#]*)(?P<path>[^?#]*)", re.IGNORECASE)
_PORT = re.compile(r":[0-9]*$")


class RequestKind(StrEnum):
    """What a port carries: HTTP waits for the end of the header section, raw for the first octet."""

    HTTP = "http"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Request:
    """What a choice is made by.

    path     of the target, from its first slash on, as sent, without query; ``*`` and CONNECT have an empty one
    host     lower case, without port; empty where the request names none
    cookies  names and values as sent, in order; a name may occur more than once (RFC 6265 4.2.2)
    """

    method: str
    path: str
    host: str = ""
    cookies: tuple[tuple[str, str], ...] = ()


def is_complete(kind: RequestKind, octets: bytes) -> bool:
    """Whether a server can be chosen by these octets, the first ones that the client sent.

    LF LF is not looked for, as ORG-3 permits: what is complete here then is so for an application of any strictness.
    """
    match kind:
        case RequestKind.RAW:
            return bool(octets)
        case RequestKind.HTTP:
            return b"\r\n\r\n" in octets or len(octets) >= MAXIMUM


def read(kind: RequestKind, octets: bytes) -> Request | None:
    """What the first octets of a connection ask for; None where the choice is made without URL and cookie.

    That is so on a raw port, for a header section of more than 16 KiB, and for all that is no HTTP/1 request.
    """
    if kind is RequestKind.RAW:
        return None
    parser = h11.Connection(h11.SERVER)
    try:
        parser.receive_data(octets[:MAXIMUM])
        event = parser.next_event()
    except h11.RemoteProtocolError:
        return None
    return request_of(event) if isinstance(event, h11.Request) else None


def request_of(event: h11.Request) -> Request:
    """What a request that h11 has read asks for."""
    host, cookies = "", []
    for name, value in event.headers:
        if name == b"host":
            host = _text(value)
        elif name == b"cookie":
            cookies += [_pair(part) for part in _text(value).split(";")]
    target = _text(event.target)
    absolute = _ABSOLUTE_FORM.match(target)
    if absolute:  # its host counts, not the field's (RFC 9112 3.2.2)
        host, path = absolute["authority"].rpartition("@")[2], absolute["path"] or "/"
    else:
        path = target.partition("?")[0] if target.startswith("/") else ""
    return Request(_text(event.method), path, _PORT.sub("", host).lower(), tuple(cookies))


def _pair(cookie: str) -> tuple[str, str]:
    name, _, value = cookie.partition("=")
    return name.strip(), value.strip()


def _text(octets: bytes) -> str:
    """Text as the tables have it; octets that are none stay apart from it, and printable."""
    return octets.decode("utf-8", "backslashreplace")
