"""Clients who have nothing to do with the attack: whatever others send, they get what they are owed."""

import time
from collections.abc import Callable, Iterator

from ipos_conformance.dut import Dut
from ipos_conformance.errors import CaseEnd
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.stations.datagrams import Flow
from ipos_conformance.verdicts import Inconclusive, NotApplicable
from ipos_conformance.verdicts import Violation as Broken

from ipos_fuzz.violation import Violation

_STAYS = 80.0
"""Seconds of the document for which a UDP endpoint surely stays without a datagram (UDP-3)."""


class Bystanders:
    """A new request, one that is handed over, a connection that is kept, one that went away, datagrams: in turn.

    They are opened once, before the attack, in the inbox of the case that is then current.
    """

    def __init__(self, dut: Dut) -> None:
        self._dut = dut
        self._turn = 0
        self.inbox = dut.start_case("bystanders")
        self._kept: Conversation | None = None
        self._gone: Conversation | None = None
        self._flow: Flow | None = None
        self._flow_asked = 0.0
        pixit = dut.target.pixit
        self._asks: list[tuple[str, str, Callable[[], None]]] = []
        if dut.bounds.temporary is None:  # tables as small as can be may be full, and then nobody new is let in (TAB-4)
            self._asks.append(("ORG-4", "a new client's request is not answered", self._ask_here))
            self._asks.append(("TGT-6", "a client that was handed over is not answered", self._ask_there))
        if pixit.raw.local is not None:
            self._kept = self._connected(pixit.raw.local)
            self._ask_kept()  # a connection that brings no data is reset before long (ORG-10)
            self._asks.append(("TAB-2", "a connection that was open is not served any more", self._ask_kept))
        if dut.target.pics.origin and pixit.away is not None:
            self._gone = dut.connect()
            dut.origin.migrate(self._gone)
            self._asks.append(("FWD-1", "a client's packets are not forwarded any more", self._ask_gone))
        if dut.target.pics.udp and pixit.udp.local is not None:
            self._flow = dut.udp.flow()
            self._dut.udp.expect_exchange(self._flow)
            self._flow_asked = time.monotonic()
            self._asks.append(("UDP-3", "a client's datagram is not answered", self._ask_flow))

    def ask_next(self) -> Violation | None:
        """Let the next one ask."""
        self._turn += 1
        return self._ask(self._turn % len(self._asks))

    def ask_all(self) -> Iterator[Violation]:
        """Let each of them ask."""
        yield from filter(None, map(self._ask, range(len(self._asks))))

    def _ask(self, number: int) -> Violation | None:
        requirement, kind, ask = self._asks[number]
        before = self._dut.traffic.inbox
        self._dut.turn_to(self.inbox)
        try:
            ask()
        except Broken as broken:
            return Violation("bystander", requirement, kind, str(broken))
        except (NotApplicable, Inconclusive):
            return None  # whether anybody answers at all is for the barriers to say
        except CaseEnd:
            return None
        finally:
            self.inbox.open.clear()
            self._dut.turn_to(before)
        return None

    def _ask_here(self) -> None:
        self._dut.expect_exchange(self._dut.connect())

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
            self._dut.udp.expect_exchange(self._flow)
        elif self._flow is not None:  # it has ended meanwhile, and a new one may find the table full
            self._flow.send(b"again")
            self._dut.udp.settle(self._flow)

    def _connected(self, port: int) -> Conversation:
        side = self._dut.start_connecting(port=port)
        self._dut.finish_connecting(side)
        return side
