"""The target as an origin: what a peer sees of a connection that is migrated to it, and what it answers."""

import time
from dataclasses import replace
from typing import TypeGuard

from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import Reference
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import Packet, TcpConnectionPacket, TcpPacket, tcp_connection_packet, tcp_packet

from ipos_conformance.frames import Client, Frame, Lan
from ipos_conformance.judge import Judge
from ipos_conformance.stations.conversation import Conversation, request_octets
from ipos_conformance.stations.peer import Peer
from ipos_conformance.target import Away, Target
from ipos_conformance.verdicts import Inconclusive, NotApplicable

ATTEMPT = 3.0
"""Seconds of the document for which an origin waits for the acknowledgement (ORG-7)."""
_SAFE = 0.6
"""Share of it after which our acknowledgement may find it over."""


class TooLate(Inconclusive):
    """Our own bench did not acknowledge a migration in time."""


class Migration:
    """What the origin does on the second LAN.

    peer   to which the target migrates what is `away`
    scale  the factor on the target's timers (TIM-1)
    """

    def __init__(self, target: Target, judge: Judge, peer: Peer, scale: float = 1.0) -> None:
        self._target = target
        self._judge = judge
        self._peer = peer
        self._attempt = ATTEMPT * scale

    @property
    def away(self) -> Away:
        """The resource that another server has. Raises NotApplicable where the target file names none."""
        if not self._target.pics.origin:
            raise NotApplicable("the target file does not claim pics.origin")
        if self._target.pixit.away is None:
            raise NotApplicable("the target file names no pixit.away")
        return self._target.pixit.away

    def request_octets(self) -> bytes:
        """A request that the target migrates."""
        return request_octets(self.away.path)

    def request(self, client: Conversation) -> None:
        """Have a client ask for what is away, in one segment."""
        client.send("PA", self.request_octets())

    def expect_connection_packet(self, client: Conversation, peer: Peer | None = None) -> TcpConnectionPacket:
        """A connection packet for this client arrives at the peer: sound, and addressed to that peer's endpoint."""
        return self._read(self._expect_connection_packet(client, peer))

    def _expect_connection_packet(self, client: Conversation, peer: Peer | None = None) -> Frame:
        holder = peer or self._peer
        return self._judge.expect(
            lambda frame: self.is_connection_packet(frame, client, holder),
            f"a TCP connection packet for client {client.client}, to the router of the server that was chosen",
        )

    def _read(self, frame: Frame) -> TcpConnectionPacket:
        packet = decode(frame.octets, frame.ether_type)
        assert isinstance(packet, TcpConnectionPacket)  # noqa: S101 - what was just looked for
        return packet

    def is_connection_packet(self, frame: Frame, client: Conversation, peer: Peer | None = None) -> bool:
        """Whether a frame is such a one."""
        holder = peer or self._peer
        return (
            _is_for(packet := packet_in(frame, holder), client.client)
            and isinstance(packet, TcpConnectionPacket)
            and packet.header.destination_ip == holder.address
        )

    def expect_forwarded(self, client: Conversation, inner: bytes, peer: Peer | None = None) -> TcpPacket:
        """The client's IP packet arrives at the peer as a type 2 packet, octet for octet (FWD-1)."""
        holder = peer or self._peer
        frame = self._judge.expect(
            lambda frame: (
                _is_for(packet := packet_in(frame, holder), client.client)
                and isinstance(packet, TcpPacket)
                and packet.inner == inner
            ),
            f"a type 2 packet with the {len(inner)} octets that client {client.client} sent",
            exact=encode(self._forwarded(client, inner, holder)),
        )
        packet = decode(frame.octets, frame.ether_type)
        assert isinstance(packet, TcpPacket)  # noqa: S101 - what was just looked for
        return packet

    def _forwarded(self, client: Conversation, inner: bytes, holder: Peer) -> TcpPacket:
        lan = self._target.second_lan
        ethernet = EthernetHeader(destination=holder.mac, source=lan.router_mac, type=lan.ether_type)
        return tcp_packet(ethernet, Reference(*client.client, holder.address, client.server[1]), inner)

    def guess(self, client: Conversation) -> TcpConnectionPacket:
        """What the target might send to the peer for this client: reference and MACs are right, the rest can't be."""
        ours = self._peer.connection_packet(client.client, client.server)
        reference = ours.header.reference._replace(target_ip=self._peer.address)
        to_peer = replace(ours.ethernet, destination=ours.ethernet.source, source=ours.ethernet.destination)
        return tcp_connection_packet(to_peer, reference, ours.connection)

    def migrate(self, client: Conversation) -> TcpConnectionPacket:
        """Have a client's connection migrated to the peer: request, connection packet, acknowledgement, held request.

        Gives the connection packet; the client's next segments are forwarded.
        """
        request = client.packet("PA", self.request_octets())
        client.send("PA", self.request_octets())
        return self.take_over(client, request)

    def take_over(self, client: Conversation, request: bytes) -> TcpConnectionPacket:
        """The same once the request was sent.

        Raises TooLate where the attempt may be over before the acknowledgement is there, by our own fault.
        """
        frame = self._expect_connection_packet(client)
        packet = self._read(frame)
        self._judge.inbox.moved.append(packet)
        if (late := time.time() - frame.time) > _SAFE * self._attempt:
            raise TooLate(f"our own acknowledgement was late: {late:.3f} s after the connection packet")
        self._peer.acknowledge(packet)
        self.expect_forwarded(client, request)
        return packet


def packet_in(frame: Frame, peer: Peer) -> Packet | None:
    """The ipOS packet in a frame that the target sent to a peer on the second LAN; None if it is none."""
    if frame.lan is not Lan.SECOND or frame.destination != peer.mac or frame.header is None:
        return None
    try:
        return decode(frame.octets, frame.ether_type)
    except DecodeError:
        return None


def _is_for(packet: Packet | None, client: Client) -> TypeGuard[Packet]:
    return packet is not None and (packet.header.source_ip, packet.header.source_port) == client
