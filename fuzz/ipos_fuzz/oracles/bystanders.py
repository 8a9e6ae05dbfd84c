"""Clients who have nothing to do with the attack: whatever others send, they get what they are owed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ipos_conformance.dut import Dut
from ipos_conformance.errors import CaseEnd
from ipos_conformance.frames import Client
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.stations.datagrams import Flow, data_in
from ipos_conformance.verdicts import Violation as Broken
from ipos_spec.encapsulation import PacketType

from ipos_fuzz.violation import Violation

REQUEST = "a new client's request is not answered"
_STAYS = 80.0
"""Seconds of the document for which a UDP endpoint surely stays without a datagram (UDP-3)."""


@dataclass(frozen=True)
class _Bystander:
    """One of them: what is broken where it is not served, and in which words; how it begins, and what it asks."""

    requirement: str
    kind: str
    ask: Callable[[], None]
    begin: Callable[[], None] = lambda: None


class Bystanders:
    """A new request, one that is handed over, a connection that is kept, one that went away, datagrams: in turn.

    They begin before the attack, in an inbox of their own. Who is not served then is not asked later.

    absent  kinds that this target is known not to serve; those that it turns out not to serve are added
    asked   whether there are any at all
    """

    def __init__(self, dut: Dut, absent: set[str], *, asked: bool = True) -> None:
        self._dut = dut
        self._turn = 0
        self.inbox = dut.start_case("bystanders")
        self._kept: Conversation | None = None
        self._gone: Conversation | None = None
        self._flow: Flow | None = None
        self._flow_asked = 0.0
        self._served: list[_Bystander] = []
        for one in self._wanted() if asked else ():
            if one.kind not in absent and self._is_served(one):
                self._served.append(one)
            else:
                absent.add(one.kind)

    def ask_next(self) -> Violation | None:
        """Let the next one ask."""
        self._turn += 1
        return self._answer_to(self._served[self._turn % len(self._served)]) if self._served else None

    def ask_all(self) -> Iterator[Violation]:
        """Let each of them ask."""
        yield from filter(None, map(self._answer_to, self._served))

    def _wanted(self) -> Iterator[_Bystander]:
        target = self._dut.target
        pixit = target.pixit
        if self._dut.bounds.temporary is None:  # tables as small as can be may be full: nobody new is let in (TAB-4)
            yield _Bystander("ORG-4", REQUEST, self._ask_here)
            yield _Bystander("TGT-6", "a client that was handed over is not answered", self._ask_there)
        if pixit.raw.local is not None:
            kind = "a connection that was open is not served any more"
            yield _Bystander("TAB-2", kind, self._ask_kept, self._begin_kept)
        if target.pics.origin and pixit.away is not None:
            yield _Bystander("FWD-1", "a client's packets are not forwarded any more", self._ask_gone, self._begin_gone)
        if target.pics.udp and pixit.udp.local is not None:
            yield _Bystander("UDP-3", "a client's datagram is not answered", self._ask_flow, self._begin_flow)

    def _is_served(self, one: _Bystander) -> bool:
        try:
            one.begin()
            one.ask()
        except CaseEnd:
            return False
        finally:
            self.inbox.open.clear()
        return True

    def _answer_to(self, one: _Bystander) -> Violation | None:
        before = self._dut.traffic.inbox
        self._dut.turn_to(self.inbox)
        try:
            one.ask()
        except Broken as broken:
            return Violation("bystander", one.requirement, one.kind, str(broken))
        except CaseEnd:
            return None  # whether anybody answers at all is for the barriers to say
        finally:
            self.inbox.open.clear()
            self._dut.turn_to(before)
        return None

    def _begin_kept(self) -> None:
        self._kept = self._dut.start_connecting(port=self._dut.target.pixit.raw.local)
        self._dut.finish_connecting(self._kept)

    def _begin_gone(self) -> None:
        self._gone = self._dut.connect()
        self._dut.origin.migrate(self._gone)

    def _begin_flow(self) -> None:
        self._flow = self._dut.udp.flow()
        self._flow_asked = time.monotonic()

    def _ask_here(self) -> None:
        side = self._dut.connect()
        try:
            self._dut.expect_exchange(side)
        except Broken:
            if not self._is_handed_over(side.client):
                raise  # else it believes what we have told it in a peer's name: that this one has it (ADV-3)

    def _is_handed_over(self, client: Client) -> bool:
        return any(
            frame.header is not None and frame.header.type == PacketType.CONNECTION and client in frame.clients
            for frame in self._dut.traffic.unclaimed()
        )

    def _ask_there(self) -> None:
        self._dut.expect_exchange(self._dut.hand_over())

    def _ask_kept(self) -> None:
        if self._kept is not None:
            octets = self._dut.random.randbytes(16).hex().encode()
            side, before = self._kept, len(self._kept.received)
            side.send("PA", octets)
            while len(side.received) < before + len(octets):
                side.take(
                    self._dut.judge.expect(
                        lambda frame: side.is_mine(frame) and bool(frame.tcp.payload or "R" in frame.tcp.flags),
                        f"the echo of {octets!r}",
                        seconds=self._dut.target.timing.response,
                    )
                )
                if side.was_reset:
                    raise Broken((f"the echo of {octets!r}",), ("RST",))
            if bytes(side.received[before:]) != octets:
                raise Broken((f"the echo of {octets!r}",), (f"{bytes(side.received[before:])!r}",))

    def _ask_gone(self) -> None:
        if self._gone is not None:
            inner = self._gone.packet("PA", octets := b"more")
            self._gone.send("PA", octets)
            self._dut.origin.expect_forwarded(self._gone, inner)

    def _ask_flow(self) -> None:
        since, self._flow_asked = time.monotonic() - self._flow_asked, time.monotonic()
        if self._flow is not None and since < self._dut.scaled(_STAYS):
            self._ask_echo(self._flow)
        elif self._flow is not None:  # it has ended meanwhile, and a new one may find the table full
            self._flow.send(b"again")
            self._dut.udp.settle(self._flow)

    def _ask_echo(self, flow: Flow) -> None:
        """An answer to an earlier question, which our busy machine has not waited for, is none to this one."""
        flow.send(data := self._dut.udp.nonce())
        self._dut.judge.expect(
            lambda frame: flow.is_mine(frame) and data_in(frame) == data,
            f"a datagram from the same server with {data!r}",
            seconds=self._dut.target.timing.response,
        )
