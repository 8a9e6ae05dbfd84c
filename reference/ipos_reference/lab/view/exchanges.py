"""Keeps the frames of the last exchanges: what passed on both LANs for one connection of one client."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from ipos_spec.addresses import IPv4
from ipos_spec.captures import CapturedFrame
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.transport import TRANSPORTS

from ipos_reference.addresses import Address
from ipos_reference.lab import plan
from ipos_reference.lab.view.decoding import is_ipos

MOST_EXCHANGES = 40
FIRST_FRAMES, LAST_FRAMES = 80, 40
"""Of each exchange that are kept; a download has thousands, which are all alike."""

_IPV4 = b"\x08\x00"
_PROTOCOLS = {one.iana: one.protocol for one in TRANSPORTS}
_SERVERS = {address for address, name in plan.by_address().items() if name.startswith("server")}
_SYN, _ACK = 0x02, 0x10


class Numbered(NamedTuple):
    """A frame, and its number among all that were seen, from 1."""

    number: int
    frame: CapturedFrame


@dataclass(frozen=True, slots=True)
class Exchange:
    """One connection as it was seen up to now.

    number    tells it from all others
    server    whom the client talks to, whoever answers; None as long as nothing says so
    frames    that are kept, in order
    left_out  frames after the first FIRST_FRAMES that are not kept
    moved_to  servers to whom a connection packet went, in order
    """

    number: int
    protocol: Protocol
    client: Address
    server: Address | None
    frames: tuple[Numbered, ...]
    left_out: int
    moved_to: tuple[IPv4, ...]


class _Seen(NamedTuple):
    """What a frame says of the exchange that it belongs to."""

    protocol: Protocol
    client: Address
    server: Address | None = None
    target: IPv4 | None = None  # to whom a connection packet goes
    opens: bytes = b""  # a client's SYN, by its sequence number


@dataclass(slots=True)
class _Growing:
    number: int
    seen: _Seen
    first: list[Numbered] = field(default_factory=list)
    last: deque[Numbered] = field(default_factory=lambda: deque(maxlen=LAST_FRAMES))
    count: int = 0
    moved_to: dict[IPv4, None] = field(default_factory=dict)

    def add(self, seen: _Seen, frame: Numbered) -> None:
        self.count += 1
        (self.first if len(self.first) < FIRST_FRAMES else self.last).append(frame)
        self.seen = self.seen._replace(server=self.seen.server or seen.server, opens=self.seen.opens or seen.opens)
        if seen.target is not None:
            self.moved_to[seen.target] = None

    def snapshot(self) -> Exchange:
        frames = (*self.first, *self.last)
        return Exchange(
            self.number,
            self.seen.protocol,
            self.seen.client,
            self.seen.server,
            frames,
            self.count - len(frames),
            tuple(self.moved_to),
        )


class Exchanges:
    """The last MOST_EXCHANGES, filled frame by frame; the one that was silent longest goes for a new one."""

    def __init__(self) -> None:
        self._kept: dict[int, _Growing] = {}  # by number; who was heard of last is at the end
        self._current: dict[tuple[Protocol, Address], int] = {}
        self._begun = 0

    def add(self, number: int, frame: CapturedFrame) -> None:
        """Take a frame; one that is of no client's connection is left aside."""
        if (seen := _seen(frame)) is None:
            return
        found = self._kept.pop(self._current.get((seen.protocol, seen.client), 0), None)
        if found is not None and seen.opens and found.seen.opens not in (b"", seen.opens):
            self._kept[found.number] = found  # the port is used again: that one is over
            found = None
        if found is None:
            found = self._begin(seen)
        self._kept[found.number] = found
        found.add(seen, Numbered(number, frame))

    def latest(self) -> tuple[Exchange, ...]:
        """Those that are kept, the one that began last first."""
        return tuple(self._kept[number].snapshot() for number in sorted(self._kept, reverse=True))

    def _begin(self, seen: _Seen) -> _Growing:
        self._begun += 1
        if len(self._kept) >= MOST_EXCHANGES:
            silent = self._kept.pop(next(iter(self._kept)))
            key = silent.seen.protocol, silent.seen.client
            if self._current[key] == silent.number:
                del self._current[key]
        self._current[seen.protocol, seen.client] = self._begun
        return _Growing(self._begun, seen)


def _seen(frame: CapturedFrame) -> _Seen | None:
    octets = frame.octets
    if is_ipos(frame):
        return _on_second_lan(octets)
    if octets[12:14] == _IPV4:
        return _in_packet(octets[14:])
    return None


def _on_second_lan(octets: bytes) -> _Seen | None:
    """By the reference, which names the client and the target (ENC-3)."""
    header = octets[14:30]
    if len(header) < 16 or header[13] not in (Protocol.TCP, Protocol.UDP):
        return None
    protocol = Protocol(header[13])
    client = Address(IPv4(int.from_bytes(header[:4], "big")), int.from_bytes(header[4:6], "big"))
    match header[12]:
        case PacketType.CONNECTION:
            server = _address(octets[30:36])
            return _Seen(protocol, client, server, target=IPv4(int.from_bytes(header[6:10], "big")))
        case PacketType.PACKET:
            inner = _in_packet(octets[30:])
            return _Seen(protocol, client, inner.server if inner is not None else None)
        case PacketType.ACKNOWLEDGEMENT:
            return _Seen(protocol, client)
    return None


def _in_packet(packet: bytes) -> _Seen | None:
    """By the addresses of an IP packet: that of a server tells which side is the client."""
    if len(packet) < 20 or packet[9] not in _PROTOCOLS:
        return None
    ports = packet[(packet[0] & 0xF) * 4 :]
    source, destination = _address(packet[12:16] + ports[:2]), _address(packet[16:20] + ports[2:4])
    if source is None or destination is None or (source.ip in _SERVERS) == (destination.ip in _SERVERS):
        return None
    protocol = _PROTOCOLS[packet[9]]
    if source.ip in _SERVERS:
        return _Seen(protocol, destination, source)
    is_syn = protocol is Protocol.TCP and len(ports) > 13 and ports[13] & (_SYN | _ACK) == _SYN
    return _Seen(protocol, source, destination, opens=ports[4:8] if is_syn else b"")


def _address(octets: bytes) -> Address | None:
    if len(octets) < 6:
        return None
    return Address(IPv4(int.from_bytes(octets[:4], "big")), int.from_bytes(octets[4:6], "big"))
