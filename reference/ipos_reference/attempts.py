"""Connection packets under way: repeated until they are acknowledged, or given up (ORG-6, ORG-7, UDP-4)."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from ipos_spec.codec import encode
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import Acknowledgement, ConnectionPacket, acknowledges

from ipos_reference.addresses import Address
from ipos_reference.forward_table import Onward

WAITS = 0.2, 0.4, 0.8, 1.6
"""Seconds after each copy of a connection packet (ORG-7)."""

Outcome = Callable[[float], None]
"""Called with the time, in seconds."""


@dataclass(slots=True)
class Attempt:
    """One migration, or one refresh of a UDP entry, that waits for its acknowledgement.

    packet        the connection packet, every copy of which is identical
    onward        whom it goes to
    acknowledged  what to do then
    given_up      what to do without
    sent          copies so far
    due           when the next copy, or the end, is due, seconds
    """

    packet: ConnectionPacket
    onward: Onward
    acknowledged: Outcome
    given_up: Outcome
    sent: int = 0
    due: float = 0.0


class Attempts:
    """At most one for each client and protocol (TAB-3).

    emit   called with a frame for the second LAN
    scale  the factor on the protocol's times (TIM-1)
    """

    def __init__(self, emit: Callable[[bytes], None], scale: float) -> None:
        self._emit = emit
        self._scale = scale
        self._attempts: dict[Protocol, dict[Address, Attempt]] = {protocol: {} for protocol in Protocol}
        self._order: list[tuple[float, int, Attempt]] = []
        self._ticket = count()  # no two in the heap are alike, so that attempts need not be compared

    def begin(self, attempt: Attempt, now: float) -> None:
        """Send a connection packet for the first time."""
        protocol, client = _key(attempt.packet)
        self._attempts[protocol][client] = attempt
        self._send(attempt, now)

    def of(self, protocol: Protocol, client: Address) -> Attempt | None:
        """The attempt that is under way for a client."""
        return self._attempts[protocol].get(client)

    def cancel(self, protocol: Protocol, client: Address) -> None:
        """Forget an attempt: its acknowledgement comes too late now."""
        self._attempts[protocol].pop(client, None)

    def take(self, acknowledgement: Acknowledgement) -> Attempt | None:
        """The attempt that an acknowledgement ends, which is then none any more (ORG-6); None if there is no such."""
        protocol, client = _key(acknowledgement)
        attempt = self._attempts[protocol].get(client)
        if attempt is None or acknowledgement.ethernet.source != attempt.onward.mac:
            return None
        if not acknowledges(acknowledgement, attempt.packet):
            return None
        del self._attempts[protocol][client]
        return attempt

    def count(self, protocol: Protocol) -> int:
        """How many are under way: they count as Forward entries (TAB-4)."""
        return len(self._attempts[protocol])

    def next_timeout(self) -> float | None:
        """When the first copy or end is due."""
        while self._order and not self._is_under_way(self._order[0]):
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else None

    def handle_timeout(self, now: float) -> None:
        """Repeat what is due, and give up what was repeated often enough."""
        while (due := self.next_timeout()) is not None and due <= now:
            _, _, attempt = heapq.heappop(self._order)
            if attempt.sent < len(WAITS):
                self._send(attempt, now)
            else:
                self.cancel(*_key(attempt.packet))
                attempt.given_up(now)

    def _is_under_way(self, item: tuple[float, int, Attempt]) -> bool:
        due, _, attempt = item
        protocol, client = _key(attempt.packet)
        return self._attempts[protocol].get(client) is attempt and attempt.due == due

    def _send(self, attempt: Attempt, now: float) -> None:
        attempt.due = now + WAITS[attempt.sent] * self._scale
        attempt.sent += 1
        heapq.heappush(self._order, (attempt.due, next(self._ticket), attempt))
        self._emit(encode(attempt.packet))


def _key(packet: ConnectionPacket | Acknowledgement) -> tuple[Protocol, Address]:
    header = packet.header
    return Protocol(header.protocol), Address(header.source_ip, header.source_port)
