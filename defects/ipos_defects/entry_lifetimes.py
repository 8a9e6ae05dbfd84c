"""Defects in how long Forward keeps its entries, and what stands beside them (FWD-2, FWD-4, FWD-5, TGT-12)."""

from collections.abc import Callable

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.forward_table import Entry, ForwardTable
from ipos_reference.forwarding import Forwarder, Transit, transit
from ipos_reference.ipv4 import parse as parse_ipv4
from ipos_reference.lookup import Lookup
from ipos_reference.target import Target
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import TcpPacket

from ipos_defects.defect import defect, patch


def _lasting(**times: float) -> None:
    """Have TCP's Forward keep its entries for other times: `ForwardTable`'s private names, seconds of the document."""
    original = ForwardTable.__init__

    def init(self: ForwardTable, protocol: Protocol, bound: int, scale: float = 1.0) -> None:
        original(self, protocol, bound, scale)
        if protocol is Protocol.TCP:
            for name, seconds in times.items():
                patch(self, name, seconds * scale)

    patch(ForwardTable, "__init__", init)


@defect("FWD-2")
def entry_ends_early() -> None:
    """Ends an entry 800 s after its last packet."""
    _lasting(_idle=800.0)


@defect("FWD-2")
def entry_ends_late() -> None:
    """Ends an entry 1000 s after its last packet only."""
    _lasting(_idle=1000.0)


@defect("FWD-2")
def short_closing_time() -> None:
    """Ends an entry 120 s after a FIN or an RST, while a living client's endpoint may be silent for longer."""
    _lasting(_closing=120.0)


@defect("FWD-2")
def no_closing_time() -> None:
    """Keeps an entry for 900 s, FIN or not."""
    _lasting(_closing=900.0)


def _renewing(renews: Callable[[Entry, bool], bool]) -> None:
    """Have an entry's times begin anew at some packets only; whether one is a FIN or an RST is told, too."""
    original = ForwardTable.renew

    def renew(self: ForwardTable, client: Address, now: float, *, closing: bool) -> None:
        entry = self.of(client, now)
        if entry is not None and renews(entry, closing):
            original(self, client, now, closing=closing)

    patch(ForwardTable, "renew", renew)


@defect("FWD-2")
def packets_do_not_renew() -> None:
    """Ends an entry 900 s after it was made, in use or not."""
    _renewing(lambda entry, closing: closing or entry.closing)


@defect("FWD-2")
def closing_time_is_not_restarted() -> None:
    """Ends an entry 600 s after the first FIN or RST, whatever the client still sends."""
    _renewing(lambda entry, _closing: not entry.closing)


def _closing_at(flags: int) -> None:
    """Have only these flags begin the closing time."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=False)
        if renew:
            table.renew(packet.client, now, closing=bool(packet.flags & flags))

    patch(Forwarder, "forward", forward)


@defect("FWD-2")
def reset_does_not_close() -> None:
    """Begins no closing time at an RST."""
    _closing_at(Flags.FIN)


@defect("FWD-2")
def fin_does_not_close() -> None:
    """Begins no closing time at a FIN."""
    _closing_at(Flags.RST)


@defect("FWD-4")
def late_copies_go_by_the_entry() -> None:
    """Keeps its entry for what other routers bring than the one that handed the connection back."""
    original = Lookup.second_lan

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        found = transit(parse_ipv4(packet.inner), packet.inner, first=False)
        entry = None if found is None else self._forward.get(found.client, found.server, now)
        home = None if found is None else self._tables.by_client(found.client, found.server)
        if found is None or entry is None or home is None or self._target.is_origin_of(home, packet.ethernet.source):
            original(self, packet, now)
        else:
            self._forwarder.forward(self._forward, entry, found, now)

    patch(Target, "_end_own_entry", lambda _self, _connection, _why, _now: None)
    patch(Lookup, "second_lan", second_lan)


@defect("FWD-5")
def quiet_entry_is_not_doubted() -> None:
    """Forwards a first SYN however long the entry has had no packet."""
    patch(Lookup, "_is_believed", lambda _self, syn, entry, _now: entry.closing or entry.doubted == syn.seq)


@defect("FWD-5")
def entry_is_doubted_early() -> None:
    """Answers a first SYN after 30 s without a packet."""
    original = Lookup._is_believed

    def believed(self: Lookup, syn: Segment, entry: Entry, now: float) -> bool:
        return original(self, syn, entry, now + 30.0 * self._connections.settings.timer_scale)

    patch(Lookup, "_is_believed", believed)


@defect("FWD-5")
def forwarded_syn_renews() -> None:
    """Takes a SYN that it forwards for a packet of the entry."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=True)
        del renew

    patch(Forwarder, "forward", forward)


@defect("TGT-12")
def provisional_ends_beside_its_entry() -> None:
    """Removes a provisional endpoint after 900 s though an entry stands beside it."""
    original = Connections.role_deadline

    def deadline(self: Connections, connection: Connection, now: float) -> float | None:
        came = connection.migration
        if came is not None and came.provisional:
            return came.since + 900.0 * self.settings.timer_scale
        return original(self, connection, now)

    patch(Connections, "role_deadline", deadline)


@defect("TGT-12")
def provisional_outlives_its_entry() -> None:
    """Leaves a provisional endpoint where it is when the entry beside it ends."""
    patch(Target, "_entry_is_over", lambda *_: None)
