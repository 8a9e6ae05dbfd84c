"""Clients on the first LAN: they open connections to the target, ask, and are answered (RFC 9293)."""

import time
from collections.abc import Callable
from typing import Any

from ipos_spec.addresses import ipv4_text

from ipos_conformance.device import Device
from ipos_conformance.frames import Client, Frame, describe
from ipos_conformance.stations.conversation import Conversation, is_plain_ack, is_syn_ack
from ipos_conformance.target import Resource
from ipos_conformance.verdicts import Inconclusive, Violation

_SPACE = 1 << 32
_THROTTLED = 1.0
"""Seconds after which a router that throttles its challenge ACKs sends another."""


class Connecting(Device):
    """A device to which clients connect."""

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
            left = begin + self.responses.seconds - time.monotonic()
            frame = self.traffic.first(lambda frame: _is_segment_to(frame, conversation.client), left)
            if frame is None:
                self.responses.missed()
                return False
            if not conversation.is_mine(frame):
                self.traffic.put_back(frame)
                return False
            conversation.take(frame)
        self.responses.answered(time.monotonic() - begin)
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
