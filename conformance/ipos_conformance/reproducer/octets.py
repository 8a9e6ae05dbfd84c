"""The octets of a frame, read and changed with the standard library alone: this is a part of every reproducer."""

from collections.abc import Iterator
from typing import Any

Setup = dict[str, Any]
"""See `player.Player`."""

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SPACE = 1 << 32


def number(octets: bytes, at: int, size: int) -> int:
    """An unsigned integer in network byte order."""
    return int.from_bytes(octets[at : at + size], "big")


def put(octets: bytes, at: int, size: int, value: int) -> bytes:
    """The octets with another integer at one place."""
    return octets[:at] + value.to_bytes(size, "big") + octets[at + size :]


def ones_sum(octets: bytes) -> int:
    """The sum of 16-bit words that the Internet checksum is the complement of (RFC 1071)."""
    return int.from_bytes(octets + b"\0" * (len(octets) % 2), "big") % 0xFFFF


def corrected(checksum: int, before: bytes, after: bytes) -> int:
    """A checksum after what it covers has changed; one that was wrong stays wrong by as much (RFC 1624)."""
    difference = (ones_sum(before) - ones_sum(after)) % 0xFFFF
    return (checksum + difference) % 0xFFFF if difference else checksum


class Segment:
    """A TCP segment in a frame: where its IP and TCP headers begin, whose it is, its numbers and data."""

    def __init__(self, frame: bytes, at: int, *, outbound: bool) -> None:
        self.ip, self.tcp = at, at + (frame[at] & 15) * 4
        self.end = at + number(frame, at + 2, 2)
        self.seq, self.ack = number(frame, self.tcp + 4, 4), number(frame, self.tcp + 8, 4)
        self.flags = frame[self.tcp + 13]
        self.data = frame[self.tcp + (frame[self.tcp + 12] >> 4) * 4 : self.end]
        source = frame[at + 12 : at + 16] + frame[self.tcp : self.tcp + 2]
        destination = frame[at + 16 : at + 20] + frame[self.tcp + 2 : self.tcp + 4]
        self.connection = source + destination if outbound else destination + source
        self.length = len(self.data) + bool(self.flags & SYN) + bool(self.flags & FIN)
        self.options = dict(options(frame[self.tcp + 20 : self.tcp + (frame[self.tcp + 12] >> 4) * 4], self.tcp + 20))


def options(octets: bytes, at: int) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Kind, and (place in the frame, value) of each TCP option."""
    while octets and octets[0]:
        size = octets[1] if octets[0] > 1 and len(octets) > 1 else 1
        if octets[0] > 1:
            yield octets[0], (at + 2, octets[2:size])
        octets, at = octets[max(size, 1) :], at + max(size, 1)


def is_ipos(frame: bytes, setup: Setup) -> bool:
    """Whether a frame is an ipOS frame with a whole header."""
    return len(frame) >= 30 and number(frame, 12, 2) == setup["ether_type"]


def segment_of(frame: bytes, setup: Setup, *, outbound: bool) -> Segment | None:
    """The TCP segment that a frame carries, bare or as a client's packet (type 2), or None."""
    inside = is_ipos(frame, setup) and frame[26:28] == b"\2\1"
    at = 30 if inside else 14
    if not inside and number(frame, 12, 2) != 0x0800:
        return None
    packet = frame[at:]
    if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != 6 or number(packet, 6, 2) & 0x1FFF:
        return None
    if not (packet[0] & 15) * 4 + 20 <= number(packet, 2, 2) <= len(packet):
        return None
    return Segment(frame, at, outbound=outbound or inside)


def spoken(frame: bytes, setup: Setup) -> Segment | None:
    """The segment of a received frame that the router itself speaks in: none that it only passes on."""
    return None if is_ipos(frame, setup) else segment_of(frame, setup, outbound=False)
