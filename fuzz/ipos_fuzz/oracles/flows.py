"""What is known of one client's packets to one server address, TCP or UDP: sent, refused, handed over, passed on."""

from dataclasses import dataclass

from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.parsing import IpPacket

FlowKey = tuple[int, int, int, int]
"""Client address and port, server address and port."""

_PACKETS, _ENTRIES = 256, 4
_ATTEMPT, _UDP_ENTRY, _TCP_ENTRY, _TCP_ENTRY_IN_USE = 3.0, 60.0, 600.0, 900.0
"""Seconds of an attempt (ORG-7), and of an entry without a packet, a TCP one in closing time or not (UDP-3, FWD-2)."""


@dataclass(slots=True)
class Attempt:
    """The target hands the client over (ORG-5), and what became of it.

    octets        ipOS header and connection information, the same in each copy (ORG-7)
    right         the header of its acknowledgement
    mac           of the router that it goes to
    first, last   when the first copy and the last one came
    copies        that came
    rcv_nxt, snd_nxt  of its control block; 0 for UDP
    acknowledged  when it was first acknowledged as ORG-6 asks; None if it has not been
    held          packets that had been sent until then
    refusal       requirement by which the last acknowledgement that does not count does not
    since         when the first type 2 packet under it came: proof that the target has an entry
    passed        when the last one came
    """

    octets: bytes
    right: bytes
    mac: bytes
    first: float
    last: float
    copies: int = 1
    rcv_nxt: int = 0
    snd_nxt: int = 0
    acknowledged: float | None = None
    held: int = 0
    refusal: str = ""
    since: float | None = None
    passed: float | None = None

    def must_wait(self, now: float, facts: Facts) -> bool:
        """Whether it is in progress for sure, and nothing that was said before it can still be under way (ORG-8)."""
        return self.acknowledged is None and self.first + facts.skew < now < self.first + facts.at_least(_ATTEMPT)

    def in_progress(self, now: float, facts: Facts) -> bool:
        """Whether it is in progress for sure."""
        return self.acknowledged is None and now < self.first + facts.at_least(_ATTEMPT)

    def is_late(self, now: float, facts: Facts) -> bool:
        """Whether an acknowledgement comes when the target has given up for sure (ORG-7)."""
        return now > self.first + facts.at_most(_ATTEMPT)

    def pass_on(self, now: float) -> None:
        """A type 2 packet under it has come."""
        self.since = now if self.since is None else self.since
        self.passed = now

    def expire(self, requirement: str) -> None:
        """Its entry has ended, and counts for nothing until it is acknowledged again."""
        self.acknowledged = self.since = self.passed = None
        self.refusal = requirement

    def has_entry(self, now: float, facts: Facts, *, udp: bool) -> bool:
        """Whether the client stands in Forward for sure."""
        lifetime = facts.at_least(_UDP_ENTRY if udp else _TCP_ENTRY)
        return self.passed is not None and now < self.passed + lifetime and not (udp and self.last > self.passed)


class Flow:
    """One of them.

    is_new      whether everything about it has been seen; else nothing is concluded from what was not seen
    refusal     requirement by which the last packet of it that had to be discarded had to be
    attempts    the last ones, newest last
    began_anew  whether something since the last attempt may have ended what it has brought about
    """

    def __init__(self, is_new: bool) -> None:
        self.is_new = is_new
        self.refusal = ""
        self.attempts: list[Attempt] = []
        self.began_anew = False
        self._sent: list[int] = []
        self._ways: set[object] = set()
        self._passed: dict[int, int] = {}
        self._refused: dict[int, str] = {}
        self._next = 0
        self._last = 0.0
        self._closing = False

    @property
    def attempt(self) -> Attempt | None:
        """The last one."""
        return self.attempts[-1] if self.attempts else None

    @property
    def number_sent(self) -> int:
        """Packets that may be passed on."""
        return len(self._sent)

    def note_packet(self, packet: IpPacket, way: object) -> None:
        """A packet that the target may pass on. way: where it came from, since order is kept on one way alone."""
        self._sent.append(hash(packet.octets))
        self._ways.add(way)

    def use(self, now: float, facts: Facts, *, udp: bool) -> None:
        """A packet, right or wrong, was sent now: what has been without one for too long has ended before it."""
        lifetime = _UDP_ENTRY if udp else _TCP_ENTRY if self._closing else _TCP_ENTRY_IN_USE
        if self.attempts and now > self._last + facts.at_most(lifetime):
            for attempt in self.attempts:
                if attempt.passed is not None:
                    attempt.expire("UDP-3" if udp else "FWD-2")
        self._last = now

    def close(self) -> None:
        """A FIN or an RST that counts was among them (FWD-2)."""
        self._closing = True

    def note_refused(self, packet: IpPacket, requirement: str) -> None:
        """A packet that it has to discard instead."""
        if len(self._refused) < _PACKETS:
            self._refused[hash(packet.octets)] = requirement
        self.refusal = requirement

    def begin(self, attempt: Attempt) -> None:
        """The first copy of a connection packet has come."""
        self.attempts = [*self.attempts[1 - _ENTRIES :], attempt]
        # What was held may have a FIN, which is passed on when the entry is there, or has been counted before.
        self.began_anew = self._closing = False

    def pass_on(self, octets: bytes, attempt: Attempt) -> tuple[str, str] | None:
        """A client's packet has been passed on. Requirement and words, if it should not have been."""
        packet = hash(octets)
        if not self.is_new or len(self._sent) > _PACKETS:
            return None
        times = self._sent.count(packet)
        if not times:
            requirement = self._refused.get(packet, "")
            if requirement:
                return requirement, "passes on a packet that must be discarded"
            return "FWD-1", "passes on a packet that the client has not sent"
        self._passed[packet] = self._passed.get(packet, 0) + 1
        if self._passed[packet] > times:
            return "ORG-6", "passes a packet on more often than it was sent"
        return self._order(packet, attempt)

    def _order(self, packet: int, attempt: Attempt) -> tuple[str, str] | None:
        """Held packets go out in the order in which they came (ORG-6, UDP-2); a repeat may be held once (ORG-12)."""
        if len(self._ways) > 1 or len(self.attempts) > 1:
            return None
        held = self._sent[: attempt.held]
        if packet in held[self._next :]:
            self._next = held.index(packet, self._next) + 1
        elif packet in held and packet not in self._sent[attempt.held :]:
            return "ORG-6", "passes held packets on in another order"
        return None
