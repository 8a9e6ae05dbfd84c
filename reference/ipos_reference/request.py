"""When a request is complete enough to choose a server by it (ORG-3)."""

from enum import StrEnum

MAXIMUM = 16 * 1024
"""Octets after which the choice is made without URL and cookie."""


class RequestKind(StrEnum):
    """What a port carries: HTTP waits for the end of the header section, raw for the first octet."""

    HTTP = "http"
    RAW = "raw"


def is_complete(kind: RequestKind, octets: bytes) -> bool:
    """Whether a server can be chosen by these octets, the first ones that the client sent."""
    match kind:
        case RequestKind.RAW:
            return bool(octets)
        case RequestKind.HTTP:
            return b"\r\n\r\n" in octets or len(octets) >= MAXIMUM
