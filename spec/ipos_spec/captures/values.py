"""What a capture holds, and what can be wrong with one."""

from dataclasses import dataclass
from enum import IntEnum

from ipos_spec.errors import SpecError


class CaptureError(SpecError):
    """A file that is no capture, or one that breaks off or contradicts itself.

    offset   of what is wrong, in octets from the start of the file
    problem  what was found and what was expected
    """

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(f"octet {offset}: {problem}")
        self.offset = offset
        self.problem = problem


class LinkType(IntEnum):
    """What a captured frame begins with: the link types that one meets beside Ethernet (tcpdump.org/linktypes.html)."""

    NULL = 0
    ETHERNET = 1
    PPP = 9
    RAW = 101
    IEEE802_11 = 105
    LOOP = 108
    LINUX_SLL = 113
    IEEE802_11_RADIOTAP = 127
    IPV4 = 228
    LINUX_SLL2 = 276


def link_type_name(link_type: int) -> str:
    """The number of a link type, with its name if it is one of those above."""
    known = link_type in LinkType.__members__.values()
    return f"{link_type} ({LinkType(link_type).name})" if known else str(link_type)


class Resolution(IntEnum):
    """How finely a capture tells the time: the number of decimal places of a second."""

    MICROSECONDS = 6
    NANOSECONDS = 9


class Direction(IntEnum):
    """Which way a frame passed the interface (epb_flags, bits 0 and 1)."""

    INBOUND = 1
    OUTBOUND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFrame:
    """One frame of a capture.

    octets           as captured, octet for octet; a frame check sequence, if the capture has one, is not taken off
    original_length  octets that the frame had on the wire; more than were captured where a snap length cut it
    time_ns          nanoseconds since 1970-01-01 00:00 UTC; None where the capture has no time (Simple Packet Block)
    interface        name of the interface; empty where the capture has none (pcap)
    link_type        what the octets begin with: LinkType.ETHERNET, or another number
    comments         what somebody wrote about the frame, in the order of the file
    direction        None where the capture doesn't tell
    """

    octets: bytes
    original_length: int
    time_ns: int | None
    interface: str = ""
    link_type: int = LinkType.ETHERNET
    comments: tuple[str, ...] = ()
    direction: Direction | None = None
