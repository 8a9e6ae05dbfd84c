"""What a sequence diagram consists of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ipos_spec.exchanges.internet import Socket

Names = Mapping[bytes | int, str]
"""What people call somebody, by MAC address (six octets) or IPv4 address."""


class Kind(StrEnum):
    """What a frame is to ipOS."""

    ORDINARY = "ordinary IP"
    CONNECTION = "connection packet"
    ACKNOWLEDGEMENT = "acknowledgement"
    PACKET = "client's packet"
    WRONG = "wrong ipOS frame"


class Role(StrEnum):
    """What somebody is in FIG. 2A; the lifelines stand in this order."""

    CLIENT = "client"
    EDGE_ROUTER = "edge router"
    ORIGIN = "origin"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody with a lifeline."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A frame, or a run of like ones.

    numbers   of the frames in the capture, counted from 1 as Wireshark does
    time_ns   of the first one, nanoseconds since 1970-01-01 00:00 UTC
    lan       first LAN or second LAN
    way       places in `Sequence.participants` from the sender to who gets it in the end, whoever passes it on between;
              empty where frames are left out of the diagram
    label     what it says, in a few words
    kind      what it is to ipOS
    comments  that the capture has about it
    """

    numbers: tuple[int, ...]
    time_ns: int
    lan: str
    way: tuple[int, ...]
    label: str
    kind: Kind
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sequence:
    """One conversation as a diagram: ``client`` and ``server`` are the connection's ends."""

    client: Socket
    server: Socket
    participants: tuple[Participant, ...]
    messages: tuple[Message, ...]
