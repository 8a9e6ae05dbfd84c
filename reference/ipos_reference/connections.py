"""The router's TCP endpoints: what all of them have in common, whichever role brought them here."""

from collections import OrderedDict, deque
from collections.abc import Callable

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD_CONNECT, TEMPORARY

from ipos_reference.addresses import Address
from ipos_reference.attempts import Attempts
from ipos_reference.connection import Connection
from ipos_reference.discards import Discards
from ipos_reference.events import Attached, Changed, Detached, Event
from ipos_reference.exchange import Exchange
from ipos_reference.first_lan import FirstLan
from ipos_reference.forward_table import ForwardTable
from ipos_reference.ipv4 import IpProtocol
from ipos_reference.journal import SILENT, Journal
from ipos_reference.knowledge import Knowledge
from ipos_reference.request import Request, RequestKind
from ipos_reference.schedule import Schedule
from ipos_reference.settings import IPV4_AND_TCP, Settings
from ipos_reference.tables import EndedEndpoints, EndpointTables, Numbering, Place
from ipos_reference.tally import Tally
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

PROVISIONAL_LIFETIME = FORWARD_CONNECT.lifetime("provisional", Protocol.TCP).seconds
"""Seconds after which an endpoint that no packet made definite is removed (TGT-12)."""

_NOT_UNDER_WAY = (State.SYN_RECEIVED, State.TIME_WAIT)


def endpoint_bounds(settings: Settings) -> dict[Place, int]:
    """How many endpoints each table takes, for one protocol (TAB-4, TAB-5)."""
    bounds = settings.bounds
    return {
        Place.TEMPORARY: bounds.temporary,
        Place.LOCAL: bounds.local,
        Place.FORWARD_CONNECT: bounds.forward_connect,
    }


class Connections:
    """All TCP endpoints of one router, their way to the client and to the application, and the table Forward.

    new_cookie   called with a request, for the cookie of its answer
    provisional  the endpoints that no packet has made definite yet, by number, oldest first (TGT-12)
    """

    def __init__(
        self,
        settings: Settings,
        discards: Discards,
        lan: FirstLan,
        *,
        attempts: Attempts,
        knowledge: Knowledge,
        events: deque[Event],
        numbering: Numbering,
        new_cookie: Callable[[Request | None], str | None],
        journal: Journal = SILENT,
    ) -> None:
        self.settings = settings
        self.discards = discards
        self.tally = Tally()
        self.lan = lan
        self.journal = journal
        self.tables: EndpointTables[Connection] = EndpointTables(endpoint_bounds(settings), journal, numbering)
        self.forward = ForwardTable(Protocol.TCP, settings.bounds.forward, settings.timer_scale)
        self.attempts = attempts
        self.knowledge = knowledge
        self.ended = EndedEndpoints(settings.bounds.ended, ENDED_REMEMBERED * settings.timer_scale)
        self.schedule = Schedule()
        self.events = events
        self.listening = True
        self.draining = False
        self._new_cookie = new_cookie
        self._changed: set[int] = set()
        # The oldest is at the beginning, which a dict would have to look for among all that has been taken out.
        self.provisional: OrderedDict[int, Connection] = OrderedDict()
        self._tcp_settings = TcpSettings(mss=settings.offered_mss, largest_segment=settings.first_mtu - IPV4_AND_TCP)

    def tcp_settings(self) -> TcpSettings:
        """How this router's TCP endpoints behave (ORG-2; t_maxseg in section 2 of the protocol)."""
        return self._tcp_settings

    def listens(self, server: Address) -> bool:
        """Whether this router's own server listens there."""
        own = server.ip == self.settings.address and server.port in self.settings.listeners
        return own and self.listening

    # The application

    def attach(self, connection: Connection) -> None:
        """Have the application told of an endpoint."""
        connection.attached = True
        port, settings = connection.listener, self.settings
        has_session = port in settings.session_cookies
        if settings.listeners[port] is RequestKind.HTTP and (has_session or settings.peers):
            connection.exchange = Exchange(self._new_cookie if has_session else lambda _request: None)
        self.journal.attached(connection)
        self.events.append(Attached(connection.number, port))

    def let_go(self, connection: Connection) -> None:
        """Have the application, which owes this client nothing, told that it has left (TGT-10)."""
        if connection.attached:
            connection.attached, connection.exchange = False, None
            self.events.append(Detached(connection.number, None))

    def may_move(self, connection: Connection) -> bool:
        """Whether there is any other server that a next request could be for."""
        if connection.wish is not None or self.draining:
            return True
        listeners = self.knowledge.listeners(Protocol.TCP, connection.listener)
        return bool(listeners - {self.settings.address})

    def tell(self, connection: Connection) -> None:
        """Have the application look at its endpoint, once however much has happened since it last did."""
        if connection.attached and connection.number not in self._changed:
            self._changed.add(connection.number)
            self.events.append(Changed(connection.number))

    def forget_change(self, event: Changed) -> None:
        """The application has been told."""
        self._changed.discard(event.number)

    # The client

    def receive(self, connection: Connection, segment: Segment, now: float) -> None:
        """Give an endpoint a segment of its client, and do what follows from it."""
        self.journal.arrives(connection, segment, now)
        connection.endpoint.receive(segment, now)
        self.journal.arrived(connection)
        self.tell(connection)
        self.settle(connection, now)

    def settle(self, connection: Connection, now: float) -> None:
        """After anything has happened to an endpoint: send what it wants to, set its timer, or remove it.

        One that is being migrated, or is provisional, says nothing (ORG-8, TGT-12).
        """
        if not connection.migrating:
            self._send(connection.server, connection.client, connection.endpoint.segments_to_send(now), now)
            if connection.endpoint.closed:
                self.remove(connection, now)
                return
        self.schedule.set(connection.number, self._next_timeout(connection, now))

    def answer(self, server: Address, client: Address, segment: Segment, now: float) -> None:
        """Send a segment that belongs to no endpoint."""
        self._send(server, client, [segment], now)

    # The end

    def remove(self, connection: Connection, now: float, failure: str | None = None, *, moved: bool = False) -> None:
        """Take an endpoint out of its table, silently as far as the client is concerned.

        ``failure`` is told to its application where the endpoint itself has not failed. ``moved`` where another router
        has the endpoint now, which Forward remembers.
        """
        self.tables.remove(connection)
        self.schedule.set(connection.number, None)
        self.provisional.pop(connection.number, None)
        if connection.migrating:
            self.attempts.cancel(Protocol.TCP, connection.client)
        if connection.migration is not None and not moved:
            self.ended.remember(connection, now)
        if connection.attached:
            endpoint = connection.endpoint
            failure = endpoint.failure or failure
            unread = endpoint.read(endpoint.readable) if failure is None else b""
            self.events.append(Detached(connection.number, failure, unread))
        self.settle_half_open(connection.client, connection.server, now)

    def settle_half_open(self, client: Address, server: Address, now: float) -> None:
        """What a half-open endpoint stood beside has gone: it is an ordinary one in its handshake now (FWD-5)."""
        half_open = self.tables.beside(client, server)
        if half_open is None or self.tables.by_client(client, server) is not None:
            return
        if self.forward.get(client, server, now) is None:
            self.tables.promote(half_open)
            self.settle(half_open, now)

    @property
    def busy(self) -> bool:
        """Whether some client's connection is under way: established, and neither half-open nor in TIME-WAIT."""
        return any(connection.endpoint.state not in _NOT_UNDER_WAY for connection in self.tables)

    def end_all(self, now: float) -> None:
        """Reset every client's connection; one that another router may speak for ends silently (TGT-12, ORG-8)."""
        for connection in self.tables:
            if connection.provisional or connection.migrating or self.tables.is_beside(connection):
                self.remove(connection, now, failure="router stopped")
            else:
                connection.endpoint.abort()
                self.settle(connection, now)

    # Times

    def _next_timeout(self, connection: Connection, now: float) -> float | None:
        if connection.migrating:
            return None  # the attempt has a time of its own
        deadlines = (connection.endpoint.next_timeout(), self.role_deadline(connection, now))
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def role_deadline(self, connection: Connection, now: float) -> float | None:
        """When the router, not TCP, has to do something about an endpoint; None if nothing."""
        scale, migration = self.settings.timer_scale, connection.migration
        if migration is not None and migration.provisional:
            beside = self.forward.get(connection.client, connection.server, now) is not None
            return None if beside else migration.since + PROVISIONAL_LIFETIME * scale  # TGT-12
        if connection.hold.first_octet_at is not None:
            return connection.hold.first_octet_at + FIRST_OCTET_UNACKNOWLEDGED * scale
        if not connection.attached:
            return connection.opened_at + WITHOUT_DATA * scale
        return connection.probes.due(connection.endpoint, scale, migrated=migration is not None)

    def _send(self, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        for segment in segments:
            octets = tcp_segment.build(segment, server.ip, client.ip)
            self.lan.send(server.ip, client.ip, IpProtocol.TCP, octets, now)

    def endpoint(self, number: int) -> Endpoint | None:
        """The endpoint with this reference number, if it still exists."""
        connection = self.tables.by_number(number)
        return connection.endpoint if connection is not None else None
