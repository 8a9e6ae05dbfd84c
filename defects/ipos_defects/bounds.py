"""Defects in what a router lets in: more than its tables hold, and frames from strangers (SEC-1, TAB-4, TGT-2)."""

from typing import Any

from ipos_reference import target
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.origin import Origin
from ipos_reference.packed_table import PackedTable
from ipos_reference.tables import EndpointTables, Place
from ipos_reference.target import Target
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Segment
from ipos_spec.addresses import IPv4

from ipos_defects.defect import defect, patch
from ipos_defects.lan_variations import takes_frames_from_anybody


@defect("SEC-1")
def strangers_heard() -> None:
    """Has no allow-list of peers, though its operator has claimed one."""
    takes_frames_from_anybody()


def _boundless(*places: Place) -> None:
    """Have these tables take whatever comes."""
    original = EndpointTables.has_room
    patch(EndpointTables, "has_room", lambda self, place: place in places or original(self, place))


@defect("TAB-4")
def temporary_without_bound() -> None:
    """Answers every SYN, however many connections wait for their request."""
    _boundless(Place.TEMPORARY)


@defect("TAB-4")
def local_without_bound() -> None:
    """Gives every connection to its application."""
    _boundless(Place.LOCAL)


@defect("TAB-4")
def forward_without_bound() -> None:
    """Migrates for ever."""
    patch(Origin, "_has_room", lambda _self: True)
    original = PackedTable.__init__
    patch(PackedTable, "__init__", lambda self, bound, layout: original(self, max(bound, 4096), layout))


@defect("TGT-2")
def forward_connect_without_bound() -> None:
    """Acknowledges every connection packet."""
    _boundless(Place.FORWARD_CONNECT)


@defect("TAB-4")
def full_temporary_resets() -> None:
    """Resets a client whose SYN finds no room, instead of letting it try again."""
    original = Origin.open

    def open_(self: Origin, syn: Segment, client: Address, server: Address, now: float, **others: Any) -> None:
        rst = reset_for(syn)
        if rst is not None and not self._tables.has_room(Place.TEMPORARY):
            self._connections.answer(server, client, rst, now)
        original(self, syn, client, server, now, **others)

    patch(Origin, "open", open_)


@defect("TAB-4")
def full_temporary_evicts() -> None:
    """Drops the connection that has waited longest for the one that comes last."""
    original = Origin.open

    def open_(self: Origin, syn: Segment, client: Address, server: Address, now: float, **others: Any) -> None:
        if not self._tables.has_room(Place.TEMPORARY):
            self._connections.remove(next(iter(self._tables.of(Place.TEMPORARY))), now)
        original(self, syn, client, server, now, **others)

    patch(Origin, "open", open_)


@defect("TAB-4")
def full_local_is_silent() -> None:
    """Keeps a connection for which Local has no room, without a word."""
    original = Origin._serve

    def serve(self: Origin, connection: Connection, now: float) -> None:
        waits = self._tables.place_of(connection) is Place.TEMPORARY
        if not waits or self._tables.has_room(Place.LOCAL):
            original(self, connection, now)

    patch(Origin, "_serve", serve)


@defect("TAB-4")
def full_local_evicts() -> None:
    """Ends the connection that has been served longest for the one that comes last."""
    original = Origin._serve

    def serve(self: Origin, connection: Connection, now: float) -> None:
        if not self._tables.has_room(Place.LOCAL):
            self._connections.remove(next(iter(self._tables.of(Place.LOCAL))), now, failure="evicted")
        original(self, connection, now)

    patch(Origin, "_serve", serve)


@defect("TAB-4")
def full_forward_evicts() -> None:
    """Ends the oldest entry of Forward for the one that comes last."""
    original = Origin._has_room

    def has_room(self: Origin) -> bool:
        if not original(self):
            client, _ = next(self._connections.forward.entries())
            self._connections.forward.remove(client)
        return True

    patch(Origin, "_has_room", has_room)


@defect("TAB-4")
def full_forward_resets() -> None:
    """Resets a client whose connection can't be migrated for want of room."""
    original = Origin._go

    def go(self: Origin, connection: Connection, server: IPv4, now: float) -> None:
        if server != self._settings.address and not self._has_room():
            connection.endpoint.abort()
            self._connections.settle(connection, now)
        else:
            original(self, connection, server, now)

    patch(Origin, "_go", go)


@defect("TAB-4")
def migrations_in_progress_not_counted() -> None:
    """Begins migrations as long as Forward has room for one."""
    patch(Origin, "_has_room", lambda self: len(self._connections.forward) < self._connections.forward.bound)


@defect("TAB-4")
def places_are_lost() -> None:
    """Never takes another endpoint once a table was full."""
    original = EndpointTables.has_room
    full: set[Place] = set()

    def has_room(self: EndpointTables[Any], place: Place) -> bool:
        if not original(self, place):
            full.add(place)
        return place not in full

    patch(EndpointTables, "has_room", has_room)


@defect("TAB-4")
def full_forward_connect_evicts() -> None:
    """Removes a definite endpoint for a connection packet that comes late."""
    patch(Target, "_making_room", lambda self, place, _now: next(iter(self._tables.of(place)), None))


@defect("TAB-4")
def young_endpoints_make_room() -> None:
    """Removes a provisional endpoint for the next, however young it is."""
    patch(target, "MAKES_ROOM_AFTER", 0.0)
