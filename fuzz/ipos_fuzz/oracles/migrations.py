"""What the target hands over and passes on: packets of types 1 and 2 (ORG-3 to ORG-8, FWD-1, UDP-5, TAB-3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from ipos_conformance.frames import Frame
from ipos_spec.addresses import is_group_mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.fields import violations
from ipos_spec.packets import Acknowledgement, ClientPacket, ConnectionPacket, TcpConnectionPacket
from ipos_spec.rules import Stage

from ipos_fuzz.oracles import blocks
from ipos_fuzz.oracles.acknowledgements import REFERENCE, right_header, same_header
from ipos_fuzz.oracles.connections import Connection
from ipos_fuzz.oracles.datagrams import Datagrams
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Attempt, Flow
from ipos_fuzz.oracles.memory import Memory
from ipos_fuzz.oracles.neighbours import Neighbours
from ipos_fuzz.oracles.parsing import ETHERNET

Problem = tuple[str, str]

_COPIES = 4
_EARLY = 8
"""Acknowledgements of one reference that are kept: a right one may be under way among wrong ones."""
_HEADER = slice(ETHERNET, ETHERNET + 16)


@dataclass(slots=True)
class _Handed:
    """An attempt, and whose it is."""

    flow: Flow
    attempt: Attempt


class Migrations:
    """All attempts, by the reference under which the clients are handed over."""

    def __init__(self, facts: Facts, neighbours: Neighbours, bound: int, *, fresh: bool) -> None:
        self._facts = facts
        self._neighbours = neighbours
        self._by_reference: Memory[bytes, list[_Handed]] = Memory(lambda _: [], bound, fresh=fresh)
        self._by_client: Memory[bytes, list[_Handed]] = Memory(lambda _: [], bound, fresh=fresh)
        self._early: Memory[bytes, list[Frame]] = Memory(lambda _: [], bound, fresh=fresh)

    def hear(self, frame: Frame, packet: Acknowledgement | None, refusal: str) -> None:
        """An acknowledgement was sent to the target; ``refusal``: why it counts for nothing whatever it refers to."""
        if packet is not None and not refusal:
            early = self._early.of(frame.octets[REFERENCE])
            early[:] = [*early[1 - _EARLY :], frame]
        for handed in self._by_reference.get(frame.octets[REFERENCE]) or ():
            attempt = handed.attempt
            if packet is None or refusal:
                attempt.refusal = refusal
            elif frame.octets[_HEADER][13] != attempt.right[13]:
                continue
            elif frame.source != attempt.mac:
                attempt.refusal = "ORG-6"
            elif not same_header(frame.octets[_HEADER], attempt.right):
                attempt.refusal = "ENC-7"
            elif attempt.acknowledged is None and attempt.is_late(frame.time, self._facts):
                attempt.refusal = "ORG-6"
            elif attempt.acknowledged is None:
                attempt.acknowledged, attempt.held = frame.time, handed.flow.number_sent

    def judge_connection_packet(self, frame: Frame, packet: ConnectionPacket, flow: Flow | None) -> Problem | None:
        """What is wrong with a connection packet. flow: of the client and server address that it names, if known."""
        problem = next(self._problems(frame, packet, flow), None)
        if flow is not None:
            problem = self._note(frame, packet, flow) or problem
        return problem

    def judge_client_packet(self, frame: Frame, packet: ClientPacket, flow: Flow | None) -> Problem | None:
        """What is wrong with a type 2 packet. flow: of the client and server address inside it, if known."""
        if is_group_mac(frame.destination):
            return "FWD-1", "passes a packet on to a group"
        if flow is None:
            return None
        reference = frame.octets[REFERENCE]
        attempts = [one for one in flow.attempts if one.octets[:12] == reference]
        if not attempts:
            problem = "ENC-3" if flow.attempts else "ORG-6"
            return (problem, "passes a packet on under a reference that was not handed over") if flow.is_new else None
        asked = [one for one in reversed(attempts) if one.mac == frame.destination]
        if not asked:
            return "FWD-1", "passes a packet on to another router than the one that was asked"
        here = next((one for one in asked if one.acknowledged is not None), asked[0])
        if here.acknowledged is None:
            return here.refusal or "ORG-6", "passes a packet on that nobody has taken over"
        here.pass_on(frame.time)
        return flow.pass_on(packet.inner, here)

    def _problems(self, frame: Frame, packet: ConnectionPacket, flow: Flow | None) -> Iterator[Problem]:
        for stage in (Stage.PACKET, Stage.SENDER):
            for broken in violations(packet, stage):
                slug = "TCB-1" if broken.rule.requirement == "TCB-2" else broken.rule.requirement
                yield slug, f"a connection packet with a wrong {broken.path.rpartition('.')[2]}"
        header, connection = packet.header, packet.connection
        if not self._neighbours.is_there(header.destination_ip, frame.destination):
            swapped = header.source_ip in self._facts.peers
            yield "ENC-3" if swapped else "ORG-5", "a connection packet to another router than the target's"
        if header.destination_port != connection.server_port:
            yield "ENC-3", "a reference to another port than the one that the client addressed"
        if header.protocol == Protocol.UDP and connection.server_ip in self._facts.peers:
            yield "UDP-5", "hands a UDP client of another server on"
        if flow is None:
            yield "CON-1", "hands over a client that has not talked to that server address"
        elif flow.is_new:
            yield from _reasons(packet, flow)
        if any(self._holds(handed, flow, frame.time) for handed in self._by_client.get(_client(frame.octets)) or ()):
            yield "TAB-3", "hands a second connection of one client port over"

    def _holds(self, handed: _Handed, flow: Flow | None, now: float) -> bool:
        """Whether another flow's entry, or attempt, takes up FIG. 12's key for sure."""
        other, attempt = handed.flow, handed.attempt
        if other is flow or other.began_anew or attempt is not other.attempt:
            return False
        if isinstance(other, Connection) and other.was_reset:
            return False
        is_udp = isinstance(other, Datagrams)
        return attempt.in_progress(now, self._facts) or attempt.has_entry(now, self._facts, udp=is_udp)

    def _note(self, frame: Frame, packet: ConnectionPacket, flow: Flow) -> Problem | None:
        """Count a copy, or begin another attempt."""
        is_tcp = isinstance(packet, TcpConnectionPacket)
        octets = frame.octets[ETHERNET : ETHERNET + (162 if is_tcp else 22)]
        attempt = flow.attempt
        if attempt is None or attempt.octets != octets or attempt.mac != frame.destination:
            differs = attempt is not None and _is_same(attempt, packet)
            self._begin(frame, packet, flow, octets)
            return ("ORG-7", "another connection packet for the same state") if differs else None
        attempt.copies += 1
        attempt.last = frame.time
        if not is_tcp:
            if attempt.acknowledged is None and attempt.is_late(frame.time, self._facts):
                attempt.first = frame.time
                self._take_early(frame, attempt, flow)
            return None
        if attempt.copies > _COPIES and flow.is_new:
            return "ORG-7", "a fifth copy of a connection packet"
        if attempt.passed is not None and not flow.began_anew:
            return "ORG-7", "repeats a connection packet that has been acknowledged"
        return None

    def _begin(self, frame: Frame, packet: ConnectionPacket, flow: Flow, octets: bytes) -> None:
        block = packet.connection.control_block if isinstance(packet, TcpConnectionPacket) else None
        attempt = Attempt(
            octets=octets,
            right=right_header(frame.octets),
            mac=frame.destination,
            first=frame.time,
            last=frame.time,
            rcv_nxt=0 if block is None else block.rcv_nxt,
            snd_nxt=0 if block is None else block.snd_nxt,
        )
        flow.begin(attempt)
        for known in (self._by_reference.of(octets[:12]), self._by_client.of(_client(frame.octets))):
            known[:] = [*known[-3:], _Handed(flow, attempt)]
        self._take_early(frame, attempt, flow)

    def _take_early(self, frame: Frame, attempt: Attempt, flow: Flow) -> None:
        """What was sent before the packet came may have reached the target behind it: UDP's answers are all the same.

        frame  the connection packet with which the attempt begins, or a client of UDP is asked for anew
        """
        for early in self._early.get(attempt.octets[:12]) or ():
            is_right = early.source == attempt.mac and same_header(early.octets[_HEADER], attempt.right)
            if is_right and early.time > frame.time - self._facts.skew:
                attempt.acknowledged, attempt.held = early.time, flow.number_sent


def _reasons(packet: ConnectionPacket, flow: Flow) -> Iterator[Problem]:
    if isinstance(flow, Connection) and isinstance(packet, TcpConnectionPacket):
        if not flow.asks:
            yield flow.refusal or "ORG-3", "chooses a server before the request"
        if not flow.doubtful:
            yield from blocks.judge(flow, packet.connection.control_block)
    elif isinstance(flow, Datagrams) and not flow.asked:
        yield flow.refusal or "UDP-1", "chooses a server before a datagram"


def _client(octets: bytes) -> bytes:
    """The client that a frame's header names, and in which protocol."""
    return octets[ETHERNET : ETHERNET + 6] + octets[ETHERNET + 13 : ETHERNET + 14]


def _is_same(attempt: Attempt, packet: ConnectionPacket) -> bool:
    """Whether two attempts hand over one TCP connection in one state: there is but one for each (ORG-7)."""
    if not isinstance(packet, TcpConnectionPacket):
        return False
    block = packet.connection.control_block
    return (attempt.rcv_nxt, attempt.snd_nxt) == (block.rcv_nxt, block.snd_nxt)
