"""The target's attempts to hand a UDP client over: which connection packets are one's, and when they came (ORG-7)."""

from typing import TYPE_CHECKING

from ipos_spec.packets import ConnectionPacket, UdpConnectionPacket, UdpPacket

from ipos_conformance.findings.evidence import Timing
from ipos_conformance.frames import Client, Frame, describe
from ipos_conformance.stations.datagrams import Flow
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.migration import packet_in
from ipos_conformance.verdicts import Violation

if TYPE_CHECKING:
    from ipos_conformance.dut import Dut

REPETITIONS, GIVEN_UP = (0.2, 0.6, 1.4), 3.0
"""Seconds of the document from the first connection packet to each repetition, and to the end (ORG-7)."""
_EARLY = 0.1
"""Seconds by which our own bench may have seen the first one too late."""


class UdpAttempts:
    """Those for the clients of one device under test."""

    def __init__(self, dut: "Dut") -> None:
        self._dut = dut

    def of(self, flow: Flow, peer: Peer) -> list[list[Frame]]:
        """All connection packets for a client until now, those of one attempt together."""
        attempts: list[list[Frame]] = []
        for frame in self._dut.traffic.evidence:
            if is_connection_packet(frame, flow, peer):
                if not attempts or frame.time - attempts[-1][0].time > self._dut.scaled(GIVEN_UP):
                    attempts.append([])
                attempts[-1].append(frame)
        return attempts

    def claim(self, flow: Flow, peer: Peer) -> None:
        """Take the connection packets for a client that have come by now for explained."""
        while self._dut.traffic.first(lambda frame: is_connection_packet(frame, flow, peer), 0) is not None:
            pass

    def expect_rhythm(self, flow: Flow, peer: Peer) -> None:
        """The last attempt, which is over: four identical connection packets on time, and no answer before its end."""
        copies, given_up = self.expect_copies(flow, peer), self._first_answer(flow)
        times = zip((*REPETITIONS, GIVEN_UP), (*copies[1:], given_up), strict=True)
        for due, frame in times:
            self._judge(f"{due} s after the first connection packet", self._dut.scaled(due), copies[0], frame)

    def expect_copies(self, flow: Flow, peer: Peer) -> list[Frame]:
        """The last attempt, which is over, were four identical connection packets (ORG-7)."""
        self._dut.judge.prove_alive()
        self.claim(flow, peer)
        copies = next(reversed(self.of(flow, peer)), [])
        if len({frame.octets for frame in copies}) != 1 or len(copies) != len(REPETITIONS) + 1:
            outcome = f"{len(REPETITIONS) + 1} identical connection packets for client {flow.client}"
            raise Violation((outcome,), tuple(map(describe, copies)) or ("none",))
        return copies

    def _first_answer(self, flow: Flow) -> Frame:
        """Put back: its content is for others to judge."""
        frame = self._dut.judge.expect(flow.is_mine, "an answer of the own server after the attempt")
        self._dut.traffic.put_back(frame)
        return frame

    def _judge(self, what: str, due: float, first: Frame, frame: Frame) -> None:
        """Whether a frame came so many seconds after the first; what our machine was kept from is no proof."""
        observed = frame.time - first.time
        earliest, latest = due - _EARLY, due + self._dut.target.timing.answer
        traffic = self._dut.traffic
        traffic.inbox.timings.append(
            Timing(what=what, observed=round(observed, 6), earliest=round(earliest, 6), latest=round(latest, 6))
        )
        if earliest <= observed <= latest:
            return
        missed, stall = abs(observed - due), traffic.stalls.worst_since(first.time)
        text = f"{what}: missed, but our machine stalled for {stall:.3f} s" if stall > missed / 2 else ""
        traffic.inbox.doubts.append(lambda: text)
        raise Violation(
            (f"{what}, between {earliest:.3f} and {latest:.3f} s",), (f"{observed:.3f} s: {describe(frame)}",)
        )


def client_of(packet: ConnectionPacket | UdpPacket) -> Client:
    """The client that a packet is about (ENC-3)."""
    return Client(packet.header.source_ip, packet.header.source_port)


def is_connection_packet(frame: Frame, flow: Flow, peer: Peer) -> bool:
    """Whether a frame is a sound UDP connection packet for this client, to that peer's endpoint."""
    packet = packet_in(frame, peer)
    return (
        isinstance(packet, UdpConnectionPacket)
        and client_of(packet) == flow.client
        and packet.header.destination_ip == peer.address
    )
