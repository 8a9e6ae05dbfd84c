"""How an expectation is judged: an answer by waiting, silence by a barrier, a missing answer only if the target lives.

A barrier is a valid probe for a client that nobody has used; its answer proves that everything sent before it was
dealt with. So silence needs no time-out, and a time-out alone is no verdict.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance import background
from ipos_conformance.clients import Clients
from ipos_conformance.findings.evidence import comparison
from ipos_conformance.frames import Client, Frame, Lan, describe
from ipos_conformance.inbox import Inbox
from ipos_conformance.patience import Patience
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.stations.edge import Edge
from ipos_conformance.stations.peer import Peer
from ipos_conformance.target import Target
from ipos_conformance.traffic import Traffic
from ipos_conformance.verdicts import Inconclusive, TargetLost, Violation

SILENCE = "silence on both LANs"
_ROUND, _ROUNDS = 0.05, 20
"""Seconds for each attempt to find the target ready, and how many by ARP alone make it so."""
_MANY, _SHORT = 6, 0.1
_SPACE = 1 << 32


@dataclass(frozen=True)
class _Probe:
    """A barrier under way: whose answer it waits for, where, and what takes it back."""

    lan: Lan
    client: Client
    packet: TcpConnectionPacket | None = None

    def is_answered_by(self, frame: Frame) -> bool:
        """Any frame about the probe's client will do: whether the answer is right is for other cases to say."""
        return frame.lan is self.lan and self.client in frame.clients


class Judge:
    """Waits, and raises what ends a case (see `verdicts`).

    target_end   says how the target's process ended, or None while it runs (or is none of ours)
    """

    def __init__(
        self,
        target: Target,
        traffic: Traffic,
        clients: Clients,
        stations: tuple[Edge, Peer],
        target_end: Callable[[], str | None],
    ) -> None:
        self._target = target
        self._timing = target.timing
        self._traffic = traffic
        self._clients = clients
        self._edge, self._peer = stations
        self._target_end = target_end
        self._goes_on = not target.target.launch and not target.target.reset
        self._unanswered_in_a_row = 0
        self._answers = Patience(target.timing.answer, least=_SHORT, many=_MANY)

    @property
    def inbox(self) -> Inbox:
        """What belongs to the case that runs."""
        return self._traffic.inbox

    def expect(
        self,
        wanted: Callable[[Frame], bool],
        *outcomes: str,
        seconds: float | None = None,
        exact: bytes | None = None,
    ) -> Frame:
        """Wait for a frame that is one of the acceptable outcomes, and claim it.

        exact   octets of the frame that would be right, if there is but one: shown beside what came instead
        """
        begin = time.monotonic()
        frame = self._traffic.first(wanted, self._answers.seconds if seconds is None else seconds)
        if frame is not None:
            self._answers.answered(time.monotonic() - begin)
            return frame
        # However short that wait was: what comes before the barriers are answered counts.
        self._answers.missed()
        self.prove_alive()
        late = self._traffic.first(wanted, 0)
        if late is not None:
            return late
        came = None if exact is None else comparison(exact, [*self._foreground()])
        raise Violation(outcomes, self.what_came(), came)

    def expect_silence(self, *also_acceptable: str, tolerated: Callable[[Frame], bool] = lambda _: False) -> None:
        """Nothing came that the stimulus may have caused, until both LANs' barriers were answered.

        tolerated   frames that the document leaves free here; ``also_acceptable`` says so in words
        """
        self.pass_barriers()
        self.expect_nothing_left(*also_acceptable, tolerated=tolerated)

    def expect_nothing_left(self, *also_acceptable: str, tolerated: Callable[[Frame], bool] = lambda _: False) -> None:
        """The same where other answers have shown already that everything was dealt with."""
        strange = [frame for frame in self._foreground() if not tolerated(frame)]
        if strange and self._goes_on and all(map(self._clients.may_be_of_an_earlier_run, strange)):
            # A target that was not restarted still has the connections of a run that was broken off, and ends them.
            raise Inconclusive(f"perhaps about a client of an earlier run: {describe(strange[0])}")
        if strange:
            raise Violation((SILENCE, *also_acceptable), tuple(describe(frame) for frame in strange))

    def expect_none(self, forbidden: Callable[[Frame], bool], outcome: str) -> None:
        """No frame of one kind came until both barriers were answered; for kinds that silence alone does not cover."""
        self.pass_barriers()
        self._forbid(forbidden, outcome)

    def what_came(self) -> tuple[str, ...]:
        """The unclaimed frames in words, for a verdict."""
        came = tuple(describe(frame) for frame in self._foreground())
        return came or ("nothing, though the target answered the probes sent after it",)

    def prove_alive(self) -> None:
        """Raise Inconclusive unless something answers on each LAN: a barrier, or failing that, ARP."""
        if not self._unanswered(self._send_barriers(), self._patience):
            return
        for lan in Lan:
            if not self._answers_arp(lan, self._patience):
                raise self._silence_of_target(lan)

    def pass_barriers(self) -> None:
        """Both LANs' barriers are answered: all that was sent is dealt with. Raises Inconclusive, TargetLost."""
        unanswered: list[_Probe] = []
        for _ in range(1 if self.is_hopeless else self._timing.barrier_attempts):
            unanswered = self._unanswered(self._send_barriers(), self._patience)
            if not unanswered:
                return
        raise self._silence_of_target(unanswered[0].lan)

    def hurry(self, seconds: float) -> None:
        """Wait so long for a barrier, and send it once: for who only guesses, and asks again in earnest."""
        limits = {"barrier": min(self._timing.barrier, seconds), "barrier_attempts": 1}
        self._timing = self._timing.model_copy(update=limits)

    def is_ready(self, deadline: float) -> bool:
        """Repeat the barriers until both are answered; False if they are not until ``deadline`` (monotonic clock).

        A target that goes on answering ARP on both LANs, and no barrier, is ready too: it is wrong, not absent.
        """
        answered_by_arp_only = 0
        while time.monotonic() < deadline and answered_by_arp_only < _ROUNDS:
            if self._target_end() is not None:
                return False
            if not self._unanswered(self._send_barriers(), _ROUND):
                return True
            answered_by_arp_only += all(self._answers_arp(lan, _ROUND) for lan in Lan)
        return answered_by_arp_only == _ROUNDS

    def answer_time(self) -> float | None:
        """Seconds from sending a barrier on both LANs until both are answered; None if they aren't in time."""
        begin = time.time()
        probes = self._send_barriers()
        deadline = time.monotonic() + self._timing.barrier
        answers = [self._answer(probe, deadline) for probe in probes]
        for probe in probes:
            self._take_back(probe)
        return max((answer.time for answer in answers if answer), default=begin) - begin if all(answers) else None

    def _forbid(self, forbidden: Callable[[Frame], bool], outcome: str) -> None:
        broken = tuple(describe(frame) for frame in self._traffic.unclaimed() if forbidden(frame))
        if broken:
            raise Violation((outcome,), broken)

    def _send_barriers(self) -> list[_Probe]:
        first = _Probe(Lan.FIRST, self._clients.new_for_probe())
        packet = self._peer.connection_packet(client := self._clients.new_for_probe())
        second = _Probe(Lan.SECOND, client, packet)
        self._peer.send(packet)
        self._edge.syn(first.client, self._target.pixit.closed_port, 1)
        return [second, first]

    def _unanswered(self, probes: list[_Probe], seconds: float) -> list[_Probe]:
        deadline = time.monotonic() + seconds
        left = [probe for probe in probes if self._answer(probe, deadline) is None]
        for probe in probes:
            self._take_back(probe)
        self._unanswered_in_a_row = self._unanswered_in_a_row + 1 if left else 0
        return left

    @property
    def _patience(self) -> float:
        """A target that has left many barriers unanswered is not waited for as long any more."""
        return min(self._timing.barrier, _SHORT) if self.is_hopeless else self._timing.barrier

    @property
    def is_hopeless(self) -> bool:
        """Whether so many barriers in a row were left unanswered that nothing is to be expected any more."""
        return self._unanswered_in_a_row >= _MANY

    def _answer(self, probe: _Probe, deadline: float) -> Frame | None:
        return self._traffic.first(probe.is_answered_by, deadline - time.monotonic())

    def _take_back(self, probe: _Probe) -> None:
        """A reset at rcv_nxt removes the provisional endpoint silently (TGT-12): the tables are as they were."""
        if probe.packet is not None:
            endpoint = endpoint_of(probe.packet, self._peer)
            endpoint.carry(endpoint.packet("R"))

    def _answers_arp(self, lan: Lan, seconds: float) -> bool:
        router = self._target.router
        asker = (router.gateway, self._edge.mac) if lan is Lan.FIRST else (self._peer.address, self._peer.mac)
        self._edge.ask_who_has(router.address, lan, asker)
        answer = self._traffic.first(
            lambda frame: frame.lan is lan and frame.arp is not None and frame.arp.op == 2, seconds
        )
        return answer is not None

    def _silence_of_target(self, lan: Lan) -> Inconclusive | TargetLost:
        end = self._target_end()
        if end is not None:
            return TargetLost(end)
        return Inconclusive(f"the barrier on the {lan} was not answered within {self._timing.barrier} s")

    def _foreground(self) -> Iterator[Frame]:
        for frame in self._traffic.unclaimed():
            if background.reason(frame, self._target.suite.client_network) is None and not self._clients.explains(
                frame, self._traffic.inbox
            ):
                yield frame


def endpoint_of(packet: TcpConnectionPacket, carrier: Peer) -> Conversation:
    """The client's side of the connection that a connection packet describes; its packets go through ``carrier``."""
    block = packet.connection.control_block
    client = Client(packet.header.source_ip, packet.header.source_port)
    timestamps = (
        ((block.ts_recent + 1) % _SPACE, ((block.ts_now or 1_000_005) - 5) % _SPACE) if block.uses_timestamps else None
    )
    conversation = Conversation(
        client,
        (packet.connection.server_ip, packet.connection.server_port),
        lambda inner: carrier.send(carrier.client_packet(client, inner)),
        snd_nxt=block.rcv_nxt,
        rcv_nxt=block.snd_nxt,
        timestamps=timestamps,
        note=carrier.note_packet,
    )
    conversation.scale = block.snd_scale if block.uses_scaling else 0
    return conversation
