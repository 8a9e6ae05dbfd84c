"""The router's endpoints: what all of them have in common, whichever role brought them here."""

from collections import deque

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD_CONNECT, TEMPORARY

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.discards import Discards
from ipos_reference.events import Attached, Changed, Detached, Event
from ipos_reference.first_lan import FirstLan
from ipos_reference.ipv4 import IpProtocol
from ipos_reference.journal import SILENT, Journal
from ipos_reference.knowledge import Knowledge
from ipos_reference.schedule import Schedule
from ipos_reference.settings import IPV4_AND_TCP, Settings
from ipos_reference.tables import EndedEndpoints, EndpointTables, Place
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.endpoint import Endpoint, State
from ipos_reference.tcp.endpoint import Settings as TcpSettings
from ipos_reference.tcp.segment import Segment

FIRST_OCTET_UNACKNOWLEDGED = TEMPORARY.lifetime("unacknowledged", Protocol.TCP).seconds
"""Seconds after the first octet of a request during which none is acknowledged (ORG-11)."""

WITHOUT_DATA = TEMPORARY.lifetime("without-data", Protocol.TCP).seconds
"""Seconds after which an endpoint in Temporary without data is reset (ORG-10)."""

ENDED_REMEMBERED = FORWARD_CONNECT.lifetime("remembered", Protocol.TCP).seconds
"""Seconds for which an ended migrated endpoint is remembered (TGT-4)."""

_NOT_UNDER_WAY = (State.SYN_RECEIVED, State.TIME_WAIT)


class Connections:
    """All endpoints of one router, their way to the client and to the application."""

    def __init__(self, settings: Settings, discards: Discards, lan: FirstLan, journal: Journal = SILENT) -> None:
        self.settings = settings
        self.discards = discards
        self.lan = lan
        self.journal = journal
        bounds = settings.bounds
        self.tables = EndpointTables(
            {
                Place.TEMPORARY: bounds.temporary,
                Place.LOCAL: bounds.local,
                Place.FORWARD_CONNECT: bounds.forward_connect,
            },
            journal,
        )
        self.knowledge = Knowledge.of(settings)
        self.ended = EndedEndpoints(bounds.ended, ENDED_REMEMBERED * settings.timer_scale)
        self.schedule = Schedule()
        self.events: deque[Event] = deque()
        self.listening = True
        self._changed: set[int] = set()

    def tcp_settings(self) -> TcpSettings:
        """How this router's TCP endpoints behave (ORG-2; t_maxseg in section 2 of the protocol)."""
        return TcpSettings(mss=self.settings.offered_mss, largest_segment=self.settings.first_mtu - IPV4_AND_TCP)

    def attach(self, connection: Connection) -> None:
        """Have the application told of an endpoint."""
        connection.attached = True
        self.journal.attached(connection)
        self.events.append(Attached(connection.number, connection.listener))

    def receive(self, connection: Connection, segment: Segment, now: float) -> None:
        """Give an endpoint a segment of its client, and do what follows from it."""
        self.journal.arrives(connection, segment, now)
        connection.endpoint.receive(segment, now)
        self.journal.arrived(connection)
        self.tell(connection)
        self.settle(connection, now)

    def tell(self, connection: Connection) -> None:
        """Have the application look at its endpoint, once however much has happened since it last did."""
        if connection.attached and connection.number not in self._changed:
            self._changed.add(connection.number)
            self.events.append(Changed(connection.number))

    def settle(self, connection: Connection, now: float) -> None:
        """After anything has happened to an endpoint: send what it wants to, set its timer, or remove it."""
        self._send(connection.server, connection.client, connection.endpoint.segments_to_send(now), now)
        if connection.endpoint.closed:
            self.remove(connection, now)
            return
        self.schedule.set(connection.number, self._next_timeout(connection))

    def answer(self, server: Address, client: Address, segment: Segment, now: float) -> None:
        """Send a segment that belongs to no endpoint."""
        self._send(server, client, [segment], now)

    def remove(self, connection: Connection, now: float, failure: str | None = None) -> None:
        """Take an endpoint out of its table, silently as far as the client is concerned.

        ``failure`` is told to its application where the endpoint itself has not failed.
        """
        self.tables.remove(connection)
        self.schedule.set(connection.number, None)
        if connection.migration is not None:
            self.ended.remember(connection, now)
        if connection.attached:
            endpoint = connection.endpoint
            failure = endpoint.failure or failure
            unread = endpoint.read(endpoint.readable) if failure is None else b""
            self.events.append(Detached(connection.number, failure, unread))

    @property
    def busy(self) -> bool:
        """Whether some client's connection is under way: established, and neither half-open nor in TIME-WAIT."""
        return any(connection.endpoint.state not in _NOT_UNDER_WAY for connection in self.tables)

    def end_all(self, now: float) -> None:
        """Reset every client's connection; one that another router may still speak for ends silently (TGT-12)."""
        for connection in self.tables:
            if connection.provisional:
                self.remove(connection, now, failure="router stopped")
            else:
                connection.endpoint.abort()
                self.settle(connection, now)

    def next_event(self) -> Event | None:
        """The next thing to tell the applications' side."""
        if not self.events:
            return None
        event = self.events.popleft()
        if isinstance(event, Changed):
            self._changed.discard(event.number)
        return event

    def endpoint(self, number: int) -> Endpoint | None:
        """The endpoint with this reference number, if it still exists."""
        connection = self.tables.by_number(number)
        return connection.endpoint if connection is not None else None

    def settle_number(self, number: int, now: float) -> None:
        """`settle` after the application has done something to an endpoint."""
        connection = self.tables.by_number(number)
        if connection is not None:
            self.settle(connection, now)

    def _next_timeout(self, connection: Connection) -> float | None:
        deadlines = (connection.endpoint.next_timeout(), self.role_deadline(connection))
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def role_deadline(self, connection: Connection) -> float | None:
        """When the router, not TCP, has to do something about an endpoint; None for one that is attached."""
        scale = self.settings.timer_scale
        if connection.migration is not None:
            return connection.migration.expires if connection.provisional else None
        if connection.attached:
            return None
        if connection.hold.first_octet_at is not None:
            return connection.hold.first_octet_at + FIRST_OCTET_UNACKNOWLEDGED * scale
        return connection.opened_at + WITHOUT_DATA * scale

    def _send(self, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        for segment in segments:
            octets = tcp_segment.build(segment, server.ip, client.ip)
            self.lan.send(server.ip, client.ip, IpProtocol.TCP, octets, now)
