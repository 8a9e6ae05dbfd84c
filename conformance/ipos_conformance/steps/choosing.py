"""Where a client's request goes: offered to a peer, or served by the server that it addressed; never both."""

from dataclasses import dataclass

from ipos_spec.encapsulation import PacketType

from ipos_conformance.dut import Dut
from ipos_conformance.frames import Frame
from ipos_conformance.stations.conversation import Conversation, distance
from ipos_conformance.steps.attempt import EARLY, Attempt, is_sent_by
from ipos_conformance.steps.schedule import DELAYED_ACK
from ipos_conformance.target import Resource

_DEFAULT_MSS = 536


@dataclass(frozen=True)
class Choice:
    """A client's connection at whose request the target chooses a server.

    start   sequence number of the request's first octet
    """

    dut: Dut
    client: Conversation
    start: int

    @classmethod
    def of(cls, dut: Dut, client: Conversation) -> "Choice":
        """From here on: the client's next octet is its request's first."""
        return cls(dut, client, client.snd_nxt)

    @property
    def room(self) -> int:
        """Octets of a request that the target's window takes."""
        edges = (self._right_edge(frame) for frame in self._from_target())
        return max((distance(self.start, edge) for edge in edges), default=0)

    @property
    def mss(self) -> int:
        """The largest segment that the target takes."""
        return min(int(dict(frame.tcp.options).get("MSS", _DEFAULT_MSS)) for frame in self._syn_acks())

    def send(self, octets: bytes) -> None:
        """Have the client send its request, in segments as large as the target takes."""
        for begin in range(0, len(octets), self.mss):
            self.client.send("PA", octets[begin : begin + self.mss])

    def is_offer(self, frame: Frame) -> bool:
        """Whether a frame is a connection packet for this client, whatever else it says."""
        header, client = frame.header, self.client.client
        return header is not None and header.type == PacketType.CONNECTION and client in frame.clients

    def is_acceptance(self, frame: Frame) -> bool:
        """Whether a frame acknowledges octets of the request, selectively or not."""
        if not self.client.is_mine(frame) or "A" not in frame.tcp.flags:
            return False
        return "SAck" in dict(frame.tcp.options) or distance(self.start, frame.tcp.ack) > 0

    def expect_none_within(self, seconds: float) -> None:
        """Nothing was chosen before so many seconds of the document had passed since the request's first octet."""
        sent = (frame for frame in self.dut.traffic.evidence if is_sent_by(frame, self.client) and frame.tcp.payload)
        granted = self.dut.scaled(seconds)
        until = next(sent).time + granted - EARLY
        self.dut.judge.expect_none(
            lambda frame: frame.time < until and (self.is_offer(frame) or self.is_acceptance(frame)),
            f"neither a connection packet nor an acknowledgement within {granted:.2f} s of the request's first octet",
        )

    def expect_one(self) -> Frame:
        """A server is chosen: the connection is offered to a peer, or the request is acknowledged here."""
        frame = self.dut.judge.expect(
            lambda frame: self.is_offer(frame) or self.is_acceptance(frame),
            "a connection packet",
            "an acknowledgement of the request",
            seconds=DELAYED_ACK + self.dut.target.timing.answer,
        )
        self.dut.traffic.put_back(frame)
        return frame

    def expect_either(self, resource: Resource) -> None:
        """The request is answered here and offered to nobody, or offered whole and nothing of it acknowledged."""
        if self.is_offer(self.expect_one()):
            Attempt.expect(self.dut, self.client).acknowledge()
            self.dut.judge.expect_none(self.is_acceptance, "no acknowledgement of the request")
        else:
            self.expect_served_here(resource)

    def expect_end(self) -> None:
        """The application closes in return, and the client's FIN is acknowledged."""
        self.dut.judge.expect(
            lambda frame: (
                self.client.is_mine(frame) and "F" in frame.tcp.flags and frame.tcp.ack == self.client.snd_nxt
            ),
            "a FIN that acknowledges the client's",
            seconds=self.dut.target.timing.response,
        )

    def expect_served_here(self, resource: Resource) -> None:
        """The server that the client addressed answers, and the connection is offered to nobody."""
        self.dut.expect_response(self.client, resource)
        self.dut.judge.expect_none(self.is_offer, "no connection packet")

    def _from_target(self) -> list[Frame]:
        return [frame for frame in self.dut.traffic.evidence if self.client.is_mine(frame)]

    def _syn_acks(self) -> list[Frame]:
        return [frame for frame in self._from_target() if "S" in frame.tcp.flags]

    def _right_edge(self, frame: Frame) -> int:
        scale = 0 if "S" in frame.tcp.flags else self.client.server_scale
        return int(frame.tcp.ack + (frame.tcp.window << scale)) % (1 << 32)
