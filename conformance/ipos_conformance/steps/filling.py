"""A target's tables, filled until they take nothing more, and what a table that is full does (TAB-4).

The target file says how much they take. A router may round that up, as hash tables do, and some of it may be taken
already: a table is full at the first refusal, if that comes between half of what was said and twice as much.
"""

import time
from abc import ABC, abstractmethod
from typing import ClassVar

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.dut import Dut
from ipos_conformance.frames import Direction, Frame
from ipos_conformance.stations.conversation import Conversation, is_plain_ack, is_syn_ack
from ipos_conformance.steps.migration import TooLate
from ipos_conformance.steps.moved import Moved
from ipos_conformance.steps.silent import ANSWER, HALF, PROBES, SILENCE, finish_asking
from ipos_conformance.steps.timers import Timer
from ipos_conformance.verdicts import Inconclusive, NotApplicable, Violation

WITHOUT_DATA, MAKES_ROOM, IN_PROGRESS, ENTRY = 30, 30, 3, 900
"""Seconds of the document: what is in Temporary (ORG-10), provisional (TAB-4), migrated (ORG-7), or was (FWD-2)."""
SILENT = SILENCE + PROBES * ANSWER
"""Seconds of the document that an endpoint lives whose client says nothing (TGT-13)."""
_TOO_LATE = 10
"""How often our own acknowledgement may be late while Forward is filled; another client then takes its turn."""


class Table(ABC):
    """One of the target's tables; it fills it when it is made."""

    name: ClassVar[str]

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.bound: int | None = getattr(dut.bounds, self.name)
        if self.bound is None:
            raise NotApplicable(f"the target file says no quick.bounds.{self.name}")
        self.taken = self._fill(2 * self.bound)
        if self.taken >= 2 * self.bound:
            bounded = f"a bound of {self.name.replace('_', '-')}: the target file says {self.bound}"
            raise Violation((bounded,), (f"{self.taken} were taken",))
        if self.taken < self.bound // 2:
            raise Inconclusive(f"only {self.taken} were taken, though quick.bounds.{self.name} says {self.bound}")

    def _fill(self, most: int) -> int:
        """Enter one after the other until one is refused; how many were taken."""
        return next((number for number in range(most) if not self._enter()), most)

    def refuses(self) -> bool:
        """Whether another one is refused; as many are taken before as places may have been other cases', which end."""
        others = max(0, (self.bound or 0) - self.taken)
        return any(not self._enter() for _ in range(1 + others))

    @abstractmethod
    def _enter(self) -> bool:
        """Try another one; whether it was taken. The outcome is one of the two, or the case ends."""

    @abstractmethod
    def expect_refused(self) -> None:
        """Another one gets what TAB-4 says."""

    @abstractmethod
    def expect_first_goes_on(self) -> None:
        """Nothing has happened to the first one that was taken."""

    @abstractmethod
    def make_room(self) -> None:
        """End the last one that was taken."""

    @abstractmethod
    def expect_taken(self) -> None:
        """Another one is taken."""


class Temporary(Table):
    """Full, SYNs are dropped. Its connections soon end without data (ORG-10), so all of them come at once."""

    name = "temporary"

    def _fill(self, most: int) -> int:
        clients = [self.dut.stranger() for _ in range(most)]
        for client in clients:
            client.syn = client.packet("S", options=[("MSS", 1460)])
        # From here on it counts: what is in Temporary without data is reset (ORG-10).
        Timer(self.dut, "the reset of a connection without data", WITHOUT_DATA).hurry()
        for client in clients:
            client.carry(client.syn)
            client.snd_nxt = (client.snd_nxt + 1) % (1 << 32)
        self.dut.judge.prove_alive()
        answers = [(client, self._answer_to(client)) for client in clients]
        self._answered = [client for client, answer in answers if answer is not None]
        self._dropped = [client for client, answer in answers if answer is None]
        self._syn_acks = [answer for _, answer in answers if answer is not None]
        return len(self._answered)

    def _answer_to(self, client: Conversation) -> Frame | None:
        frame = self.dut.traffic.first(lambda frame: client.is_mine(frame) and is_syn_ack(frame.tcp), 0)
        if frame is not None:
            client.begin(frame)
        return frame

    def _enter(self) -> bool:
        raise NotImplementedError("they come all at once")

    def expect_refused(self) -> None:
        """The SYNs beyond the bound got no answer at all."""
        self.dut.judge.expect_silence("SYN/ACKs again", tolerated=self._is_for_one_that_was_taken)

    def _is_for_one_that_was_taken(self, frame: Frame) -> bool:
        return any(client.is_mine(frame) for client in self._answered)

    def expect_first_goes_on(self) -> None:
        """It completes its handshake, and is answered; its window may open only then."""
        self.dut.complete(self._answered[0], self._syn_acks[0])
        self.dut.expect_exchange(self._answered[0])

    def make_room(self) -> None:
        """All of them are reset."""
        for client in self._answered:
            client.carry(client.packet("R"))

    def expect_taken(self) -> None:
        """A client whose SYN was dropped sends it again."""
        self._dropped[0].carry(self._dropped[0].syn)
        self.dut.expect_syn_ack(self._dropped[0])


class Local(Table):
    """Full, a connection is reset at its request."""

    name = "local"

    def _fill(self, most: int) -> int:
        port = self.dut.target.pixit.raw.local
        self.dut.needs(port is not None, "the target file names no pixit.raw.local")
        self._clients: list[Conversation] = []
        return super()._fill(most)

    def _enter(self) -> bool:
        client = self.dut.start_connecting(port=self.dut.target.pixit.raw.local)
        self.dut.finish_connecting(client)
        self._clients.append(client)
        return self._is_echoed(client, b"?")

    def _is_echoed(self, client: Conversation, octets: bytes) -> bool:
        client.send("PA", octets)
        frame = self.dut.judge.expect(
            lambda frame: client.is_mine(frame) and (bytes(frame.tcp.payload) == octets or "R" in frame.tcp.flags),
            f"the octets {octets!r} from the target's own server",
            "RST, when Local is full",
            seconds=self.dut.target.timing.response,
        )
        client.take(frame)
        return not client.was_reset

    def expect_refused(self) -> None:
        """Another client is reset at its first octet."""
        self._require(self.refuses(), "RST")

    def expect_first_goes_on(self) -> None:
        """Its next octet comes back."""
        self._require(self._is_echoed(self._clients[0], b"!"), "an answer")

    def make_room(self) -> None:
        """The last one is reset."""
        last = self._clients[self.taken - 1]
        last.carry(last.packet("R"))

    def expect_taken(self) -> None:
        """Another client is answered."""
        self._require(self._enter(), "an answer")

    def _require(self, holds: bool, outcome: str) -> None:
        self.dut.require(holds, outcome, self.dut.traffic.evidence[-1])


class Forward(Table):
    """Full, migrations in progress counted, nothing more is migrated: its clients are served here."""

    name = "forward"

    def _fill(self, most: int) -> int:
        self._moved: list[Moved] = []
        self._again = _TOO_LATE
        Timer(self.dut, "the end of an entry without packets", ENTRY, waited_for=False).hurry()
        return super()._fill(most)

    def _enter(self) -> bool:
        dut, began = self.dut, time.time()
        client = dut.connect()
        request = client.packet("PA", dut.origin.request_octets())
        dut.origin.request(client)
        try:
            if not self._is_offered(client, began):
                dut.expect_response(client, dut.origin.away)
                return False
            self._moved.append(Moved(dut, client, dut.origin.take_over(client, request), dut.peer))
        except TooLate:
            self._again -= 1
            if not self._again:
                raise
            client.carry(client.packet("R"))  # it would take a place here, too, or in Local (ORG-12)
            dut.traffic.collect_for(dut.scaled(2 * IN_PROGRESS))
            return self._enter()
        return True

    def _is_offered(self, client: Conversation, began: float) -> bool:
        """Whether a migration begins, or the client is answered.

        Raises TooLate if it was reset for want of data (ORG-10), having ``began`` long before its request was there.
        """
        frame = self.dut.judge.expect(
            lambda frame: (
                self.dut.origin.is_connection_packet(frame, client)
                or (client.is_mine(frame) and (bool(frame.tcp.payload) or "R" in frame.tcp.flags))
            ),
            "a connection packet for the server that has what is asked for",
            "the answer of the server that the client addressed, when Forward is full",
            seconds=self.dut.target.timing.response,
        )
        if client.is_mine(frame) and "R" in frame.tcp.flags:
            slow = frame.time - began > self.dut.scaled(WITHOUT_DATA) / 2
            self.dut.require(slow, "a connection packet, or an answer", frame)
            raise TooLate("our own request was too slow for the time in which it has to come")
        self.dut.traffic.put_back(frame)
        return not client.is_mine(frame)

    def expect_refused(self) -> None:
        """Another client is answered here, with what the server itself has."""
        self.dut.require(self.refuses(), "no migration, but an answer", self.dut.traffic.evidence[-1])

    def expect_first_goes_on(self) -> None:
        """Its next packet is forwarded."""
        self._moved[0].carry(more := self._moved[0].client.packet("PA", b"more"))
        self._moved[0].expect_forwarded(more)

    def make_room(self) -> None:
        """The last one comes back, and is reset: that takes its entry with it (TGT-12)."""
        self.dut.take_back(self._moved[-1].packet)
        self.dut.judge.prove_alive()

    def expect_taken(self) -> None:
        """Another client's connection is migrated."""
        self.dut.origin.migrate(self.dut.connect())

    def expect_room_for_one_of_two(self) -> None:
        """Of two clients that ask at once one is offered to the peer, and the other is answered here."""
        dut, both = self.dut, (self.dut.connect(), self.dut.connect())
        for client in both:
            dut.origin.request(client)
        asked = [frame.time for frame in dut.traffic.evidence if frame.direction is Direction.SENT][-len(both) :]
        if asked[-1] - asked[0] > dut.scaled(IN_PROGRESS) / 2:
            raise Inconclusive(f"our own bench asked twice within {asked[-1] - asked[0]:.3f} s, which is not at once")
        dut.origin.expect_connection_packet(both[0])
        dut.expect_response(both[1], dut.origin.away)
        dut.judge.expect_none(
            lambda frame: dut.origin.is_connection_packet(frame, both[1]), "no connection packet for the second client"
        )


class ForwardConnect(Table):
    """Full, connection packets are not acknowledged. Its endpoints are definite, so that none may make room."""

    name = "forward_connect"

    def _fill(self, most: int) -> int:
        self._packets: list[TcpConnectionPacket] = []
        self._endpoints: list[Conversation] = []
        Timer(self.dut, "the end of an endpoint whose client is silent", SILENT, waited_for=False).hurry()
        return super()._fill(most)

    def _enter(self) -> bool:
        packet = self.dut.peer.connection_packet(self.dut.new_client())
        if not self.is_acknowledged(packet):
            return False
        self._packets.append(packet)
        self._endpoints.append(endpoint := self.dut.endpoint(self.dut.peer, packet))
        # Its acknowledgement may be delayed, and nobody waits for it: filled slowly, the first ones were forgotten.
        endpoint.send("PA", self.dut.right_request()[:HALF])
        return True

    def is_acknowledged(self, packet: TcpConnectionPacket) -> bool:
        """Whether a connection packet is, before the repetition of one that was, which has to be (TGT-3)."""
        dut = self.dut
        dut.peer.send(packet)
        for known in self._packets[:1]:
            dut.peer.send(known)
            dut.expect_acknowledgement(known)
        if not self._packets:
            dut.expect_acknowledgement(packet)
            return True
        return dut.traffic.first(lambda frame: dut.acknowledges(frame, packet), 0) is not None

    def expect_refused(self) -> None:
        """Neither an acknowledgement nor anything else on either LAN."""
        packet = self.dut.peer.connection_packet(self.dut.new_client())
        self.dut.peer.send(packet)
        self.expect_silence()

    def expect_silence(self) -> None:
        """Where no barrier is acknowledged any more, an endpoint's repeated connection packet is."""
        self.dut.peer.send(self._packets[0])
        self.dut.expect_acknowledgement(self._packets[0])
        closed = self.dut.start_connecting(port=self.dut.target.pixit.closed_port)
        self.dut.expect_segment(closed, lambda tcp: "R" in tcp.flags, "the RST of a closed port")
        self.dut.judge.expect_nothing_left("ACKs of those that were taken, and keep-alives", tolerated=self._is_idle)

    def _is_idle(self, frame: Frame) -> bool:
        return any(
            endpoint.is_keep_alive(frame)
            or (endpoint.is_mine(frame) and is_plain_ack(frame.tcp) and not frame.tcp.payload)
            for endpoint in self._endpoints
        )

    def expect_first_goes_on(self) -> None:
        """The rest of its request is answered."""
        finish_asking(self.dut, self._endpoints[0])

    def make_room(self) -> None:
        """The last one is reset."""
        self._endpoints[-1].carry(self._endpoints[-1].packet("R"))

    def expect_taken(self) -> None:
        """Another connection packet is acknowledged, and its request answered."""
        self.dut.expect_exchange(self.dut.hand_over())


class Provisional(ForwardConnect):
    """The same, of provisional endpoints: while they are young, none makes room. So all of them come at once."""

    def _fill(self, most: int) -> int:
        dut = self.dut
        packets = [dut.peer.connection_packet(dut.new_client()) for _ in range(most)]
        self._endpoints = [dut.endpoint(dut.peer, packet) for packet in packets]
        Timer(dut, "the time after which a provisional endpoint may make room", MAKES_ROOM).hurry()
        for packet in (*packets, packets[0]):
            dut.peer.send(packet)
        for _ in range(2):  # the repetition has to be acknowledged, too (TGT-3), and is so behind all others
            dut.expect_acknowledgement(packets[0])
        self._packets = [packets[0], *(packet for packet in packets[1:] if self._was_acknowledged(packet))]
        return len(self._packets)

    def _was_acknowledged(self, packet: TcpConnectionPacket) -> bool:
        return self.dut.traffic.first(lambda frame: self.dut.acknowledges(frame, packet), 0) is not None

    def _enter(self) -> bool:
        raise NotImplementedError("they come all at once")

    def expect_first_goes_on(self) -> None:
        """Its request makes it definite, and is answered."""
        self.dut.expect_exchange(self._endpoints[0])


TABLES = {"temporary": Temporary, "local": Local, "forward": Forward, "forward-connect": ForwardConnect}
