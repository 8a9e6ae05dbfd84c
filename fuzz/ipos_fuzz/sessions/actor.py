"""One client in a session: what the stations know of its connections, and in which state the next event finds it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client, Frame, Lan, address
from ipos_conformance.judge import endpoint_of
from ipos_conformance.stations.conversation import Conversation, is_syn_ack
from ipos_conformance.stations.datagrams import Flow
from ipos_conformance.stations.peer import Peer
from ipos_spec.codec import decode
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Packet, TcpConnectionPacket, UdpConnectionPacket

_SPACE = 1 << 32


class State(StrEnum):
    """Where a client's connection stands, as far as the harness has seen."""

    NEW = "new"
    """The target knows nothing of it."""
    OPENING = "opening"
    """A SYN was sent, and not answered yet."""
    HALF_OPEN = "half-open"
    """The SYN/ACK is there."""
    OPEN = "open"
    """The handshake is complete."""
    ASKED = "asked"
    """Data was sent."""
    OFFERED = "offered"
    """The target has sent a connection packet (ORG-5)."""
    MOVED = "moved"
    """It was acknowledged: the target forwards (ORG-6)."""
    HANDED_OVER = "handed over"
    """The target has acknowledged a connection packet: its endpoint is provisional (TGT-12)."""
    DEFINITE = "definite"
    """Data came through the origin."""
    CLOSING = "closing"
    """The client has sent a FIN."""
    ENDED = "ended"
    """One side has reset it."""


class Actor:
    """One client.

    peer, other  the router that hands over and takes over, and another one that has nothing to do with it
    side         the client's side on the first LAN, None before its first SYN
    through      the client's side behind `peer`, None before a connection was handed over
    offers       connection packets that `peer` sent for it, the latest last
    takes        those that the target sent for it
    flow         its datagrams, None before the first
    """

    def __init__(self, dut: Dut, client: Client | None = None) -> None:
        self.dut = dut
        self.client = client or dut.new_client()
        self.peer: Peer = dut.peer
        self.other: Peer = dut.other_peer
        self.state = State.NEW
        self.side: Conversation | None = None
        self.through: Conversation | None = None
        self.offers: list[TcpConnectionPacket] = []
        self.takes: list[TcpConnectionPacket] = []
        self.flow: Flow | None = None
        self.datagram_offers: list[UdpConnectionPacket] = []
        self.datagram_takes: list[UdpConnectionPacket] = []
        self.last: bytes = b""

    # What the events do

    def new_side(self, port: int | None = None) -> Conversation:
        """A client's side with a sequence number of its own, which is not reset by itself."""
        numbers = self.dut.random.randrange(_SPACE), self.dut.random.randrange(_SPACE)
        server = self.dut.server if port is None else (self.dut.address, port)
        edge = self.dut.edge
        self.side = Conversation(
            self.client,
            server,
            self._remembering(edge.pass_on),
            snd_nxt=numbers[0],
            rcv_nxt=numbers[1],
            note=edge.note_packet,
        )
        return self.side

    def hand_over(self, packet: TcpConnectionPacket, by: Peer | None = None) -> None:
        """Send a connection packet; from now on the client's side is this one's."""
        self.offers.append(packet)
        self.through = endpoint_of(packet, by or self.peer)
        self.through.carry = self._remembering(self.through.carry)
        (by or self.peer).send(packet)

    def side_now(self) -> Conversation | None:
        """The side on which the client is active: behind the peer, if it was handed over."""
        return self.through if self.state in (State.HANDED_OVER, State.DEFINITE) else self.side

    def _remembering(self, carry: Callable[[bytes], None]) -> Callable[[bytes], None]:
        def carried(packet: bytes) -> None:
            self.last = packet
            carry(packet)

        return carried

    # What comes

    def take(self) -> int:
        """Take in what came about this client; how many frames that were."""
        count = 0
        while (frame := self.dut.traffic.first(self._is_about_me, 0)) is not None:
            self._take(frame)
            count += 1
        return count

    def _is_about_me(self, frame: Frame) -> bool:
        return self.client in frame.clients

    def _take(self, frame: Frame) -> None:
        if frame.lan is Lan.SECOND and frame.header is not None:
            self._take_ipos(frame, frame.header.type)
        elif frame.tcp is not None:
            self._take_segment(frame)

    def _take_ipos(self, frame: Frame, kind: int) -> None:
        if kind == PacketType.ACKNOWLEDGEMENT and frame.header is not None:
            if frame.header.protocol == Protocol.TCP and self.offers and self.state is not State.DEFINITE:
                self.state = State.HANDED_OVER
            return
        packet = _decoded(frame)
        if isinstance(packet, TcpConnectionPacket):
            self.takes.append(packet)
            self.state = State.OFFERED
            self.dut.traffic.inbox.moved.append(packet)
        elif isinstance(packet, UdpConnectionPacket):
            self.datagram_takes.append(packet)

    def _take_segment(self, frame: Frame) -> None:
        tcp = frame.tcp
        side = next((one for one in (self.side, self.through) if one is not None and one.is_mine(frame)), None)
        if "R" in tcp.flags:
            self.state = State.ENDED
        if side is None:
            return
        if is_syn_ack(tcp):
            if side is self.side and self.state is State.OPENING:
                _begin(side, tcp, frame)
                self.state = State.HALF_OPEN
            return
        side.take(frame)

    @property
    def server(self) -> Any:
        """Address and port that the client talks to."""
        side = self.side_now()
        return self.dut.server if side is None else side.server


def _begin(side: Conversation, tcp: Any, frame: Frame) -> None:
    if address(frame.ip.dst) == side.client.ip and tcp.dport == side.client.port:
        side.begin(frame)


def _decoded(frame: Frame) -> Packet | None:
    try:
        return decode(frame.octets, frame.ether_type)
    except DecodeError:
        return None
