"""The device under test as the cases of UDP see it, in both roles: beside `dut`, which is about TCP."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from ipos_spec.addresses import IPv4, ipv4_text
from ipos_spec.codec import decode, encode
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.encapsulation import Reference
from ipos_spec.packets import (
    UdpConnectionPacket,
    UdpPacket,
    acknowledgement,
    udp_connection_packet,
    udp_packet,
)
from scapy.layers.inet import ICMP

from ipos_conformance.changes import changed
from ipos_conformance.findings.evidence import comparison
from ipos_conformance.frames import Client, Frame, Lan, describe
from ipos_conformance.patience import Patience
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.stations.datagrams import Flow, data_in
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.migration import packet_in
from ipos_conformance.steps.udp_attempts import UdpAttempts, client_of, is_connection_packet
from ipos_conformance.verdicts import Inconclusive, NotApplicable, Violation

if TYPE_CHECKING:
    from ipos_conformance.dut import Dut

PacketT = TypeVar("PacketT", UdpConnectionPacket, UdpPacket)
Server = tuple[IPv4, int]

_IN_TIME = 2.4
"""Seconds of the document after a connection packet within which an acknowledgement of ours is surely in time."""
_MANY, _SHORT = 3, 0.3
"""After so many datagrams without an answer, others are waited for less long, but at least these seconds."""


class Udp:
    """What clients and peers do to the target by UDP, and what may come of it. attempts: to hand a client over."""

    def __init__(self, dut: "Dut") -> None:
        self._dut = dut
        self._responses = Patience(dut.target.timing.response, least=_SHORT, many=_MANY)
        self.attempts = UdpAttempts(dut)
        self._accepting: dict[Client, Peer] = {}
        dut.traffic.add_responder(self._answer)

    # Values

    @property
    def peer(self) -> Peer:
        """The router to which the target hands over the clients of the port `away`."""
        return self._holders[0]

    @property
    def other_peer(self) -> Peer:
        """Another one, to which it hands nobody over."""
        return self._holders[1]

    @property
    def _holders(self) -> tuple[Peer, Peer]:
        one, other = self._dut.peer, self._dut.other_peer
        return (other, one) if self._dut.target.pixit.udp.peer == other.address else (one, other)

    @property
    def local(self) -> Server:
        """The target's own address and the echo port that its own server serves."""
        return self._dut.address, self._port("local")

    @property
    def away(self) -> Server:
        """The target's own address and the echo port whose datagrams go to the server of `peer`."""
        self._dut.needs(self._dut.target.pics.origin, "the target file does not claim pics.origin")
        return self._dut.address, self._port("away")

    @property
    def port_of_tcp_alone(self) -> int:
        """The HTTP port, which UDP has to leave alone."""
        pixit = self._dut.target.pixit
        self._dut.needs(pixit.http_port not in (pixit.udp.local, pixit.udp.away), "UDP is served on the HTTP port, too")
        return pixit.http_port

    @property
    def port_of_udp_alone(self) -> int:
        """One of the ports of UDP that the target file does not name for TCP."""
        pixit = self._dut.target.pixit
        of_tcp = {pixit.http_port, pixit.raw.local, pixit.raw.away}
        alone = {port for port in (pixit.udp.local, pixit.udp.away) if port is not None} - of_tcp
        self._dut.needs(bool(alone), "each of pixit.udp's ports is one of TCP's, too")
        return min(alone)

    def server_of(self, peer: Peer) -> Server:
        """The address to which a client of a peer's server talks: the same port there."""
        return peer.address, self.local[1]

    def nonce(self) -> bytes:
        """Data that no other datagram carries."""
        return b"datagram " + self._dut.random.randbytes(8).hex().encode()

    def require(self, condition: bool, outcome: str, found: str) -> None:
        """What came has to have a property."""
        if not condition:
            raise Violation((outcome,), (found,))

    # The target as a target

    def connection_packet(
        self,
        peer: Peer | None = None,
        client: Client | None = None,
        server: Server | None = None,
        port: int | None = None,
    ) -> UdpConnectionPacket:
        """A valid connection packet for the echo port that the target serves itself, or for another port.

        peer    who sends it, and whose server the client talks to, `dut.peer` unless said
        server  the address that the client talks to instead
        """
        sender = peer or self._dut.peer
        server_ip, server_port = server or self.server_of(sender)
        endpoint = self._dut.address, port or self.local[1]
        reference = Reference(*(client or self._dut.new_client()), *endpoint)
        information = UdpConnectionInformation(server_ip=server_ip, server_port=server_port)
        return self._noted(udp_connection_packet(sender.to_target, reference, information))

    def hand_over_tcp_beside(self) -> Conversation:
        """Hand a TCP connection over to the same port that UDP has, if TCP has it, too."""
        dut, port = self._dut, self.local[1]
        dut.needs(port == dut.target.pixit.raw.local, "pixit.raw.local and pixit.udp.local are not one port")
        there = {"header.destination_port": port}
        packet = changed(dut.peer.connection_packet(dut.new_client(), (dut.peer.address, port)), there)
        tcp = dut.hand_over_by(dut.peer, packet)
        tcp.carry = lambda inner: dut.peer.send(changed(dut.peer.client_packet(tcp.client, inner), there))
        return tcp

    def endpoint(self, packet: UdpConnectionPacket, peer: Peer | None = None) -> Flow:
        """The client's side of what a connection packet hands over, carried by a peer as type 2 packets."""
        carrier = peer or self._dut.peer
        server = packet.connection.server_ip, packet.connection.server_port
        flow = Flow(client_of(packet), server, lambda _: None, self._dut.traffic.note_packet)
        flow.carry = lambda inner: carrier.send(self.client_packet(packet, inner, carrier))
        return flow

    def client_packet(self, packet: UdpConnectionPacket, inner: bytes, peer: Peer | None = None) -> UdpPacket:
        """A client's IP packet as the type 2 packet of a connection packet's reference."""
        return self._noted(udp_packet((peer or self._dut.peer).to_target, packet.header.reference, inner))

    def _noted(self, packet: PacketT) -> PacketT:
        """A valid packet, in which a case may change something before it is sent."""
        self._dut.traffic.note_frame(encode(packet))
        return packet

    def hand_over(self, peer: Peer | None = None, client: Client | None = None, server: Server | None = None) -> Flow:
        """Hand a provisional endpoint over; the client is ready to send its first datagram."""
        return self.hand_over_by(self.connection_packet(peer, client, server), peer)

    def hand_over_by(self, packet: UdpConnectionPacket, peer: Peer | None = None) -> Flow:
        """The same with a connection packet that is already made."""
        sender = peer or self._dut.peer
        sender.send(packet)
        self._dut.expect_acknowledgement(packet)
        return self.endpoint(packet, sender)

    def expect_no_endpoint(self, packet: UdpConnectionPacket) -> None:
        """A packet of `peer` that was refused has left nothing behind.

        Another server's connection under the same reference, from a router that owns neither, is acknowledged where
        there is no endpoint, and discarded where the refused packet made one (TGT-4): the answer comes at once.
        """
        self.hand_over_by(self._rival(packet), self._dut.other_peer)

    def expect_endpoint(self, packet: UdpConnectionPacket) -> None:
        """The opposite: the endpoint of a packet is there, so that no other one takes its reference."""
        self._dut.other_peer.send(rival := self._rival(packet))
        self._dut.judge.expect_none(
            lambda frame: self._dut.acknowledges(frame, rival), "no acknowledgement: the endpoint is there still"
        )

    def expect_provisional(self, endpoint: Flow, packet: UdpConnectionPacket) -> None:
        """The endpoint is not definite: another router's packets do not find it, its origin's do (TGT-12)."""
        other = self._dut.other_peer
        other.send(self.client_packet(packet, endpoint.packet(self.nonce()), other))
        self._dut.judge.expect_silence()
        self.expect_exchange(endpoint)

    # Answers

    def expect_echo(self, flow: Flow, data: bytes) -> Frame:
        """The application has got this datagram next: its answer is the first that the client hears."""
        begin = time.monotonic()
        outcome = f"a datagram from {ipv4_text(flow.server[0])}:{flow.server[1]} with the same {len(data)} octets"
        try:
            frame = self._dut.judge.expect(flow.is_mine, outcome, seconds=self._responses.seconds)
        except Violation:
            self._responses.missed()
            raise
        self._responses.answered(time.monotonic() - begin)
        self._dut.require(data_in(frame) == data, outcome, frame)
        return frame

    def expect_exchange(self, flow: Flow) -> Frame:
        """The endpoint works: a datagram sent now is answered, and nothing from before it."""
        flow.send(data := self.nonce())
        return self.expect_echo(flow, data)

    # The target as an origin

    def flow(self, client: Client | None = None, server: Server | None = None) -> Flow:
        """A client on the first LAN that talks to the target's own server, at the local echo port unless said."""
        edge = self._dut.edge
        return Flow(client or self._dut.new_client(), server or self.local, edge.pass_on, edge.note_packet)

    def leaving(self, client: Client | None = None) -> Flow:
        """A client whose datagrams the target hands over to `peer`."""
        return self.flow(client, self.away)

    def start_migrating(self, flow: Flow) -> tuple[UdpConnectionPacket, bytes]:
        """Send a first datagram: the connection packet that comes of it, and the IP packet that is held."""
        held = flow.send(self.nonce())
        return self.expect_connection_packet(flow), held

    def migrate(self, flow: Flow) -> UdpConnectionPacket:
        """Have a client's datagrams migrated to the peer; what it sends later is forwarded.

        The peer acknowledges by reflex, now and whenever it is asked again (UDP-4), until it is said to be lost.
        """
        self.accept(flow, self.peer)
        packet, held = self.start_migrating(flow)
        self.expect_forwarded(flow, held)
        self.attempts.claim(flow, self.peer)  # of before the acknowledgement
        return packet

    def accept(self, flow: Flow, peer: Peer) -> None:
        """Have a peer acknowledge each connection packet for this client as soon as it comes."""
        self._accepting[flow.client] = peer

    def lose(self, flow: Flow) -> None:
        """The client's peer is gone: it acknowledges nothing any more."""
        del self._accepting[flow.client]

    def take_over(self, flow: Flow, packet: UdpConnectionPacket) -> None:
        """Acknowledge a connection packet. Raises Inconclusive if that may have been too late (ORG-7)."""
        self.peer.acknowledge(packet)
        since = time.time() - self.attempts.of(flow, self.peer)[-1][0].time
        if since > self._dut.scaled(_IN_TIME):
            raise Inconclusive(f"our own acknowledgement came {since:.3f} s after the connection packet")
        self._dut.judge.prove_alive()
        self.attempts.claim(flow, self.peer)  # of before the acknowledgement

    def send_many(self, flow: Flow, count: int) -> list[bytes]:
        """Send so many datagrams of different content; the IP packets that carried them."""
        return [flow.send(b"datagram %d" % number) for number in range(count)]

    def expect_connection_packet(self, flow: Flow, peer: Peer | None = None) -> UdpConnectionPacket:
        """A UDP connection packet for this client arrives at the peer, sound, addressed to that peer's endpoint."""
        holder = peer or self.peer
        frame = self._dut.judge.expect(
            lambda frame: is_connection_packet(frame, flow, holder),
            f"a UDP connection packet for client {flow.client}, to the router of the server that was chosen",
        )
        return packet_of(UdpConnectionPacket, frame)

    def expect_forwarded(self, flow: Flow, *inner: bytes, peer: Peer | None = None) -> UdpPacket:
        """The client's next type 2 packets at the peer are these, octet for octet and in this order; the last one."""
        return [self._expect_next_forwarded(flow, one, peer or self.peer) for one in inner][-1]

    def _expect_next_forwarded(self, flow: Flow, inner: bytes, holder: Peer) -> UdpPacket:
        outcome = f"next, a type 2 packet with the {len(inner)} octets that client {flow.client} sent"
        frame = self._dut.judge.expect(lambda frame: is_forwarded(frame, flow, holder), outcome)
        packet = packet_of(UdpPacket, frame)
        if packet.inner != inner:
            right = encode(udp_packet(packet.ethernet, packet.header.reference, inner))
            raise Violation((outcome,), (f"{describe(frame)}: {packet.inner.hex(' ')}",), comparison(right, [frame]))
        return packet

    def forwarded_by(self, router: Peer, flow: Flow, inner: bytes) -> UdpPacket:
        """A client's packet as another router passes it on that takes the target for the holder of its endpoint."""
        reference = Reference(*flow.client, *flow.server)
        return udp_packet(router.to_target, reference, inner)

    def expect_nothing_forwarded(self, flow: Flow) -> None:
        """None of the client's packets has left for any router."""
        self._dut.judge.expect_none(
            lambda frame: (
                frame.lan is Lan.SECOND
                and frame.header is not None
                and frame.header.type == 2
                and flow.client in frame.clients
            ),
            "no type 2 packet",
        )

    def expect_held(self, flow: Flow) -> None:
        """The client hears nothing, and none of its packets leaves; the connection packet may be repeated (ORG-7)."""
        self._dut.judge.expect_silence(
            "repetitions of the connection packet",
            tolerated=lambda frame: is_connection_packet(frame, flow, self.peer),
        )

    def settle(self, flow: Flow) -> None:
        """Claim what the client and the peer have heard of it until now, so that what comes after is an answer."""
        self._dut.judge.prove_alive()
        while self._dut.traffic.first(lambda frame: flow.is_mine(frame) or self._concerns(frame, flow), 0) is not None:
            pass

    def expect_refresh_before_datagram(self, flow: Flow) -> None:
        """Of what the last datagram has caused the connection packet comes first (UDP-4)."""
        frame = self._dut.judge.expect(
            lambda frame: self._concerns(frame, flow), "a connection packet, and a type 2 packet behind it"
        )
        self.require(
            is_connection_packet(frame, flow, self.peer), "the connection packet before the datagram", describe(frame)
        )

    def says_too_large(self, frame: Frame, flow: Flow, mtu: int) -> bool:
        """Whether a frame tells this client by ICMP that its packet does not fit, and what would (RFC 1191)."""
        return _icmp(frame, flow).startswith(b"\x03\x04") and _icmp(frame, flow)[6:8] == mtu.to_bytes(2, "big")

    def says_unreachable(self, frame: Frame, flow: Flow) -> bool:
        """Whether a frame tells this client by ICMP that nobody serves its port (NBR-2)."""
        return _icmp(frame, flow).startswith(b"\x03\x03")

    def _answer(self, frame: Frame) -> Iterator[bytes]:
        for client in frame.clients & self._accepting.keys() if self._accepting else ():
            packet = packet_in(frame, self._accepting[client])
            if isinstance(packet, UdpConnectionPacket):
                yield encode(acknowledgement(packet, self._accepting[client].mac))
                self._doubt_if_late(time.time() - frame.time)

    def _doubt_if_late(self, since: float) -> None:
        if since + self._dut.jitter > self._dut.scaled(_IN_TIME):
            text = f"our own acknowledgement came {since:.3f} s after the connection packet"
            self._dut.traffic.inbox.doubts.append(lambda: text)

    def _concerns(self, frame: Frame, flow: Flow) -> bool:
        return is_connection_packet(frame, flow, self.peer) or is_forwarded(frame, flow, self.peer)

    def _rival(self, packet: UdpConnectionPacket) -> UdpConnectionPacket:
        """From `other_peer`: the same reference, but for another port of `peer`'s server, which it does not own."""
        port = packet.connection.server_port ^ 0x100 or 1
        other = {"ethernet.source": self._dut.other_peer.mac, "connection.server_port": port}
        return changed(packet, other)

    def _port(self, key: str) -> int:
        dut = self._dut
        dut.needs(dut.target.pics.udp, "the target file does not claim pics.udp")
        port = getattr(dut.target.pixit.udp, key)
        if port is None:
            raise NotApplicable(f"the target file names no pixit.udp.{key}")
        return int(port)


def packet_of(kind: type[PacketT], frame: Frame) -> PacketT:
    """The packet in a frame that was claimed because it is of this kind."""
    packet = decode(frame.octets, frame.ether_type)
    assert isinstance(packet, kind)  # noqa: S101 - what was just looked for
    return packet


def _icmp(frame: Frame, flow: Flow) -> bytes:
    """The ICMP message to this client, empty if the frame is none."""
    if frame.lan is not Lan.FIRST or frame.ip is None or ICMP not in frame.ip or flow.client not in frame.clients:
        return b""
    return bytes(frame.ip[ICMP])


def is_forwarded(frame: Frame, flow: Flow, peer: Peer) -> bool:
    """Whether a frame is a type 2 packet of this client, to that peer's endpoint."""
    packet = packet_in(frame, peer)
    return (
        isinstance(packet, UdpPacket)
        and client_of(packet) == flow.client
        and packet.header.destination_ip == peer.address
    )
