"""What a field, or several together, may hold, as data: generators, vectors and checks all read the same rules.

A rule names its requirement. Who enforces it is its stage: some rules a frame violates by itself, whatever the state
of the router that gets it; others bind only the sender.
"""

from dataclasses import dataclass
from enum import StrEnum

from ipos_spec.addresses import BROADCAST_IP, BROADCAST_MAC, is_group_mac, is_unicast_ipv4


class Stage(StrEnum):
    """Who finds a violation."""

    FRAME = "frame"
    """The codec: the frame can't be read as the packet that it claims to be."""

    PACKET = "packet"
    """The router, from the packet alone: it reads well and is discarded all the same."""

    SENDER = "sender"
    """Nobody at run time: receivers ignore what stands there, and a sender that violates it is wrong."""


@dataclass(frozen=True, slots=True)
class Within:
    """A number from `low` to `high`, both included."""

    low: int
    high: int
    requirement: str
    stage: Stage = Stage.PACKET

    def __str__(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few numbers."""

    values: tuple[int, ...]
    requirement: str
    stage: Stage = Stage.FRAME

    def __str__(self) -> str:
        return " or ".join(str(int(value)) for value in self.values)


@dataclass(frozen=True, slots=True)
class Zero:
    """All octets zero: reserved, or padding inside a structure."""

    requirement: str
    stage: Stage = Stage.SENDER

    def __str__(self) -> str:
        return "zero"


@dataclass(frozen=True, slots=True)
class Unicast:
    """An IPv4 address of one host: not 0.0.0.0, not multicast, not 255.255.255.255."""

    requirement: str
    stage: Stage = Stage.PACKET

    def __str__(self) -> str:
        return "a unicast address"


@dataclass(frozen=True, slots=True)
class Individual:
    """A MAC address of one station: lowest bit of the first octet zero (IEEE 802)."""

    requirement: str
    stage: Stage = Stage.PACKET

    def __str__(self) -> str:
        return "not a group address"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """The IPv4 or MAC address of everybody on the link: all ones."""

    requirement: str
    stage: Stage = Stage.PACKET

    def __str__(self) -> str:
        return "the broadcast address"


FieldRule = Within | OneOf | Zero | Unicast | Individual | Broadcast
"""What a rule about one field can be."""


@dataclass(frozen=True, slots=True)
class Same:
    """Several fields of one structure, by their names, that hold the same value."""

    names: tuple[str, ...]
    requirement: str
    stage: Stage = Stage.PACKET

    def __str__(self) -> str:
        return " = ".join(self.names)


def holds(rule: FieldRule, value: int | bytes) -> bool:
    """Whether the value of a field is as its rule wants it."""
    match rule, value:
        case Within(low, high), int():
            return low <= value <= high
        case OneOf(values), int():
            return value in values
        case Zero(), int():
            return value == 0
        case Zero(), bytes():
            return not any(value)
        case Unicast(), int():
            return is_unicast_ipv4(value)
        case Individual(), bytes():
            return not is_group_mac(value)
        case Broadcast(), _:
            return value in (BROADCAST_IP, BROADCAST_MAC)
    raise TypeError(f"{rule!r} says nothing about {value!r}")
