"""What an operator may have done with connections: moved to another server, or all of them away."""

from dataclasses import dataclass
from enum import StrEnum

from ipos_spec.addresses import IPv4
from ipos_spec.encapsulation import Protocol

from ipos_reference.addresses import Address
from ipos_reference.advertising import Advertiser
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.datagrams import Datagrams
from ipos_reference.request import RequestKind
from ipos_reference.tables import Place
from ipos_reference.tcp.endpoint import State


class Prospect(StrEnum):
    """Whether and when an endpoint can move (TCB-1, TGT-10)."""

    NEXT_REQUEST = "moves at its next request"
    UNDER_WAY = "is being migrated"
    PROVISIONAL = "is not this router's yet: its client's packets have not come (TGT-12)"
    CLOSING = "is closing"
    NO_REQUESTS = "has no further requests: its port carries no HTTP (TGT-10)"
    NOT_FOLLOWED = "has no further requests that can be told apart: it was upgraded, or is no HTTP/1"
    DATAGRAMS = "is UDP, which moves with its first datagram only (UDP-1, UDP-5)"


MOVABLE = frozenset({Prospect.NEXT_REQUEST, Prospect.UNDER_WAY})
"""Of these it can be expected that they go."""


@dataclass(frozen=True, slots=True)
class Left:
    """A connection of this router, and whether it can move."""

    protocol: Protocol
    client: Address
    server: Address
    prospect: Prospect


class OperationError(Exception):
    """An operation can't be done; the text says what was found and what was expected."""


def prospect(connection: Connection, place: Place, kind: RequestKind) -> Prospect:
    """What has to happen before an endpoint can move; a pure function."""
    if connection.migrating:
        return Prospect.UNDER_WAY
    if connection.provisional:
        return Prospect.PROVISIONAL
    if connection.endpoint.state not in (State.SYN_RECEIVED, State.ESTABLISHED):
        return Prospect.CLOSING
    if place is Place.TEMPORARY:
        return Prospect.NEXT_REQUEST
    if kind is not RequestKind.HTTP:
        return Prospect.NO_REQUESTS
    if connection.exchange is None or connection.exchange.opaque:
        return Prospect.NOT_FOLLOWED
    return Prospect.NEXT_REQUEST


class Operations:
    """The operator's hand on a router."""

    def __init__(self, connections: Connections, datagrams: Datagrams, advertiser: Advertiser) -> None:
        self._advertiser = advertiser
        self._connections = connections
        self._datagrams = datagrams

    @property
    def draining(self) -> bool:
        """Whether `drain` was asked for last."""
        return self._connections.draining

    def migrate(self, client: Address, server: IPv4, now: float) -> list[Left]:
        """Have a client's connections go to a server at their next request. Raises OperationError.

        What can't move is told and left alone; the server's own router may still refuse it (TGT-2), then it stays.
        """
        settings = self._connections.settings
        if server != settings.address and server not in settings.peers:
            raise OperationError("the server is neither this router's own nor a peer's")
        found = [connection for connection in self._connections.tables if connection.client == client]
        if not found:
            if self._connections.forward.of(client, now) is not None:
                raise OperationError("the client's endpoint is another router's already; ask that one")
            raise OperationError("no connection of this client is here")
        for connection in found:
            if self._prospect(connection) is Prospect.NEXT_REQUEST:
                connection.wish = server
        return [self._left(connection) for connection in found]

    def drain(self) -> list[Left]:
        """Take no further endpoints over, choose other servers from now on, and tell what is still here."""
        self._connections.draining = self._datagrams.draining = True
        self._advertiser.stop()
        return self.left()

    def undrain(self) -> list[Left]:
        """Take part again."""
        self._connections.draining = self._datagrams.draining = False
        self._advertiser.resume()
        return self.left()

    def left(self) -> list[Left]:
        """All that is here, and what it waits for."""
        tcp = [self._left(connection) for connection in self._connections.tables]
        udp = [
            Left(Protocol.UDP, endpoint.client, endpoint.server, Prospect.DATAGRAMS)
            for endpoint in self._datagrams.tables
        ]
        return tcp + udp

    def _prospect(self, connection: Connection) -> Prospect:
        connections = self._connections
        kind = connections.settings.listeners[connection.listener]
        return prospect(connection, connections.tables.place_of(connection), kind)

    def _left(self, connection: Connection) -> Left:
        return Left(Protocol.TCP, connection.client, connection.server, self._prospect(connection))
