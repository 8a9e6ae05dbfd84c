"""Which frames of a capture belong to one client's connection."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ipos_spec.captures import CapturedFrame
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.exchanges.internet import Socket, TcpFlag
from ipos_spec.packets import Acknowledgement, ConnectionPacket, Packet
from ipos_spec.sequence.frames import Frame, IpPacket, frame, protocol_of
from ipos_spec.sequence.stations import Stations

_Ends = tuple[Protocol, Socket, Socket]
"""Protocol, client, server."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One client's connection, with all frames that are about it.

    stations  who stands where, as the whole capture tells
    """

    protocol: Protocol
    client: Socket
    server: Socket
    frames: tuple[Frame, ...]
    stations: Stations

    @property
    def handed_over(self) -> bool:
        """Whether a router has acknowledged its endpoint."""
        return any(isinstance(one.packet, Acknowledgement) for one in self.frames)


@dataclass(slots=True)
class _Open:
    """A conversation that is still being collected."""

    ends: _Ends
    frames: list[Frame] = field(default_factory=list)
    finished_by: set[Socket] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        return len(self.finished_by) == 2

    def add(self, one: Frame) -> None:
        self.frames.append(one)
        if one.ip is not None and one.packet is None:
            if one.ip.flags & TcpFlag.RST:
                self.finished_by.update(self.ends[1:])
            elif one.ip.flags & TcpFlag.FIN:
                self.finished_by.add(one.ip.source)


class _Collection:
    def __init__(self) -> None:
        self.all: list[_Open] = []
        self._current: dict[_Ends, _Open] = {}
        self._by_client: dict[tuple[Protocol, Socket], _Open] = {}
        self._by_reference: dict[tuple[int, Reference], _Open] = {}

    def add(self, one: Frame) -> None:
        found = self._found(one)
        if found is not None:
            found.add(one)

    def _found(self, one: Frame) -> _Open | None:
        if one.packet is not None:
            return self._of_packet(one.packet, one.ip)
        if one.ip is not None:
            return self._of_ip(one.ip)
        return self._by_client.get(one.about) if one.about is not None else None

    def _of_packet(self, packet: Packet, inner: IpPacket | None) -> _Open | None:
        protocol, reference = protocol_of(packet), packet.header.reference
        client = Socket(reference.client_ip, reference.client_port)
        if isinstance(packet, ConnectionPacket):
            server = Socket(packet.connection.server_ip, packet.connection.server_port)
            found = self._opened((protocol, client, server))
            self._by_reference[protocol, reference] = found
            return found
        if inner is not None:
            return self._opened((protocol, inner.source, inner.destination))
        return self._by_reference.get((protocol, reference)) or self._by_client.get((protocol, client))

    def _of_ip(self, ip: IpPacket) -> _Open:
        ends = self._oriented(ip)
        current = self._current.get(ends)
        starts = ip.flags & (TcpFlag.SYN | TcpFlag.ACK) == TcpFlag.SYN
        if current is not None and current.is_over and starts:
            del self._current[ends]  # the client's port has been given away again
        return self._opened(ends)

    def _oriented(self, ip: IpPacket) -> _Ends:
        """Who is the client: whoever was before, who sends a SYN, or else who has the greater port."""
        there, back = (ip.protocol, ip.source, ip.destination), (ip.protocol, ip.destination, ip.source)
        if there in self._current or back in self._current:
            return there if there in self._current else back
        if ip.flags & TcpFlag.SYN:
            return back if ip.flags & TcpFlag.ACK else there
        return there if ip.source.port > ip.destination.port else back

    def _opened(self, ends: _Ends) -> _Open:
        if ends not in self._current:
            self._current[ends] = self._by_client[ends[:2]] = _Open(ends)
            self.all.append(self._current[ends])
        return self._current[ends]


def conversations(captured: Iterable[CapturedFrame], ether_type: int = ETHER_TYPE) -> tuple[Conversation, ...]:
    """The clients' connections of a capture, in the order in which they appear."""
    stations, collection = Stations(), _Collection()
    for number, one in enumerate(captured, start=1):
        read = frame(number, one, ether_type)
        if read is not None:
            stations.learn(read)
            collection.add(read)
    return tuple(Conversation(*found.ends, tuple(found.frames), stations) for found in collection.all if found.frames)
