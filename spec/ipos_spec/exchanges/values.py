"""An exchange as data: what passes on both LANs, in order, and why."""

from dataclasses import dataclass

FIRST_LAN, SECOND_LAN = "first LAN", "second LAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFrame:
    """One frame on one LAN.

    time_ns   nanoseconds since 1970-01-01 00:00 UTC
    lan       FIRST_LAN or SECOND_LAN
    octets    the Ethernet frame, padded, without frame check sequence
    comment   what happens and which requirement rules it; begins with its id
    violates  the requirement that the frame itself violates; empty for a right one
    """

    time_ns: int
    lan: str
    octets: bytes
    comment: str
    violates: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A whole story: ``title`` tells it in a sentence."""

    name: str
    title: str
    frames: tuple[ExchangeFrame, ...]
