"""FIG. 12's tables, as far as this router uses them; nothing else holds that state.

What they are, their records, default bounds and lifetimes are `ipos_spec.tables`'.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Generic, TypeVar

from ipos_spec.encapsulation import Reference
from ipos_spec.tables import FORWARD_CONNECT, LOCAL, TEMPORARY
from ipos_spec.tables.records import EndpointEntry

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection, Numbers
from ipos_reference.journal import SILENT, Journal


class Place(StrEnum):
    """The three tables of endpoints; an endpoint stands in exactly one (TAB-2)."""

    TEMPORARY = TEMPORARY.title
    LOCAL = LOCAL.title
    FORWARD_CONNECT = FORWARD_CONNECT.title


KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Records(Generic[KeyT, ValueT]):
    """FIG. 12's records of one table, as it stands when they are asked for; only those that are asked for are made."""

    def __init__(self, held: Mapping[KeyT, ValueT], make: Callable[[KeyT, ValueT], object]) -> None:
        self._held = held
        self._make = make

    def __len__(self) -> int:
        return len(self._held)

    def part(self, first: int, most: int) -> list[object]:
        """At most so many records, those of the oldest ``first`` keys left out."""
        return [self._make(key, value) for key, value in islice(self._held.items(), first, first + most)]


class EndpointTables:
    """Temporary, Local and Forward-Connect: key (client, endpoint) to endpoint reference, and the endpoints themselves.

    Beside FIG. 12's key, an endpoint is found by client and server address, as the first LAN's packets show it (TAB-1).
    """

    def __init__(self, bounds: dict[Place, int], journal: Journal = SILENT) -> None:
        self._bounds = bounds
        self._journal = journal
        self._records: dict[Place, dict[Reference, int]] = {place: {} for place in Place}
        self._connections: dict[int, Connection] = {}
        self._by_client: dict[tuple[Address, Address], int] = {}
        self._last_number = 0

    def new_number(self) -> int:
        """An endpoint reference that no endpoint has: 32 bits, never 0."""
        self._last_number = self._last_number % 0xFFFFFFFF + 1
        while self._last_number in self._connections:
            self._last_number = self._last_number % 0xFFFFFFFF + 1
        return self._last_number

    def has_room(self, place: Place) -> bool:
        """Whether one more endpoint may enter (TAB-4)."""
        return len(self._records[place]) < self._bounds[place]

    def enter(self, place: Place, connection: Connection) -> None:
        """Enter a new endpoint."""
        self._records[place][connection.key] = connection.number
        self._connections[connection.number] = connection
        self._by_client[connection.client, connection.server] = connection.number
        self._journal.placed(connection, None, place)

    def move(self, connection: Connection, place: Place) -> None:
        """Move an endpoint to another table (TAB-2)."""
        before = self.place_of(connection)
        del self._records[before][connection.key]
        self._records[place][connection.key] = connection.number
        self._journal.placed(connection, before, place)

    def remove(self, connection: Connection) -> None:
        """Take an endpoint out."""
        before = self.place_of(connection)
        del self._records[before][connection.key]
        del self._connections[connection.number]
        del self._by_client[connection.client, connection.server]
        self._journal.placed(connection, before, None)

    def place_of(self, connection: Connection) -> Place:
        """The table in which an endpoint stands."""
        return next(
            place for place, records in self._records.items() if records.get(connection.key) == connection.number
        )

    def by_number(self, number: int) -> Connection | None:
        """The endpoint with this reference number."""
        return self._connections.get(number)

    def by_reference(self, reference: Reference) -> list[Connection]:
        """The endpoints with FIG. 12's key, at most one in each table.

        A client may talk from one port to this server and, by migration, to another one: those two share the key.
        """
        numbers = (records.get(reference) for records in self._records.values())
        return [self._connections[number] for number in numbers if number is not None]

    def by_client(self, client: Address, server: Address) -> Connection | None:
        """The endpoint of this client for the address that it talks to."""
        number = self._by_client.get((client, server))
        return None if number is None else self._connections[number]

    def records(self, place: Place) -> Records[Reference, int]:
        """FIG. 12's records of one table, now and later."""
        return Records(self._records[place], EndpointEntry.of)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._connections.values()))

    def __len__(self) -> int:
        return len(self._connections)


@dataclass(slots=True)
class _Ended:
    numbers: Numbers
    until: float


class EndedEndpoints:
    """Numbers of migrated endpoints that ended a moment ago: a late connection packet can't bring them back (TGT-4)."""

    def __init__(self, bound: int, lifetime: float) -> None:
        self._bound = bound
        self._lifetime = lifetime
        self._ended: dict[tuple[Address, Address], _Ended] = {}

    def remember(self, connection: Connection, now: float) -> None:
        """Note the end of a migrated endpoint; the oldest note makes room."""
        key = (connection.client, connection.server)
        self._ended.pop(key, None)
        if len(self._ended) >= self._bound:
            del self._ended[next(iter(self._ended))]
        self._ended[key] = _Ended(Numbers.of(connection.endpoint), now + self._lifetime)

    def numbers(self, client: Address, server: Address, now: float) -> Numbers | None:
        """The last numbers of an endpoint that ended less than the lifetime ago."""
        ended = self._ended.get((client, server))
        return ended.numbers if ended is not None and now < ended.until else None
