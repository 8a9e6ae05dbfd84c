"""Other right ways to forward, to answer a client that begins anew, and to tell of what is too large."""

from collections.abc import Callable
from typing import Any

from ipos_reference import icmp
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Entry
from ipos_reference.forwarding import Forwarder
from ipos_reference.lookup import Lookup
from ipos_reference.router import Router
from ipos_reference.tcp.segment import Segment
from ipos_spec.checksum import internet_checksum

from ipos_defects.defect import patch
from ipos_defects.regularly import regularly
from ipos_defects.variation import variation

_LARGEST_ERROR = 576 - 28
"""Octets of a packet that an ICMP error quotes at most (RFC 1812 4.3.2.3)."""


@variation("MTU-1: the ICMP error is a SHOULD.", "MTU-1")
def tells_nobody_of_the_mtu() -> None:
    """Drops a packet that is too large to be forwarded, and says nothing."""
    patch(Forwarder, "_refuse", lambda self, _packet, _now: self._discards.because(Discard.TOO_LARGE_TO_FORWARD))


@variation("RFC 1812 4.3.2.3: an ICMP error quotes 8 octets behind the IP header, or more.")
def quotes_more_of_a_large_packet() -> None:
    """Quotes as much of a packet that was too large as an ICMP error may."""
    original = icmp.fragmentation_needed

    def fragmentation_needed(packet: bytes, mtu: int) -> bytes:
        message = original(packet, mtu)[:8] + packet[:_LARGEST_ERROR]
        return message[:2] + internet_checksum(message[:2] + b"\0\0" + message[4:]).to_bytes(2, "big") + message[4:]

    patch(icmp, "fragmentation_needed", fragmentation_needed)


@variation("FWD-1 does not say how fast.")
def forwards_every_twenty_milliseconds() -> None:
    """Collects what is to be forwarded, and sends it in the order of arrival every 20 ms."""
    waiting: list[Callable[[], None]] = []
    original = Forwarder.forward

    def forward(self: Forwarder, *arguments: Any, renew: bool = True) -> None:
        waiting.append(lambda: original(self, *arguments, renew=renew))

    def flush(_router: Router, _now: float) -> None:
        ready, waiting[:] = list(waiting), []
        for send in ready:
            send()

    patch(Forwarder, "forward", forward)
    regularly(0.02, flush)


@variation("FWD-5 asks for the repetition of a SYN; how many SYNs of a client are remembered is the router's affair.")
def remembers_every_syn() -> None:
    """Remembers all SYNs that it has forwarded, not only the last one of each client."""
    known: dict[int, set[int]] = {}

    def is_believed(self: Lookup, syn: Segment, entry: Entry, now: float) -> bool:
        again = syn.seq in known.setdefault(entry.key, set())
        known[entry.key].add(syn.seq)
        return original(self, syn, entry, now) or again

    original = Lookup._is_believed
    patch(Lookup, "_is_believed", is_believed)


@variation("FWD-5 does not say how long a half-open endpoint waits for its client.")
def half_open_for_five_seconds() -> None:
    """Removes a half-open endpoint beside an entry after 5 s."""
    original = Connections.role_deadline

    def role_deadline(self: Connections, connection: Connection, now: float) -> float | None:
        if self.tables.is_beside(connection):
            return connection.opened_at + 5 * self.settings.timer_scale
        return original(self, connection, now)

    patch(Connections, "role_deadline", role_deadline)
