"""Defects in telling TCP from UDP in the tables, and in the bounds of UDP's own (TAB-4, TAB-5)."""

from dataclasses import replace
from typing import Any

from ipos_reference.addresses import Address
from ipos_reference.attempts import Attempt, Attempts
from ipos_reference.configuration import Configuration
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.datagrams import Datagrams
from ipos_reference.forward_table import ForwardTable
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.lookup import Lookup
from ipos_reference.request import RequestKind
from ipos_reference.router import Router
from ipos_reference.settings import Settings
from ipos_reference.tables import EndpointTables, Place
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import Packet, UdpConnectionPacket

from ipos_defects.defect import defect, patch


@defect("TAB-4")
def udp_tables_without_end() -> None:
    """Has room for every endpoint and every entry of UDP."""
    begin_before = Datagrams.__init__

    def begin(self: Datagrams, settings: Settings, tables: EndpointTables[DatagramEndpoint], **others: Any) -> None:
        begin_before(self, settings, tables, **others)
        tables._bounds = dict.fromkeys(Place, 1 << 20)
        self.forward.bound = 1 << 20

    patch(Datagrams, "__init__", begin)


@defect("TAB-4")
def oldest_udp_endpoint_evicted() -> None:
    """Ends the oldest endpoint of UDP for a new one."""

    def evict(self: Datagrams, place: Place) -> None:
        oldest = next((one for one in self.tables if self.tables.place_of(one) is place), None)
        if not self.tables.has_room(place) and oldest is not None:
            self._remove(oldest, 0.0, "evicted")

    refusal_before, open_before = Datagrams._refusal, Datagrams._open

    def refusal(self: Datagrams, packet: Any, rivals: list[DatagramEndpoint], now: float) -> Any:
        evict(self, Place.FORWARD_CONNECT)
        return refusal_before(self, packet, rivals, now)

    def open_(self: Datagrams, found: Any, now: float) -> None:
        evict(self, Place.LOCAL)
        open_before(self, found, now)

    patch(Datagrams, "_refusal", refusal)
    patch(Datagrams, "_open", open_)


@defect("TAB-5")
def tcp_listeners_taken_for_udp_s() -> None:
    """Has one table of Listening Sockets: what TCP listens on is served by UDP, too."""
    settings_before, attach_before = Configuration.settings, Datagrams._attach
    served: set[int] = set()

    def settings(self: Configuration) -> Settings:
        right = settings_before(self)
        served.update(right.udp_listeners)
        return replace(right, udp_listeners=right.udp_listeners | right.listeners.keys())

    def attach(self: Datagrams, endpoint: DatagramEndpoint) -> None:
        # Whoever is there has to serve it.
        endpoint.listener = endpoint.listener if endpoint.listener in served else min(served)
        attach_before(self, endpoint)

    patch(Configuration, "settings", settings)
    patch(Datagrams, "_attach", attach)


@defect("TAB-5")
def udp_listeners_taken_for_tcp_s() -> None:
    """Has one table of Listening Sockets: what UDP listens on is open for TCP, too."""
    original = Configuration.settings

    def settings(self: Configuration) -> Settings:
        right = original(self)
        return replace(right, listeners={**dict.fromkeys(right.udp_listeners, RequestKind.RAW), **right.listeners})

    patch(Configuration, "settings", settings)


@defect("TAB-5")
def one_endpoint_for_a_reference() -> None:
    """Takes no UDP endpoint over under a reference that a TCP connection has."""
    original = Router._dispatch

    def dispatch(self: Router, packet: Packet, now: float) -> None:
        if not isinstance(packet, UdpConnectionPacket) or not self.tables.by_reference(packet.header.reference):
            original(self, packet, now)

    patch(Router, "_dispatch", dispatch)


@defect("TAB-5")
def one_forward_for_both_protocols() -> None:
    """Takes a client that stands in the other protocol's Forward for one that has migrated a connection already."""
    original = ForwardTable.__init__
    tables: list[ForwardTable] = []

    def begin(self: ForwardTable, protocol: Protocol, bound: int, scale: float = 1.0) -> None:
        original(self, protocol, bound, scale)
        tables.append(self)

    def has(_self: ForwardTable, client: Address) -> bool:
        return any(_has(table, client) for table in tables)

    def may_leave(self: Datagrams, client: Address, now: float) -> bool:
        return not any(_has(table, client) for table in tables) and may_leave_before(self, client, now)

    may_leave_before = Datagrams._may_leave
    patch(ForwardTable, "__init__", begin)
    patch(ForwardTable, "has", has)
    patch(Datagrams, "_may_leave", may_leave)


_has = ForwardTable.has


@defect("TAB-5")
def one_migration_for_both_protocols() -> None:
    """Hands a client over in one protocol only while it does so in the other."""
    original = Attempts.of

    def of(self: Attempts, protocol: Protocol, client: Address) -> Attempt | None:
        found = (original(self, either, client) for either in (protocol, *Protocol))
        return next((attempt for attempt in found if attempt is not None), None)

    patch(Attempts, "of", of)


@defect("TAB-5")
def one_own_client_for_both_protocols() -> None:
    """Drops the segments of a client that it serves by UDP."""
    router_before, lookup_before = Router.__init__, Lookup.first_lan
    routers: list[Router] = []

    def begin(self: Router, *arguments: object, **options: object) -> None:
        router_before(self, *arguments, **options)  # type: ignore[arg-type]
        routers.append(self)

    def receive(self: Lookup, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        client = Address(packet.source, int.from_bytes(packet.payload[:2], "big"))
        if packet.protocol != IpProtocol.TCP or all(one.client != client for one in routers[0].datagrams.tables):
            lookup_before(self, packet, octets, now)

    patch(Router, "__init__", begin)
    patch(Lookup, "first_lan", receive)
