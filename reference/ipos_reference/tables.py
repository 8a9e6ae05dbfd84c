"""FIG. 12's tables, as far as this router uses them; nothing else holds that state.

What they are, their records, default bounds and lifetimes are `ipos_spec.tables`'.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Generic, Protocol, TypeVar

from ipos_spec.encapsulation import Reference
from ipos_spec.tables import FORWARD_CONNECT, LOCAL, TEMPORARY
from ipos_spec.tables.records import EndpointEntry

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.journal import SILENT, Journal
from ipos_reference.numbers import Numbers


class Place(StrEnum):
    """The three tables of endpoints; an endpoint stands in exactly one (TAB-2)."""

    TEMPORARY = TEMPORARY.title
    LOCAL = LOCAL.title
    FORWARD_CONNECT = FORWARD_CONNECT.title


class Placed(Protocol):
    """What the tables need to know of an endpoint, TCP's or UDP's."""

    @property
    def number(self) -> int:
        """FIG. 12's endpoint reference."""

    @property
    def client(self) -> Address:
        """The client's address."""

    @property
    def server(self) -> Address:
        """The address that the client talks to (CON-1)."""

    @property
    def key(self) -> Reference:
        """FIG. 12's key."""

    @property
    def listener(self) -> int:
        """The router's own port whose application serves it."""

    @property
    def provisional(self) -> bool:
        """Came in by migration and not yet definite (TGT-12)."""


KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
PlacedT = TypeVar("PlacedT", bound=Placed)


class Numbering:
    """Endpoint references, 32 bits and never 0: one that stands for an endpoint is not given away again."""

    def __init__(self) -> None:
        self._last = 0
        self.taken: set[int] = set()

    def new(self) -> int:
        """A reference that no endpoint of this router has."""
        self._last = self._last % 0xFFFFFFFF + 1
        while self._last in self.taken:
            self._last = self._last % 0xFFFFFFFF + 1
        return self._last


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


class EndpointTables(Generic[PlacedT]):
    """Temporary, Local and Forward-Connect of one protocol (TAB-5), and the endpoints themselves.

    Beside FIG. 12's key, an endpoint is found by client and server address, as the first LAN's packets show it (TAB-1).
    A half-open endpoint (FWD-5) stands in Temporary under that same pair, and is found by `beside` alone.
    """

    def __init__(self, bounds: dict[Place, int], journal: Journal = SILENT, numbering: Numbering | None = None) -> None:
        self._bounds = bounds
        self._journal = journal
        self._numbering = numbering or Numbering()
        self._records: dict[Place, dict[int, Reference]] = {place: {} for place in Place}
        self._by_reference: dict[Reference, list[int]] = {}
        self._endpoints: dict[int, PlacedT] = {}
        self.clients: Counter[int] = Counter()
        """How many endpoints each client has, by its packed address, whichever server it talks to."""
        self._by_client: dict[tuple[Address, Address], int] = {}
        self._beside: dict[tuple[Address, Address], int] = {}

    def new_number(self) -> int:
        """An endpoint reference that no endpoint has."""
        return self._numbering.new()

    def has_room(self, place: Place) -> bool:
        """Whether one more endpoint may enter (TAB-4)."""
        return len(self._records[place]) < self._bounds[place]

    def enter(self, place: Place, endpoint: PlacedT, *, beside: bool = False) -> None:
        """Enter a new endpoint; ``beside`` makes it a half-open one."""
        self._records[place][endpoint.number] = endpoint.key
        self._endpoints[endpoint.number] = endpoint
        self._by_reference.setdefault(endpoint.key, []).append(endpoint.number)
        self._numbering.taken.add(endpoint.number)
        index = self._beside if beside else self._by_client
        index[endpoint.client, endpoint.server] = endpoint.number
        self.clients[endpoint.client.packed] += 1
        self._journal.placed(endpoint, None, place)

    def move(self, endpoint: PlacedT, place: Place) -> None:
        """Move an endpoint to another table (TAB-2)."""
        before = self.place_of(endpoint)
        del self._records[before][endpoint.number]
        self._records[place][endpoint.number] = endpoint.key
        self._journal.placed(endpoint, before, place)

    def promote(self, endpoint: PlacedT) -> None:
        """Make a half-open endpoint an ordinary one: nothing of its client and server stands here any more."""
        pair = endpoint.client, endpoint.server
        self._by_client[pair] = self._beside.pop(pair)

    def remove(self, endpoint: PlacedT) -> None:
        """Take an endpoint out."""
        before = self.place_of(endpoint)
        del self._records[before][endpoint.number]
        del self._endpoints[endpoint.number]
        self._by_reference[endpoint.key].remove(endpoint.number)
        if not self._by_reference[endpoint.key]:
            del self._by_reference[endpoint.key]
        self._numbering.taken.discard(endpoint.number)
        pair = endpoint.client, endpoint.server
        index = self._beside if self._beside.get(pair) == endpoint.number else self._by_client
        del index[pair]
        self.clients[endpoint.client.packed] -= 1
        if not self.clients[endpoint.client.packed]:
            del self.clients[endpoint.client.packed]
        self._journal.placed(endpoint, before, None)

    def place_of(self, endpoint: PlacedT) -> Place:
        """The table in which an endpoint stands."""
        return next(place for place, records in self._records.items() if endpoint.number in records)

    def by_number(self, number: int) -> PlacedT | None:
        """The endpoint with this reference number."""
        return self._endpoints.get(number)

    def by_reference(self, reference: Reference) -> list[PlacedT]:
        """The endpoints with FIG. 12's key; half-open ones are none that a reference means.

        A client may talk from one port to this server and, by migration, to another one: those two share the key, and
        even the table, where one has come home to another port than it left from.
        """
        found = [self._endpoints[number] for number in self._by_reference.get(reference, ())]
        return [endpoint for endpoint in found if not self.is_beside(endpoint)]

    def by_client(self, client: Address, server: Address) -> PlacedT | None:
        """The endpoint of this client for the address that it talks to."""
        number = self._by_client.get((client, server))
        return None if number is None else self._endpoints[number]

    def beside(self, client: Address, server: Address) -> PlacedT | None:
        """The half-open endpoint of this client beside a Forward entry, or beside a definite endpoint (FWD-5)."""
        number = self._beside.get((client, server))
        return None if number is None else self._endpoints[number]

    def is_beside(self, endpoint: PlacedT) -> bool:
        """Whether an endpoint is such a half-open one."""
        return self._beside.get((endpoint.client, endpoint.server)) == endpoint.number

    def records(self, place: Place) -> Records[int, Reference]:
        """FIG. 12's records of one table, now and later."""
        return Records(self._records[place], lambda number, key: EndpointEntry.of(key, number))

    def of(self, place: Place) -> Iterator[PlacedT]:
        """The endpoints of one table, oldest first; they may not change meanwhile."""
        return (self._endpoints[number] for number in self._records[place])

    def __iter__(self) -> Iterator[PlacedT]:
        return iter(list(self._endpoints.values()))

    def __len__(self) -> int:
        return len(self._endpoints)


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
