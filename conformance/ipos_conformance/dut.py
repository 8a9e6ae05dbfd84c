"""The device under test as the cases see it: whom they may play, what they may expect. Its words are the protocol's."""

import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from ipos_spec.addresses import IPv4, Mac, ipv4_text
from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, ConnectionPacket, TcpConnectionPacket, acknowledgement, acknowledges

from ipos_conformance.bench.wire import Port
from ipos_conformance.changes import changed
from ipos_conformance.clients import Clients
from ipos_conformance.frames import Client, Frame, Lan, describe
from ipos_conformance.inbox import Inbox, inbox
from ipos_conformance.judge import Judge, endpoint_of
from ipos_conformance.patience import Patience
from ipos_conformance.pause import Pause, pause
from ipos_conformance.stations.conversation import Conversation, is_plain_ack, is_syn_ack, request_octets
from ipos_conformance.stations.edge import Edge
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.advertising import Advertising
from ipos_conformance.steps.migration import Migration
from ipos_conformance.steps.udp import Udp
from ipos_conformance.target import PeerStation, Resource, TableBounds, Target
from ipos_conformance.traffic import Traffic
from ipos_conformance.verdicts import Inconclusive, NotApplicable, Skipped, Violation

_RCV_NXT = "connection.control_block.rcv_nxt"
_SPACE = 1 << 32
_MANY, _SHORT = 3, 0.3
"""After so many requests without an answer, others are waited for less long, but at least these seconds."""
_THROTTLED = 1.0
"""Seconds after which a router that throttles its challenge ACKs sends another."""


class Dut:
    """One router between its two LANs.

    edge, peer, other_peer   stations; `peer` is the origin of what is handed over, if nothing else is said, and the
                             one to which the target migrates what is `away`
    origin                   what the target does when it migrates a client away
    udp                      all of UDP
    advertising              what routers tell each other (section 9)
    scale                    the factor on the target's timers (TIM-1)
    bounds                   how many records its tables take
    jitter                   seconds by which the target's answers vary at rest, as `calibration` has measured
    """

    def __init__(
        self,
        target: Target,
        ports: Mapping[Lan, Port],
        seed: int,
        target_end: Callable[[], str | None] = lambda: None,
        scale: float = 1.0,
        bounds: TableBounds | None = None,
        salt: str = "",
    ) -> None:
        self.target = target
        self.target_end = target_end
        self.scale = scale
        self.bounds = bounds or TableBounds()
        self.jitter = 0.0
        self._seed = seed
        self.clients = Clients(target.suite.client_network, seed, salt)
        self.traffic = Traffic(ports, self.clients.owner)
        self.edge = Edge(target, self.traffic)
        self.peer, self.other_peer = (Peer(one, target, self.traffic) for one in in_order(target))
        self.judge = Judge(target, self.traffic, self.clients, (self.edge, self.peer), target_end)
        self.origin = Migration(target, self.judge, self.peer, scale)
        self.udp = Udp(self)
        self.advertising = Advertising(self)
        self._responses = Patience(target.timing.response, least=_SHORT, many=_MANY)

    # The life of a case

    def start_case(self, name: str) -> Inbox:
        """Nothing of other cases is in sight; what the case draws by chance depends on its name and the seed alone."""
        case = inbox(self._seed, name)
        self.turn_to(case)
        return case

    def turn_to(self, case: Inbox) -> None:
        """This case goes on from here."""
        self.traffic.turn_to(case)

    def end_case(self) -> None:
        """Reset what the case opened, so that thousands of cases don't fill the target's tables."""
        case = self.traffic.inbox
        case.active = False
        for conversation in case.open:
            conversation.carry(conversation.packet("R"))
        case.open.clear()
        if self.bounds.forward is not None:
            for packet in case.moved:
                self.take_back(packet)
        case.moved.clear()
        for take_back in case.undo:
            take_back()
        case.undo.clear()

    def take_back(self, packet: TcpConnectionPacket) -> None:
        """Hand a connection back and reset it: that takes the entry with the endpoint, silently (TGT-12)."""
        back = self.successor(self.peer, packet, rcv=1)
        self.peer.send(back)
        endpoint = endpoint_of(back, self.peer)
        endpoint.carry(endpoint.packet("R"))

    # Time

    def scaled(self, seconds: float) -> float:
        """What so many seconds of the document are on this target (TIM-1)."""
        return seconds * self.scale

    def pause(self, at_least: float, at_most: float | None = None) -> Pause:
        """For `yield` in a case: seconds of the document until it goes on, and when it would be too late to.

        Raises Skipped if that is longer than the target file wants to wait.
        """
        seconds, longest = self.scaled(at_least), self.target.timing.longest_wait
        if seconds > longest:
            raise Skipped(f"waits {seconds:.0f} s for a timer; timing.longest_wait is {longest:.0f} s")
        return pause(seconds, None if at_most is None else self.scaled(at_most))

    # Values

    @property
    def random(self) -> Random:
        """Of the case that runs; seeded, and the seed stands in the results."""
        return self.traffic.inbox.random

    @property
    def address(self) -> IPv4:
        """The router's own address."""
        return self.target.router.address

    @property
    def server(self) -> tuple[IPv4, int]:
        """The router's own address and its HTTP port."""
        return self.address, self.target.pixit.http_port

    @property
    def first_mac(self) -> Mac:
        """The router's MAC on the first LAN."""
        return self.target.first_lan.router_mac

    @property
    def second_mac(self) -> Mac:
        """The router's MAC on the second LAN."""
        return self.target.second_lan.router_mac

    @property
    def first(self) -> Resource:
        """What a right request asks for."""
        return self.target.pixit.first

    @property
    def second(self) -> Resource:
        """What a request asks for that must not be accepted."""
        return self.target.pixit.second

    @property
    def large(self) -> Resource:
        """What is answered in many segments."""
        return self.target.pixit.large

    def right_request(self) -> bytes:
        """The octets of a request for `first`."""
        return request_octets(self.first.path)

    def mac_on(self, lan: Lan) -> Mac:
        """The router's MAC on this LAN."""
        return self.first_mac if lan is Lan.FIRST else self.second_mac

    def new_neighbour(self) -> Client:
        """A client on the first LAN itself, whose MAC the router can't know yet."""
        taken = {self.address, *self.edge.hosts, *(peer.address for peer in self.target.peer)}
        host = next(IPv4(int(one)) for one in self.target.router.network.hosts() if int(one) not in taken)
        # The address stays ours for the rest of the run: the next neighbour gets another, so it is unknown again.
        self.edge.hosts[host] = Mac(b"\x02\x00" + host.to_bytes(4, "big"))
        client = Client(host, self.new_client().port)
        self.clients.adopt(client, self.traffic.inbox)
        return client

    def new_client(self) -> Client:
        """A client that no case has used."""
        return self.clients.new(self.traffic.inbox)

    def wrong_request(self) -> bytes:
        """The octets of a request that must not reach the application."""
        return request_octets(self.second.path)

    def ask_who_has(self, address: IPv4, lan: Lan) -> None:
        """Broadcast an ARP request: from the gateway on the first LAN, from `peer` on the second."""
        gateway = (self.target.router.gateway, self.edge.mac)
        self.edge.ask_who_has(address, lan, gateway if lan is Lan.FIRST else (self.peer.address, self.peer.mac))

    def require(self, condition: bool, outcome: str, frame: Frame) -> None:
        """A frame that came has to have a property."""
        if not condition:
            raise Violation((outcome,), (describe(frame),))

    def needs(self, condition: bool, proof: str) -> None:
        """End the case as not applicable unless the condition holds; ``proof`` says why."""
        if not condition:
            raise NotApplicable(proof)

    # Migration

    def expect_acknowledgement(self, packet: ConnectionPacket) -> Frame:
        """The target acknowledges this connection packet, to the MAC that it came from (ENC-3, ENC-6, TGT-1)."""
        return self.judge.expect(
            lambda frame: frame.lan is Lan.SECOND and self.acknowledges(frame, packet),
            f"the acknowledgement of client {packet.header.reference}, to the MAC that sent the connection packet",
            exact=encode(acknowledgement(packet, packet.ethernet.destination)),
        )

    def acknowledges(self, frame: Frame, packet: ConnectionPacket) -> bool:
        """Whether a frame is the right acknowledgement of this packet, from the right MAC to the right MAC."""
        try:
            answer = decode(frame.octets, frame.ether_type)
        except DecodeError:
            return False
        return (
            isinstance(answer, Acknowledgement)
            and acknowledges(answer, packet)
            and answer.ethernet.destination == packet.ethernet.source
            and answer.ethernet.source == packet.ethernet.destination
        )

    def hand_over(
        self,
        client: Client | None = None,
        server: tuple[IPv4, int] | None = None,
        **block: Any,
    ) -> Conversation:
        """Hand a provisional endpoint over from `peer`; the client's side is ready to send its request."""
        return self.hand_over_by(self.peer, self.peer.connection_packet(client or self.new_client(), server, **block))

    def hand_over_by(self, peer: Peer, packet: TcpConnectionPacket) -> Conversation:
        """The same with a connection packet that is already made."""
        conversation = self.endpoint(peer, packet)
        peer.send(packet)
        self.expect_acknowledgement(packet)
        return conversation

    def endpoint(self, peer: Peer, packet: TcpConnectionPacket) -> Conversation:
        """The client's side of a packet's connection, carried by a peer; it is reset after the case."""
        conversation = endpoint_of(packet, peer)
        self.traffic.inbox.open.append(conversation)
        return conversation

    def expect_no_endpoint(self, peer: Peer, packet: TcpConnectionPacket) -> None:
        """A packet that was refused has left nothing behind.

        An earlier holder's packet (rcv_nxt one less) is acknowledged where there is no endpoint, and discarded where
        the refused packet made one (TGT-4): the answer comes at once in either case.
        """
        self.endpoint(peer, packet)
        earlier = changed(packet, {_RCV_NXT: (packet.connection.control_block.rcv_nxt - 1) % _SPACE})
        self.hand_over_by(peer, earlier)

    def successor(self, peer: Peer, packet: TcpConnectionPacket, *, rcv: int = 0, snd: int = 0) -> TcpConnectionPacket:
        """A connection packet for the same connection from ``peer``, rcv_nxt and snd_nxt so many octets further on."""
        block, information = packet.connection.control_block, packet.connection
        return peer.connection_packet(
            Client(packet.header.source_ip, packet.header.source_port),
            (information.server_ip, information.server_port),
            iss=block.iss,
            irs=block.irs,
            rcv_nxt=(block.rcv_nxt + rcv) % _SPACE,
            snd_nxt=(block.snd_nxt + snd) % _SPACE,
            t_flags=block.t_flags,
            ts_now=block.ts_now,
            ts_recent=block.ts_recent,
        )

    def expect_provisional(self, packet: TcpConnectionPacket) -> None:
        """The endpoint of this packet is not definite: only so does a later holder's packet replace it (TGT-4)."""
        self.hand_over_by(self.peer, self.successor(self.peer, packet, rcv=256))

    def expect_ended(self, conversation: Conversation) -> None:
        """The endpoint is gone: no answer to data in the window, nor to a segment before it, which a live one must ACK.

        A reset, as for a closed connection, is as good as silence: TGT-8 does not say whose address "its own" is.
        """
        conversation.carry(conversation.packet("PA", b"G"))
        conversation.carry(conversation.packet("PA", b"old", seq=conversation.snd_nxt - 1000))
        self.judge.expect_silence(
            "resets, as for a closed connection",
            tolerated=lambda frame: conversation.is_mine(frame) and "R" in frame.tcp.flags,
        )

    # First LAN

    def connect(self, options: list[Any] | None = None, client: Client | None = None) -> Conversation:
        """Open a connection from a client to the target's HTTP port."""
        conversation = self.start_connecting(options, client)
        self.finish_connecting(conversation)
        return conversation

    def finish_connecting(self, conversation: Conversation) -> Frame:
        """Complete the handshake; the SYN/ACK. A window that is closed until then has to open (RFC 9293 3.8.6)."""
        frame = self.expect_syn_ack(conversation)
        self.complete(conversation, frame)
        return frame

    def complete(self, conversation: Conversation, syn_ack: Frame) -> None:
        """Send the ACK of a handshake, and wait for a window that takes a request."""
        conversation.send()
        if not conversation.lets_through(syn_ack.tcp):
            self.expect_segment(conversation, conversation.lets_through, "a window that takes a request")

    def settle(self, conversation: Conversation) -> Conversation:
        """Let the endpoint say what it likes to say by itself, so that what comes after is an answer.

        A window update, a SYN/ACK repeated too early, a keep-alive: all are free.
        """
        self.judge.prove_alive()
        while (frame := self.traffic.first(conversation.is_mine, 0)) is not None:
            conversation.take(frame)
        return conversation

    def expect_silence_in(self, conversation: Conversation) -> None:
        """Nothing came of the stimulus in an idle, settled connection; keep-alives are free."""
        self.judge.expect_silence("keep-alives", tolerated=conversation.is_keep_alive)

    def expect_challenge(self, conversation: Conversation, packet: bytes) -> None:
        """A packet of the client is answered by an ACK that says where the connection stands.

        Routers may throttle such ACKs (RFC 5961 7): one that does not come is asked for once more.
        """
        self.settle(conversation)
        conversation.carry(packet)
        numbers = conversation.rcv_nxt, conversation.snd_nxt

        def wanted(frame: Frame) -> bool:
            return conversation.is_mine(frame) and is_plain_ack(frame.tcp) and (frame.tcp.seq, frame.tcp.ack) == numbers

        if self.traffic.first(wanted, self.target.timing.answer) is None:
            self.traffic.collect_for(_THROTTLED)
            conversation.carry(packet)
            self.judge.expect(wanted, f"ACK of {numbers[1]} with sequence number {numbers[0]}")

    def stranger(self, client: Client | None = None, port: int | None = None) -> Conversation:
        """A client's side of which the target knows nothing yet; it is reset after the case."""
        conversation = self.unopened(client or self.new_client(), port)
        self.traffic.inbox.open.append(conversation)
        return conversation

    def unopened(self, client: Client, port: int | None = None) -> Conversation:
        """A client's side that is not to become a connection."""
        server = self.server if port is None else (self.address, port)
        numbers = self.random.randrange(_SPACE), self.random.randrange(_SPACE)
        return Conversation(
            client, server, self.edge.pass_on, snd_nxt=numbers[0], rcv_nxt=numbers[1], note=self.edge.note_packet
        )

    def start_connecting(
        self,
        options: list[Any] | None = None,
        client: Client | None = None,
        port: int | None = None,
        data: bytes = b"",
        window: int = 0xFFFF,
    ) -> Conversation:
        """Send a SYN, which may carry data; the conversation is that of the client that sent it."""
        conversation = self.stranger(client, port)
        conversation.window = window
        offered = [("MSS", 1460)] if options is None else options
        conversation.syn = conversation.packet("S", data, offered)
        conversation.carry(conversation.syn)
        conversation.snd_nxt = (conversation.snd_nxt + 1) % _SPACE
        return conversation

    def expect_syn_ack(self, conversation: Conversation) -> Frame:
        """The SYN is answered; the conversation can go on from there."""
        frame = self.expect_segment(
            conversation,
            lambda tcp: is_syn_ack(tcp) and tcp.ack == conversation.snd_nxt and not tcp.payload,
            f"SYN/ACK that acknowledges {conversation.snd_nxt}, and no data",
        )
        conversation.begin(frame)
        return frame

    def expect_closed(self, conversation: Conversation) -> None:
        """A segment with ACK found no endpoint: RFC 9293 3.10.7.1 takes the RST's sequence number from it."""
        self.expect_segment(
            conversation,
            lambda tcp: "R" in tcp.flags and tcp.seq == conversation.rcv_nxt,
            f"RST with sequence number {conversation.rcv_nxt}, as for a closed connection",
        )

    def expect_segment(self, conversation: Conversation, wanted: Callable[[Any], bool], *outcomes: str) -> Frame:
        """A sound segment to this client, from the server it talks to, that is one of the acceptable outcomes."""
        return self.judge.expect(lambda frame: conversation.is_mine(frame) and wanted(frame.tcp), *outcomes)

    def expect_response(self, conversation: Conversation, resource: Resource) -> None:
        """The server's answer to a request: complete, in order, once, with this resource's content."""
        if not self._collect_response(conversation):
            seconds = self.target.timing.transfer
            raise Inconclusive(f"the answer was still coming after {seconds} s: slow targets need a longer `transfer`")
        outcome = f"status 200 with the content of {resource.path}, from {ipv4_text(conversation.server[0])}"
        if conversation.response() != (200, self.target.body(resource)):
            self.judge.prove_alive()
            raise Violation((outcome,), (*_answer_in_words(conversation), *self.judge.what_came()))
        if conversation.acknowledged != conversation.snd_nxt:
            outcome = f"everything that the client has sent is acknowledged, up to {conversation.snd_nxt}"
            raise Violation((outcome,), tuple(map(describe, conversation.segments)))
        if conversation.contradicted or conversation.below_start:
            frames = conversation.below_start or conversation.segments
            raise Violation(
                ("each octet always the same, and none below the first expected one",), tuple(map(describe, frames))
            )

    def expect_exchange(self, conversation: Conversation, resource: Resource | None = None) -> None:
        """The connection works: a request sent now is answered."""
        resource = resource or self.first
        conversation.request(resource.path)
        self.expect_response(conversation, resource)

    def expect_every_segment(self, conversation: Conversation, outcome: str, holds: Callable[[Frame], bool]) -> None:
        """All segments that came in this conversation have a property."""
        broken = tuple(describe(frame) for frame in conversation.segments if not holds(frame))
        if broken:
            raise Violation((outcome,), broken)

    def _collect_response(self, conversation: Conversation) -> bool:
        """Take segments until the FIN. One that the client would not take for an answer ends the wait too.

        False if time ran out while the answer was still making progress: then nobody can say what it would have been.
        """
        deadline = time.monotonic() + self.target.timing.transfer
        while not (conversation.finished or conversation.was_reset):
            if time.monotonic() >= deadline:
                return False
            if not self._progresses(conversation):
                break
        return True

    def _progresses(self, conversation: Conversation) -> bool:
        """Take segments until one brings something new; False if none does in time, or one is not the server's."""
        known, begin = conversation.rcv_nxt, time.monotonic()
        while conversation.rcv_nxt == known and not conversation.was_reset:
            left = begin + self._responses.seconds - time.monotonic()
            frame = self.traffic.first(lambda frame: _is_segment_to(frame, conversation.client), left)
            if frame is None:
                self._responses.missed()
                return False
            if not conversation.is_mine(frame):
                self.traffic.put_back(frame)
                return False
            conversation.take(frame)
        self._responses.answered(time.monotonic() - begin)
        return True


def _is_segment_to(frame: Frame, client: Client) -> bool:
    return frame.tcp is not None and client in frame.clients


def _answer_in_words(conversation: Conversation) -> tuple[str, ...]:
    response = conversation.response()
    end = "ended by RST" if conversation.was_reset else "ended by FIN" if conversation.finished else "not ended"
    if response is None:
        received = bytes(conversation.received)
        return (f"{len(received)} octets that are no whole response, {end}: {received[:60]!r}",)
    return (f"status {response[0]} with {len(response[1])} octets, {end}: {response[1][:60]!r}",)


def in_order(target: Target) -> tuple[PeerStation, PeerStation]:
    """The two peers that the suite plays: first the one to which the target's operator has mapped what is away."""
    away = target.pixit.away
    first = next((peer for peer in target.peer if away is not None and peer.address == away.peer), target.peer[0])
    return first, next(peer for peer in target.peer if peer is not first)
