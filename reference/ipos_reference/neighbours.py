"""Next hops on the first LAN: who has them (ARP), and what waits for the answer (RFC 826; RFC 1122 2.3.2; TGT-11)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ipos_spec.addresses import IPv4, Mac

from ipos_reference.discards import Discard, Discards

LIFETIME = 300.0
"""Seconds for which an answer is believed."""

ASK_EVERY, ASK_TIMES = 1.0, 3
"""Seconds between requests (RFC 1122 2.3.2.1), and how many go out before the waiting packets are dropped."""

MAXIMUM_WAITING = 64
"""Packets that wait for one neighbour (RFC 1122 2.3.2.2 asks for at least one)."""

MAXIMUM_PENDING = 1024
"""Neighbours asked for at the same time, so that a scan of the prefix can't fill memory."""


MAXIMUM_KNOWN = 4096
"""Answers kept; the oldest makes room."""


@dataclass(slots=True)
class _Pending:
    packets: list[bytes]
    asked: int = 0
    ask_again: float = 0.0


@dataclass(slots=True)
class Neighbours:
    """ARP cache of one LAN.

    send     called with a MAC and an IP packet that can go now
    ask      called with an address that has to be asked for; it uses the router's own address (TGT-11)
    """

    send: Callable[[Mac, bytes], None]
    ask: Callable[[IPv4], None]
    discards: Discards
    _known: dict[IPv4, tuple[Mac, float]] = field(default_factory=dict)
    _pending: dict[IPv4, _Pending] = field(default_factory=dict)

    def deliver(self, next_hop: IPv4, packet: bytes, now: float) -> None:
        """Send a packet to a neighbour, now or when its MAC is known."""
        mac, believed_until = self._known.get(next_hop, (None, 0.0))
        if mac is not None and now < believed_until:
            self.send(mac, packet)
            return
        if next_hop not in self._pending and len(self._pending) >= MAXIMUM_PENDING:
            self.discards.because(Discard.NEIGHBOUR_QUEUE_FULL)
            return
        pending = self._pending.setdefault(next_hop, _Pending([], ask_again=now))
        if len(pending.packets) >= MAXIMUM_WAITING:
            self.discards.because(Discard.NEIGHBOUR_QUEUE_FULL)
            return
        pending.packets.append(packet)
        self.handle_timeout(now)

    def learn(self, address: IPv4, mac: Mac, now: float, *, create: bool) -> None:
        """Note what an ARP packet says of its sender; ``create`` where it was meant for this router (RFC 826 merge)."""
        pending = self._pending.pop(address, None)
        if pending is None and not create and address not in self._known:
            return
        self._known.pop(address, None)
        if len(self._known) >= MAXIMUM_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[address] = (mac, now + LIFETIME)
        for packet in pending.packets if pending else ():
            self.send(mac, packet)

    def next_timeout(self) -> float | None:
        """When the next request is due."""
        return min((pending.ask_again for pending in self._pending.values()), default=None)

    def handle_timeout(self, now: float) -> None:
        """Ask again where an answer is due, and give up where none came."""
        for address, pending in list(self._pending.items()):
            if pending.ask_again > now:
                continue
            if pending.asked == ASK_TIMES:
                del self._pending[address]
                self.discards.because(Discard.NEIGHBOUR_SILENT, len(pending.packets))
                continue
            pending.asked += 1
            pending.ask_again = now + ASK_EVERY
            self.ask(address)
