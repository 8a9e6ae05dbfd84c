"""One attempt of the target to migrate a connection, as the peer to whom it is offered sees it (ORG-5 to ORG-12)."""

import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from ipos_spec.codec import encode
from ipos_spec.encapsulation import PacketType
from ipos_spec.packets import TcpConnectionPacket, TcpPacket

from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET, Client, Direction, Frame, Lan, address, describe
from ipos_conformance.pause import Pause
from ipos_conformance.stations.conversation import Conversation, is_plain_ack, is_syn_ack
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.migration import packet_in
from ipos_conformance.target import Resource
from ipos_conformance.verdicts import Inconclusive, Violation

COPIES = "repetitions of the connection packet"
COPIES_DUE = (0.0, 0.2, 0.6, 1.4)
"""Seconds of the document from the first copy to each (ORG-7)."""
GIVEN_UP = 3.0
"""Seconds of the document from the first copy to the end of the attempt (ORG-7)."""
EARLY, LATE = 0.01, 0.05
"""Seconds by which a copy or the end may miss its time (ORG-7's note)."""
_WELL_BEFORE = 0.2
"""Seconds of the document before the end of an attempt, or before the second that a request may take (ORG-11), from
which on nothing is asked any more that has to be answered in time."""


@dataclass(frozen=True)
class Attempt:
    """From its first connection packet on.

    client   the client's side, which may go on sending
    peer     the router to which the connection is offered
    first    the frame of the first connection packet
    packet   what it says
    """

    dut: Dut
    client: Conversation
    peer: Peer
    first: Frame
    packet: TcpConnectionPacket

    @classmethod
    def begin(cls, dut: Dut, client: Conversation | None = None) -> "Attempt":
        """Have a client, or a new one, ask for what is away."""
        asking = client or dut.connect()
        dut.origin.request(asking)
        return cls.expect(dut, asking)

    @classmethod
    def expect(cls, dut: Dut, client: Conversation, peer: Peer | None = None) -> "Attempt":
        """The target offers this client's connection to a peer, the one that has what is away if none is named."""
        packet = _expect_connection_packet(dut, client, peer)
        octets = encode(packet)
        first = next(frame for frame in _received(dut.traffic.evidence) if frame.octets == octets)
        attempt = cls(dut, client, peer or dut.peer, first, packet)
        attempt._let_pass()
        return attempt

    @classmethod
    def begin_raw(cls, dut: Dut) -> "Attempt":
        """Have a new client send one octet, `a`, to the port whose connections go away with their first octet."""
        client = cls.connect_raw(dut)
        client.send("PA", b"a")
        address = dut.target.pixit.raw.peer
        peer = next((peer for peer in (dut.peer, dut.other_peer) if peer.address == address), None)
        dut.needs(peer is not None, "pixit.raw.peer is none of the two peers whom the suite plays")
        return cls.expect(dut, client, peer)

    @classmethod
    def connect_raw(cls, dut: Dut) -> Conversation:
        """Have a new client connect to that port."""
        dut.needs(dut.target.pics.origin, "the target file does not claim pics.origin")
        dut.needs(dut.target.pixit.raw.away is not None, "the target file names no pixit.raw.away")
        client = dut.start_connecting(port=dut.target.pixit.raw.away)
        dut.finish_connecting(client)
        return client

    # What the suite does

    def send_singly(self, count: int) -> None:
        """Have the client send so many octets, one in each packet."""
        for _ in range(count):
            self.client.send("PA", b"x")

    def acknowledge(self) -> None:
        """Take the endpoint over, after everything that was sent on either LAN has been dealt with in silence.

        Raises Inconclusive if that has taken us so long that the attempt may be over.
        """
        self.expect_nothing()
        if time.time() > self._shortly_before_the_end:
            raise Inconclusive("our own acknowledgement came too late: the attempt may have been given up before it")
        self.peer.acknowledge(self.packet)

    # What came

    def is_copy(self, frame: Frame) -> bool:
        """Whether a frame is the connection packet again, octet for octet."""
        return frame.lan is Lan.SECOND and frame.octets == self.first.octets

    def passed_on(self, frame: Frame) -> bytes | None:
        """The client's packet in a right type 2 packet for this migration; None if it is none."""
        packet = packet_in(frame, self.peer)
        same = isinstance(packet, TcpPacket) and packet.header.reference == self.packet.header.reference
        from_target = same and frame.source == self.dut.second_mac
        return packet.inner if isinstance(packet, TcpPacket) and from_target else None

    @property
    def sent(self) -> list[bytes]:
        """The IP packets of this connection that the client has sent and that may be passed on: all but resets."""
        return [octets for octets, _ in self._sent()]

    @property
    def held(self) -> list[bytes]:
        """Those of them that the target has to hold: with data or FIN, or sent since the attempt was seen."""
        return [octets for octets, has_to_be_held in self._sent() if has_to_be_held]

    @property
    def took(self) -> float:
        """Seconds from the client's last packet before it to the first connection packet."""
        seen = self.dut.traffic.evidence.index(self.first)
        before = self.dut.traffic.evidence[:seen]
        return self.first.time - max(frame.time for frame in before if is_sent_by(frame, self.client))

    # What has to come

    def expect_held(self, held: list[bytes] | None = None) -> None:
        """The held packets come as type 2 packets, in the order of arrival, and nothing else does (ORG-6).

        Repeats may have been held once or more often (ORG-12); what need not be held may have been.
        """
        required, sent = self.held if held is None else held, self.sent if held is None else held
        for wanted in dict.fromkeys(_range(packet) for packet in required):
            self._expect_passed_on(wanted)
        came = [frame for frame in self._since_first() if self.passed_on(frame) is not None]
        while self.dut.traffic.first(lambda frame: self._is_earlier(frame, came), 0) is not None:
            pass
        self.dut.judge.expect_silence("repeats of them", tolerated=lambda frame: self.passed_on(frame) in sent)
        came = [frame for frame in self._since_first() if self.passed_on(frame) is not None]
        if not _is_part_of((self.passed_on(frame) for frame in came), sent):
            raise Violation(("the held packets in the order of their arrival",), tuple(map(describe, came)))

    def expect_nothing(self) -> None:
        """Nobody says anything but the connection packet again: the client hears nothing, nothing is passed on.

        What comes when the attempt may have been given up is not judged.
        """
        end = self._shortly_before_the_end
        self.dut.judge.expect_silence(COPIES, tolerated=lambda frame: self.is_copy(frame) or frame.time > end)

    def expect_nothing_passed_on(self) -> None:
        """No packet of the client is on the second LAN."""
        self.dut.judge.expect_none(lambda frame: self.passed_on(frame) is not None, "no type 2 packet")

    def expect_no_copy(self) -> None:
        """The connection packet is not there again."""
        self.dut.judge.expect_none(self.is_copy, "no connection packet")

    def expect_no_other_connection_packet(self) -> None:
        """Every connection packet for this client is the first one, octet for octet."""
        self.dut.judge.expect_none(
            lambda frame: (
                frame.header is not None
                and frame.header.type == PacketType.CONNECTION
                and self.client.client in frame.clients
                and not self.is_copy(frame)
            ),
            "no connection packet but the first one again, octet for octet",
        )

    def expect_none_on_the_first_lan(self) -> None:
        """Nothing of ipOS is on the first LAN."""
        ether_type = self.dut.target.second_lan.ether_type
        self.dut.judge.expect_none(
            lambda frame: frame.lan is Lan.FIRST and frame.type == ether_type, "nothing of ipOS on the first LAN"
        )

    def still_under_way(self) -> Generator[Pause, None, None]:
        """What was sent last was discarded: no answer, the repetition goes on, and the acknowledgement counts yet."""
        self.expect_nothing()
        since, scale = time.time(), self.dut.scale
        passed = (since - self.first.time) / scale
        due = next((due for due in COPIES_DUE if due > passed + EARLY / scale), None)
        if due is None:
            raise Inconclusive("our own bench was too slow: no copy of the connection packet is due any more")
        yield self.dut.pause(due + LATE / scale - passed, GIVEN_UP - _WELL_BEFORE - passed)
        self.dut.judge.expect(
            lambda frame: self.is_copy(frame) and frame.time > since, "the connection packet again, octet for octet"
        )
        self.acknowledge()
        self.expect_held()

    def expect_given_up(self) -> Frame:
        """The client hears from the server that it addressed, or is reset; that frame."""
        frame = self.dut.judge.expect(
            lambda frame: self.client.is_mine(frame) and not is_syn_ack(frame.tcp),
            "a segment of the server that the client addressed",
            "RST",
            seconds=self.dut.target.timing.response,
        )
        self.dut.traffic.put_back(frame)
        return frame

    def expect_served_here(self, resource: Resource) -> None:
        """The client gets the answer of the server that it addressed. Not applicable where that resets instead."""
        self._expect_no_reset()
        self.dut.expect_response(self.client, resource)

    def expect_echo(self, octets: bytes) -> None:
        """The same from an echo service: these octets, in order."""
        self._expect_no_reset()
        while len(self.client.received) < len(octets):
            self.client.take(
                self.dut.judge.expect(
                    lambda frame: self.client.is_mine(frame) and bool(frame.tcp.payload),
                    f"the octets {octets!r} from the server that the client addressed",
                    seconds=self.dut.target.timing.response,
                )
            )
        came = bytes(self.client.received)
        if came != octets:
            raise Violation((f"the octets {octets!r}",), (f"{came!r}",))

    # Inside

    @property
    def _shortly_before_the_end(self) -> float:
        """Seconds since the epoch."""
        return self.first.time + self.dut.scaled(GIVEN_UP - _WELL_BEFORE)

    def _expect_no_reset(self) -> None:
        reset = "R" in self.expect_given_up().tcp.flags
        self.dut.needs(not reset, "the target resets what it can't migrate, as ORG-7 permits")

    def _let_pass(self) -> None:
        """What the target said before its connection packet may have been slower on the other LAN."""
        self.dut.judge.prove_alive()
        while self.dut.traffic.first(self._says_nothing_new, 0) is not None:
            pass

    def _says_nothing_new(self, frame: Frame) -> bool:
        """A SYN/ACK, keep-alive or ACK that acknowledges nothing of the request."""
        if not self.client.is_mine(frame):
            return False
        nothing_new = frame.tcp.ack == self.packet.connection.control_block.rcv_nxt
        bare = is_plain_ack(frame.tcp) and "SAck" not in dict(frame.tcp.options) and not frame.tcp.payload
        return nothing_new and (is_syn_ack(frame.tcp) or bare or self.client.is_keep_alive(frame))

    def _is_earlier(self, frame: Frame, passed_on: list[Frame]) -> bool:
        """Whether it is the connection packet again, before the first of these (or of none, when nothing is held)."""
        return self.is_copy(frame) and (not passed_on or frame.time <= passed_on[0].time)

    def _expect_passed_on(self, wanted: "_Range") -> None:
        self.dut.judge.expect(
            lambda frame: (packet := self.passed_on(frame)) is not None and _range(packet) == wanted,
            f"a type 2 packet with the client's {wanted}",
        )

    def _since_first(self) -> Iterator[Frame]:
        evidence = self.dut.traffic.evidence
        yield from evidence[evidence.index(self.first) :]

    def _sent(self) -> Iterator[tuple[bytes, bool]]:
        """Packets of this connection, resets left out, and whether each has to be held."""
        evidence, syn = self.dut.traffic.evidence, self.client.syn
        seen = evidence.index(self.first)
        opened = max(number for number, frame in enumerate(evidence) if frame.octets[ETHERNET:] == syn)
        for number, frame in enumerate(evidence[opened + 1 :], opened + 1):
            if is_sent_by(frame, self.client) and "R" not in frame.tcp.flags:
                carries = bool(frame.tcp.payload) or "F" in frame.tcp.flags
                yield frame.octets[ETHERNET:], carries or number > seen


@dataclass(frozen=True)
class _Range:
    """What of the client's sequence space a packet occupies; octets: of one that occupies nothing."""

    seq: int
    length: int
    octets: bytes = b""

    def __str__(self) -> str:
        return f"{self.length} octets from sequence number {self.seq} on" if self.length else "bare segment"


def _range(packet: bytes) -> _Range:
    tcp = Frame(Lan.FIRST, Direction.SENT, 0.0, bytes(12) + b"\x08\x00" + packet, 0).tcp
    length = len(tcp.payload) + ("F" in tcp.flags)
    return _Range(tcp.seq, length, b"" if length else packet)


def _expect_connection_packet(dut: Dut, client: Conversation, peer: Peer | None) -> TcpConnectionPacket:
    """Raises Inconclusive if it does not come, and we took so long for the request that it may be served (ORG-11)."""
    try:
        return dut.origin.expect_connection_packet(client, peer)
    except Violation:
        data = [frame.time for frame in dut.traffic.evidence if is_sent_by(frame, client) and frame.tcp.payload]
        if max(data, default=0.0) - min(data, default=0.0) > dut.scaled(1.0 - _WELL_BEFORE):
            raise Inconclusive("our own request took so long that the target may have acknowledged it") from None
        raise


def is_sent_by(frame: Frame, client: Conversation) -> bool:
    """Whether a frame is a segment that this client has sent."""
    tcp = frame.tcp if frame.lan is Lan.FIRST and frame.direction is Direction.SENT else None
    return tcp is not None and Client(address(frame.ip.src), tcp.sport) == client.client


def _received(frames: Iterable[Frame]) -> Iterator[Frame]:
    return (frame for frame in frames if frame.direction is Direction.RECEIVED)


def _is_part_of(some: Iterable[bytes | None], all_in_order: Iterable[bytes | None]) -> bool:
    """Whether these packets stand among those in the same order."""
    left = iter(all_in_order)
    return all(one in left for one in some)
