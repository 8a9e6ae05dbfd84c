"""A client's connection that the target has migrated away: where its packets go, and how it comes back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ipos_spec.addresses import IPv4, ipv4_text, mac_text
from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import PacketType
from ipos_spec.errors import DecodeError
from ipos_spec.packets import TcpConnectionPacket, TcpPacket, tcp_packet

from ipos_conformance.dut import Dut
from ipos_conformance.findings.evidence import comparison
from ipos_conformance.frames import Frame, Lan, describe
from ipos_conformance.stations.conversation import REQUEST, Conversation, is_syn_ack
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.kept_open import expect_answer, request_kept_open
from ipos_conformance.steps.migration import packet_in
from ipos_conformance.verdicts import Inconclusive, NotApplicable, Violation

_ATTEMPT, _WITHOUT_DATA, _STALE = 3.0, 30.0, 60.0
"""Seconds of the document: until an origin gives up (ORG-7), until it resets a connection without data (ORG-10), and
without a packet until an entry's client is believed at its first SYN (FWD-5)."""
_AGAIN = 4

ANSWER = 100
"""Octets that the holder has sent the client before it hands the connection back."""


@dataclass(frozen=True)
class Moved:
    """A connection in the target's Forward.

    client  its client's side; what it carries comes to the target as before
    packet  the connection packet with which it left
    holder  the router that has it now
    since   when it left, seconds of the wall clock
    """

    dut: Dut
    client: Conversation
    packet: TcpConnectionPacket
    holder: Peer
    since: float = field(default_factory=time.time, kw_only=True)

    def expect_forwarded(self, *inner: bytes) -> None:
        """These packets of the client, and no others before them, arrive at the holder in this order."""
        for octets in inner:
            frame = self.expect_any_forwarded()
            difference = self._difference(frame, octets)
            if difference is not None:
                wanted = f"a type 2 packet under {self.packet.header.reference}, with the {len(octets)} octets as sent"
                right = encode(tcp_packet(self.packet.ethernet, self.packet.header.reference, octets))
                raise Violation((wanted,), (f"{describe(frame)}: {difference}",), comparison(right, [frame]))

    def expect_any_forwarded(self) -> Frame:
        """Some packet of the client appears on the second LAN, right or wrong."""
        return self.dut.judge.expect(
            lambda frame: self.client.client in frame.clients and is_type(PacketType.PACKET, frame),
            f"a type 2 packet of client {self.client.client} on the second LAN",
        )

    def expect_passed_on(self, *inner: bytes) -> None:
        """These packets, sent now, are forwarded, and nothing else comes of it."""
        self.carry(*inner)
        self.expect_forwarded(*inner)
        self.dut.judge.expect_silence()

    def carry(self, *inner: bytes) -> None:
        """Have the client send these packets."""
        for octets in inner:
            self.client.carry(octets)

    def expect_nothing_forwarded(self) -> None:
        """None of the client's packets appears on the second LAN."""
        self.dut.judge.expect_none(
            lambda frame: self.client.client in frame.clients and is_type(PacketType.PACKET, frame),
            "no packet of the client on the second LAN",
        )

    def expect_nothing_on_second_lan(self) -> None:
        """Neither one of the client's packets nor another migration of it appears there."""
        self.dut.judge.expect_none(
            lambda frame: frame.lan is Lan.SECOND and self.client.client in frame.clients,
            "nothing about the client on the second LAN",
        )

    def needs_use(self) -> None:
        """The entry had a packet so short a time ago that a first SYN is forwarded."""
        _in_time(self.dut, self.since, _STALE)

    def expect_no_entry(self, endpoint: Conversation) -> None:
        """The client's entry is gone: when its endpoint here has gone, too, the next segment finds a closed port."""
        endpoint.carry(endpoint.packet("R"))
        self.dut.judge.prove_alive()  # nothing but a barrier orders one LAN's frames against the other's
        stray = self.through_first_lan(endpoint)
        stray.carry(stray.packet("A"))
        self.dut.expect_closed(stray)
        self.expect_nothing_forwarded()

    def expect_silence_to_client(self) -> None:
        """Nothing goes to the client, whatever goes to the holder."""
        self.dut.judge.expect_none(
            lambda frame: frame.lan is Lan.FIRST and self.client.client in frame.clients,
            "nothing to the client on the first LAN",
        )

    def expect_left_with(self, **block: int) -> None:
        """These fields of the control block with which it left have these values."""
        left_with = self.packet.connection.control_block
        found = {name: getattr(left_with, name) for name in block}
        if found != block:
            raise Violation((f"a control block with {_in_words(block)}",), (_in_words(found),))

    def expect_named(self, server: tuple[IPv4, int]) -> None:
        """The connection packet names this server, to which the client talks."""
        ip, port = self.packet.connection.server_ip, self.packet.connection.server_port
        if (ip, port) != server:
            raise Violation((f"server {ipv4_text(server[0])}:{server[1]}",), (f"server {ipv4_text(ip)}:{port}",))

    def later_packet(self, by: Peer | None = None, *, rcv: int = REQUEST, snd: int = ANSWER) -> TcpConnectionPacket:
        """A connection packet that hands the connection back, so many octets further on than it left."""
        return self.dut.successor(by or self.holder, self.packet, rcv=rcv, snd=snd)

    def hand_back(self, by: Peer | None = None, *, rcv: int = REQUEST, snd: int = ANSWER) -> Conversation:
        """The connection comes back, provisional beside the entry; the client's side, carried by who handed it back."""
        return self.dut.hand_over_by(by or self.holder, self.later_packet(by, rcv=rcv, snd=snd))

    def come_home(self) -> Conversation:
        """It comes back and the client's next request makes it definite; ``client`` goes on where that has ended."""
        back = self.hand_back()
        request_kept_open(back, self.dut.first)
        expect_answer(self.dut, back, self.dut.first)
        return self.through_first_lan(back)

    def _difference(self, frame: Frame, inner: bytes) -> str | None:
        """How a frame is not this packet of the client on its way to the holder (FWD-1, ENC-3)."""
        try:
            packet = decode(frame.octets, frame.ether_type)
        except DecodeError as error:
            return str(error)
        if not isinstance(packet, TcpPacket) or packet.header.reference != self.packet.header.reference:
            return f"another reference than {self.packet.header.reference}"
        if packet.ethernet != self.packet.ethernet:
            return f"another way than from the target's MAC to {mac_text(self.holder.mac)}"
        different = [at for at, (sent, came) in enumerate(zip(inner, packet.inner, strict=False)) if sent != came]
        if packet.inner == inner:
            return None
        return f"{len(packet.inner)} octets of the client's, the first different one at {(*different, len(inner))[0]}"

    def through_first_lan(self, side: Conversation) -> Conversation:
        """The client's side at the same place, its packets by the edge router."""
        return carried(self.dut, side, self.dut.edge.pass_on)

    def through(self, peer: Peer, side: Conversation | None = None) -> Conversation:
        """The client's side at the same place, its packets by a peer as type 2 packets to the target's endpoint."""
        client = self.client.client
        return carried(self.dut, side or self.client, lambda inner: peer.send(peer.client_packet(client, inner)))


@dataclass(frozen=True)
class MovedOn(Moved):
    """One that had come to the target from `other_peer`, with the connection packet ``came``."""

    came: TcpConnectionPacket


def carried(dut: Dut, side: Conversation, carry: Callable[[bytes], None]) -> Conversation:
    """A client's side at the same place, whose packets take another way; nothing is received in it yet."""
    other = side.as_seen_from(side.client)
    other.carry = carry
    dut.traffic.inbox.open.append(other)
    return other


def send_away(dut: Dut, client: Conversation | None = None) -> Moved:
    """A client's connection is migrated to `peer`, and its request has arrived there.

    Where timers are scaled down, a bench that is too slow for them tries again with another client.
    """
    for _ in range(_AGAIN if client is None and dut.scale < 1 else 0):
        before = dut.clients.of(dut.traffic.inbox)
        try:
            return _sent_away(dut, _connected(dut))
        except (Inconclusive, Violation):
            # It is but the beginning of a case, and the last try counts, whatever it ends with. What is still said to a
            # client that was too slow is no answer to anything that follows.
            slow = dut.clients.of(dut.traffic.inbox) - before
            dut.clients.disown(slow)
            for client in dut.traffic.inbox.open:
                if client.client in slow:
                    client.carry(client.packet("R"))
    return _sent_away(dut, client or _connected(dut))


def _sent_away(dut: Dut, client: Conversation) -> Moved:
    request = client.packet("PA", dut.origin.request_octets())
    client.send("PA", dut.origin.request_octets())
    packet = dut.origin.expect_connection_packet(client)
    offered = next(frame.time for frame in reversed(dut.traffic.evidence) if packet_in(frame, dut.peer) == packet)
    if dut.scale == 1:
        _let_pass(dut, client)
    dut.traffic.inbox.moved.append(packet)
    dut.peer.acknowledge(packet)
    _in_time(dut, offered, _ATTEMPT)
    moved = Moved(dut, client, packet, dut.peer)
    moved.expect_forwarded(request)
    # Copies of the connection packet that crossed its acknowledgement say nothing (ORG-7), nor does what the client was
    # told before the first of them, such as its SYN/ACK once more.
    while (
        dut.traffic.first(
            lambda frame: (
                packet_in(frame, dut.peer) == packet or (client.is_mine(frame) and _is_earlier(frame, offered))
            ),
            0,
        )
        is not None
    ):
        pass
    return moved


def _is_earlier(frame: Frame, offered: float) -> bool:
    return frame.time <= offered or is_syn_ack(frame.tcp)


def _let_pass(dut: Dut, client: Conversation) -> None:
    """What it said before its connection packet may have been slower on the other LAN. An answer would be held."""
    dut.judge.prove_alive()
    while dut.traffic.first(client.is_mine, 0) is not None:
        pass


def _connected(dut: Dut) -> Conversation:
    began = time.time()
    client = dut.connect()
    if dut.scale == 1:
        dut.settle(client)
    _in_time(dut, began, _WITHOUT_DATA)
    return client


def _in_time(dut: Dut, since: float, seconds: float) -> None:
    """Where timers are scaled down, the bench may be too slow for them: that is no fault of the target's."""
    took = time.time() - since
    if took > 0.5 * dut.scaled(seconds):
        raise Inconclusive(f"our own frame was sent {took:.3f} s after what began {dut.scaled(seconds):.3f} s")


def send_on(dut: Dut, **block: Any) -> MovedOn:
    """A connection of `other_peer`'s server is handed over, served, and migrated on to `peer` (TGT-10).

    block    fields of the control block with which it comes
    """
    came, endpoint = serve_first(dut, **block)
    moved = send_away(dut, endpoint)
    return MovedOn(dut, moved.client, moved.packet, moved.holder, came, since=moved.since)


def serve_first(dut: Dut, **block: Any) -> tuple[TcpConnectionPacket, Conversation]:
    """A connection of `other_peer`'s server is handed over and served; the packet, and the client's side, idle."""
    needs_moving_on(dut)
    came = dut.other_peer.connection_packet(dut.new_client(), **block)
    endpoint = dut.hand_over_by(dut.other_peer, came)
    request_kept_open(endpoint, dut.first)
    expect_answer(dut, endpoint, dut.first)
    return came, carried(dut, endpoint, endpoint.carry)


def needs_moving_on(dut: Dut) -> None:
    """End the case unless the target claims TGT-10."""
    if not dut.target.pics.moves_on:
        raise NotApplicable("the target file does not claim pics.moves_on")


def is_type(kind: PacketType, frame: Frame) -> bool:
    """Whether a frame on the second LAN is an ipOS packet of this type, sound or not."""
    return frame.lan is Lan.SECOND and frame.header is not None and frame.header.type == kind


def _in_words(block: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in block.items())
