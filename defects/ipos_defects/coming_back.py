"""Defects where a connection comes back to a router that has its client in Forward, moves on, or begins anew."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

from ipos_reference import judgement
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Entry, Onward
from ipos_reference.forwarding import Transit, transit
from ipos_reference.hold import Arrival
from ipos_reference.ipv4 import parse as parse_ipv4
from ipos_reference.judgement import Situation
from ipos_reference.lookup import Lookup, _read
from ipos_reference.numbers import Numbers
from ipos_reference.origin import Origin
from ipos_reference.target import Target
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.endpoint import Endpoint, State
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.control_block import ControlBlock
from ipos_spec.packets import TcpConnectionPacket, TcpPacket

from ipos_defects.defect import defect, patch
from ipos_defects.target_role import judging

# A client that begins anew


@defect("FWD-5")
def first_syn_opens() -> None:
    """Believes every SYN of a client in Forward, so that a stale one can cut a live connection."""
    patch(Lookup, "_is_believed", lambda _self, _syn, _entry, _now: True)


@defect("FWD-5")
def syn_never_believed() -> None:
    """Forwards every SYN of a client in Forward, which has to wait until its entry ends."""
    patch(Lookup, "_is_believed", lambda _self, _syn, _entry, _now: False)


@defect("FWD-5")
def any_second_syn_opens() -> None:
    """Takes any second SYN for the first one's repetition."""
    patch(Lookup, "_is_believed", lambda _self, _syn, entry, _now: entry.closing or entry.doubted is not None)


@defect("FWD-5")
def closing_time_ignored() -> None:
    """Forwards a first SYN in closing time, too."""
    patch(Lookup, "_is_believed", lambda _self, syn, entry, _now: entry.doubted == syn.seq)


@defect("FWD-5")
def any_syn_flag_opens() -> None:
    """Takes a SYN with ACK or RST for the beginning of a connection."""
    original = Lookup._receive_for_entry

    def receive(self: Lookup, entry: Entry, found: Transit, now: float, *, may_open: bool) -> None:
        segment = _read(found)
        if segment is None or not segment.flags & Flags.SYN or not may_open or entry.doubted != segment.seq:
            original(self, entry, found, now, may_open=may_open)
            if segment is not None and segment.flags & Flags.SYN:
                self._forward.doubt(found.client, segment.seq)
        else:
            syn = segment._replace(flags=Flags.SYN)
            self._origin.open(syn, found.client, found.server, now, beside=True)

    patch(Lookup, "_receive_for_entry", receive)


@defect("FWD-5")
def damaged_syn_opens() -> None:
    """Believes the repetition of a SYN without looking at its checksum."""
    original = Lookup._receive_for_entry

    def receive(self: Lookup, entry: Entry, found: Transit, now: float, *, may_open: bool) -> None:
        with mock.patch.object(tcp_segment, "verifies", return_value=True):
            original(self, entry, found, now, may_open=may_open)

    patch(Lookup, "_receive_for_entry", receive)


@defect("FWD-5")
def syn_from_the_second_lan_opens() -> None:
    """Takes a SYN that another router passes on for one of the first LAN."""
    original = Lookup.second_lan

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        found = transit(parse_ipv4(packet.inner), packet.inner, first=False)
        entry = None if found is None else self._forward.get(found.client, found.server, now)
        if found is None or entry is None or not found.flags & Flags.SYN:
            original(self, packet, now)
        else:
            self._receive_for_entry(entry, found, now, may_open=self._tables.beside(found.client, found.server) is None)

    patch(Lookup, "second_lan", second_lan)


def _half_open(receive: Callable[[Lookup, Connection, Transit, Segment | None, float], bool | None]) -> None:
    """Have a packet judged for a half-open endpoint: whether it takes it, None for the right way."""
    original = Lookup._receive_half_open

    def receive_half_open(self: Lookup, half_open: Connection, found: Transit, now: float) -> bool:
        taken = receive(self, half_open, found, _read(found), now)
        return original(self, half_open, found, now) if taken is None else taken

    patch(Lookup, "_receive_half_open", receive_half_open)


@defect("FWD-5")
def half_open_takes_everything() -> None:
    """Drops what a half-open endpoint has no use for, instead of forwarding it."""
    original = Lookup._receive_half_open

    def receive(self: Lookup, half_open: Connection, found: Transit, now: float) -> bool:
        original(self, half_open, found, now)
        return True

    patch(Lookup, "_receive_half_open", receive)


@defect("FWD-5")
def half_open_ignores_resets() -> None:
    """Forwards the RST of a client that knows nothing of the SYN that was answered."""
    _half_open(lambda _self, _one, _found, segment, _now: False if segment and segment.flags & Flags.RST else None)


@defect("FWD-5")
def half_open_takes_any_reset() -> None:
    """Removes a half-open endpoint at an RST that is the earlier connection's."""

    def receive(
        self: Lookup, half_open: Connection, _found: Transit, segment: Segment | None, now: float
    ) -> bool | None:
        if segment is None or not segment.flags & Flags.RST:
            return None
        self._connections.remove(half_open, now)
        return True

    _half_open(receive)


@defect("FWD-5")
def half_open_answers_once() -> None:
    """Does not answer the repetition of a SYN, though its SYN/ACK may have been lost."""
    _half_open(lambda _self, _one, _found, segment, _now: True if segment and segment.flags & Flags.SYN else None)


@defect("FWD-5")
def entry_outlives_the_new_connection() -> None:
    """Keeps the entry of the earlier connection when the client has begun anew."""
    original = Lookup._complete

    def complete(self: Lookup, half_open: Connection, arrival: Arrival, now: float) -> None:
        entry = self._forward.get(half_open.client, half_open.server, now)
        original(self, half_open, arrival, now)
        if entry is not None:
            self._forward.enter(half_open.client, half_open.server, entry.onward, entry.numbers, now)

    patch(Lookup, "_complete", complete)


@defect("FWD-5")
def half_open_goes_with_its_entry() -> None:
    """Removes a half-open endpoint when the connection beside it comes home, though its client was answered."""
    original = Target._end_own_entry

    def end(self: Target, connection: Connection, why: str, now: float) -> None:
        original(self, connection, why, now)
        half_open = self._tables.beside(connection.client, connection.server)
        if half_open is not None:
            self._connections.remove(half_open, now)

    patch(Target, "_end_own_entry", end)


@defect("FWD-5")
def half_open_resets_its_client() -> None:
    """Ends a handshake that nothing completed by an RST, which would end the earlier connection at its client."""
    original = Origin.handle_timeout

    def handle(self: Origin, connection: Connection, now: float) -> None:
        if self._tables.is_beside(connection):
            connection.endpoint.abort()
            self._connections.settle(connection, now)
        else:
            original(self, connection, now)

    patch(Origin, "handle_timeout", handle)


# A connection that comes back


@defect("TGT-1")
def nothing_comes_home() -> None:
    """Refuses every connection of its own server."""
    judging(
        lambda packet, answer: (
            Discard.NOT_LATER if packet.connection.server_ip == packet.header.destination_ip else answer
        )
    )


@defect("TGT-1")
def home_from_the_holder_only() -> None:
    """Takes a connection back from no other router than the one that it went to."""
    original = Target.receive_connection_packet

    def receive(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        entry = self._forward.of(Address(packet.header.source_ip, packet.header.source_port), now)
        if entry is None or entry.mac == packet.ethernet.source:
            original(self, packet, now)

    patch(Target, "receive_connection_packet", receive)


@defect("FWD-4")
def entry_stays_when_definite() -> None:
    """Keeps its Forward entry when its own endpoint is definite again."""
    patch(Target, "_end_own_entry", lambda _self, _connection, _why, _now: None)


@defect("FWD-4")
def entry_of_another_server_ends() -> None:
    """Removes the client's Forward entry whichever server's endpoint has become definite, as FIG. 12's key suggests."""
    patch(Target, "_end_own_entry", lambda self, connection, _why, _now: self._forward.remove(connection.client))


@defect("TGT-12")
def reset_leaves_the_entry() -> None:
    """Keeps its Forward entry when the client has reset the provisional endpoint beside it."""
    original = Target._end_own_entry

    def end(self: Target, connection: Connection, why: str, now: float) -> None:
        if "reset" not in why:
            original(self, connection, why, now)

    patch(Target, "_end_own_entry", end)


@defect("TGT-12")
def provisional_hides_the_entry() -> None:
    """Discards what does not find a provisional endpoint, though there is a Forward entry."""
    _before_first(lambda self, found: _provisional(self, found) is None)
    _before_second(lambda self, found, packet: _may_find(_provisional(self, found), packet))


@defect("TGT-12")
def nothing_new_goes_by_the_entry() -> None:
    """Sends by its Forward entry what a provisional endpoint's own origin sends it, if it brings nothing new."""
    original = Lookup.second_lan

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        original(self, packet, now)
        found = transit(parse_ipv4(packet.inner), packet.inner, first=False)
        if found is None or (connection := _provisional(self, found)) is None:
            return
        entry = self._forward.get(found.client, found.server, now)
        if entry is not None and _may_find(connection, packet):
            self._forwarder.forward(self._forward, entry, found, now)

    patch(Lookup, "second_lan", second_lan)


def _provisional(lookup: Lookup, found: Transit) -> Connection | None:
    connection = lookup._tables.by_client(found.client, found.server)
    return connection if connection is not None and connection.provisional else None


def _may_find(connection: Connection | None, packet: TcpPacket) -> bool:
    return connection is None or (
        connection.migration is not None and connection.migration.origin == packet.ethernet.source
    )


def _before_first(passes: Callable[[Lookup, Transit], bool]) -> None:
    original = Lookup.first_lan

    def first_lan(self: Lookup, packet: Any, octets: bytes, now: float) -> None:
        found = transit(packet, octets, first=True)
        if found is None or passes(self, found):
            original(self, packet, octets, now)

    patch(Lookup, "first_lan", first_lan)


def _before_second(passes: Callable[[Lookup, Transit, TcpPacket], bool]) -> None:
    original = Lookup.second_lan

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        found = transit(parse_ipv4(packet.inner), packet.inner, first=False)
        if found is None or passes(self, found, packet):
            original(self, packet, now)

    patch(Lookup, "second_lan", second_lan)


@defect("TGT-4")
def same_connection_by_iss_alone() -> None:
    """Takes two connections with the same iss for one, whatever the client's initial number."""
    patch(Numbers, "same_connection", lambda self, other: self.iss == other.iss)


@defect("TGT-4")
def entry_never_gives_way() -> None:
    """Refuses the owner's newer connection while it has the older one's Forward entry."""
    original = judgement._follows

    def follows(numbers: Numbers, entry: Numbers, situation: Situation) -> bool:
        return numbers.same_connection(entry) and original(numbers, entry, situation)

    patch(judgement, "_follows", follows)


@defect("TGT-4")
def entry_outlives_the_newer_connection() -> None:
    """Keeps the older connection's Forward entry beside the owner's newer one."""
    original = Target._make

    def make(self: Target, packet: TcpConnectionPacket, replaced: list[Connection], now: float) -> None:
        entry = self._forward.of(Address(packet.header.source_ip, packet.header.source_port), now)
        original(self, packet, replaced, now)
        if entry is not None:
            self._forward.enter(entry.client, entry.server, entry.onward, entry.numbers, now)

    patch(Target, "_make", make)


@defect("TGT-4")
def time_wait_never_gives_way() -> None:
    """Keeps a migrated endpoint in TIME_WAIT against another connection from a router that does not own the server."""
    original = judgement._gives_way

    def gives_way(rival: Connection, packet: TcpConnectionPacket, situation: Situation) -> bool:
        over = rival.endpoint.state is State.TIME_WAIT
        return (situation.from_owner or not over) and original(rival, packet, situation)

    patch(judgement, "_gives_way", gives_way)


# A connection that moves on


def _exporting(change: Callable[[ControlBlock], ControlBlock]) -> None:
    """Have endpoints exported as another control block than theirs."""
    original = Endpoint.export
    patch(Endpoint, "export", lambda self, now: change(original(self, now)))


@defect("TGT-10")
def never_moves_at_a_next_request() -> None:
    """Serves every further request of a connection where the first one was served, though it claims more."""
    patch(Connections, "may_move", lambda _self, _connection: False)


@defect("TGT-10")
def moves_as_a_new_connection() -> None:
    """Hands a connection on as if it had begun with the request at hand."""
    _exporting(lambda block: replace(block, iss=(block.snd_nxt - 1) % 2**32, irs=(block.rcv_nxt - 1) % 2**32))


@defect("TCB-1")
def answers_uncounted() -> None:
    """Hands a connection on as if its answers had not been sent."""

    def change(block: ControlBlock) -> ControlBlock:
        first = (block.iss + 1) % 2**32
        return replace(block, snd_una=first, snd_nxt=first, snd_max=first)

    _exporting(change)


@defect("TCB-1")
def moves_before_its_answer_is_acknowledged() -> None:
    """Hands a connection on while the client has not acknowledged the answer before."""
    patch(Endpoint, "quiescent", property(lambda self: self.state is State.ESTABLISHED))


@defect("CON-1")
def names_itself_when_it_hands_on() -> None:
    """Names its own address in a connection packet, though the client talks to another server's."""
    original = Origin._migrate

    def migrate(self: Origin, connection: Connection, onward: Onward, now: float) -> None:
        right = connection.server
        connection.server = Address(self._settings.address, right.port)
        original(self, connection, onward, now)
        connection.server = right

    patch(Origin, "_migrate", migrate)
