"""The reference's tables, and a dict of objects for each, as `tables` fills, asks and empties them.

Entry number n is the same client or session in all of them. Entries are heard of one after another, spread over most of
their lifetime, as in a router that has been running for a while.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ipos_reference.addresses import Address
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.forward_table import ForwardTable, Onward
from ipos_reference.knowledge import KnownTable
from ipos_reference.numbers import Numbers
from ipos_reference.schedule import Schedule
from ipos_reference.tables import EndpointTables, Place
from ipos_spec import encapsulation
from ipos_spec.addresses import IPv4, Mac, ipv4
from ipos_spec.encapsulation import Reference
from ipos_spec.tables import COOKIE_MAP, FORWARD
from ipos_spec.tables.records import CookieEntry

SERVER, OTHER = Address(ipv4("192.0.2.1"), 80), Address(ipv4("192.0.2.2"), 80)
NOW = 100_000.0
"""Seconds; the time at which entries are looked up."""

LIFETIME = float(FORWARD.lifetime("idle", encapsulation.Protocol.TCP).seconds)
"""Seconds; of all tables here, so that they are alike."""

SPREAD = 0.8 * LIFETIME
ROOM = 1_000
"""Entries beyond their size that tables take."""

_EARLY = 1 << 23
"""Number of the first entry that is over before all others."""


def client(number: int) -> Address:
    """One of 2^24 addresses, scattered as addresses on the Internet are."""
    return Address(IPv4(ipv4("10.0.0.0") + number * 2_654_435_761 % 2**24), 1024 + number % 60_000)


def session(number: int) -> str:
    """The id of a cookie."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:032x}"


class Contestant(ABC):
    """A table with so many entries; what is not timed of an operation, `key` and `value` make before.

    find    an entry by its key
    expire  take out what is over at a time, seconds; says how many
    batch   how many are expired in a row, one by one
    """

    find: Callable[[Any], object]
    expire: Callable[[float], int]
    batch = 100

    def __init__(self, size: int) -> None:
        self.size = size
        self._rng = random.Random(1)  # noqa: S311 - repeatable on purpose

    def fill(self) -> None:
        """Enter all."""
        for number in range(self.size):
            self.enter(*self.entry(number, NOW - SPREAD + SPREAD * number / self.size))

    def entry(self, number: int, heard: float) -> tuple[Any, Any, float]:
        """What `enter` wants of one that was heard of at a time."""
        return self.key(number), self.value(number, heard), heard

    @abstractmethod
    def key(self, number: int) -> Any:
        """By what an entry is looked up."""

    @abstractmethod
    def value(self, number: int, heard: float) -> Any:
        """What an entry is about."""

    @abstractmethod
    def enter(self, key: Any, value: Any, heard: float) -> None:
        """Enter one."""

    @abstractmethod
    def remove(self, key: Any) -> None:
        """Take one out before its time."""

    def ending(self) -> Sequence[float]:
        """Have a batch that ends one by one before all others; when each is over."""
        heard = [NOW - 3 * LIFETIME + number for number in range(self.batch)]
        for number, one in enumerate(heard):
            self.enter(*self.entry(_EARLY + number, one))
        return [one + LIFETIME + 1.0 for one in heard]

    def onward(self) -> tuple[Onward, Numbers]:
        """Where a client's packets go, and the numbers that the endpoint had."""
        onward = Onward(IPv4(ipv4("192.0.2.2") + self._rng.randrange(8)), 80, Mac(self._rng.randbytes(6)))
        return onward, Numbers(*(self._rng.getrandbits(32) for _ in range(4)))


class Forward(Contestant):
    """Clients whose endpoint another router holds."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._table = ForwardTable(encapsulation.Protocol.TCP, size + ROOM)
        self.find = lambda who: self._table.get(who, SERVER, NOW)
        self.expire = lambda now: sum(1 for _ in self._table.pop_over(now))

    def key(self, number: int) -> Address:
        """The client."""
        return client(number)

    def value(self, number: int, heard: float) -> tuple[Onward, Numbers]:  # noqa: ARG002 - of all alike
        """Where its packets go."""
        return self.onward()

    def enter(self, key: Address, value: tuple[Onward, Numbers], heard: float) -> None:
        """As when a migration was acknowledged."""
        self._table.enter(key, SERVER, *value, heard)

    def remove(self, key: Address) -> None:
        """As when it comes home."""
        self._table.remove(key)


class Endpoints(Contestant):
    """Temporary, Local and Forward-Connect, which are of one kind, with the schedule of their ends, as UDP has them."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._tables: EndpointTables[DatagramEndpoint] = EndpointTables(dict.fromkeys(Place, size + ROOM))
        self._schedule = Schedule()
        self.find = lambda who: self._tables.by_client(who, SERVER)
        self.expire = self._expire

    def key(self, number: int) -> Address:
        """The client."""
        return client(number)

    def value(self, number: int, heard: float) -> DatagramEndpoint:
        """The endpoint, which has no number yet."""
        return endpoint(number, heard)

    def enter(self, key: Address, value: DatagramEndpoint, heard: float) -> None:  # noqa: ARG002 - it is in the value
        """As when it came in by migration."""
        value.number = self._tables.new_number()
        self._tables.enter(Place.FORWARD_CONNECT, value)
        self._schedule.set(value.number, heard + LIFETIME)

    def remove(self, key: Address) -> None:
        """As when another one takes its place."""
        found = self._tables.by_client(key, SERVER)
        if found is not None:
            self._tables.remove(found)
            self._schedule.set(found.number, None)

    def _expire(self, now: float) -> int:
        due = list(self._schedule.pop_due(now))
        for number in due:
            found = self._tables.by_number(number)
            if found is not None:
                self._tables.remove(found)
        return len(due)


class CookieMap(Contestant):
    """Which server keeps a session, as other routers tell it; the other tables of what servers tell are the same."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        bound = replace(COOKIE_MAP.bound, records=size + ROOM)
        self._table = KnownTable[CookieEntry](replace(COOKIE_MAP, bound=bound), lifetime=LIFETIME)
        self._first, self._next = 0, size
        self.find = self._table.get
        self.expire = self._expire

    def key(self, number: int) -> str:
        """The cookie's id."""
        return session(number)

    def value(self, number: int, heard: float) -> CookieEntry:  # noqa: ARG002 - it is the table's
        """The record."""
        return CookieEntry(cookie_id=session(number), server_ip=OTHER.ip)

    def enter(self, key: str, value: CookieEntry, heard: float) -> None:  # noqa: ARG002 - it is in the value
        """As when an advertisement tells it."""
        self._table.put(value, OTHER.ip, heard)

    def remove(self, key: str) -> None:
        """As when an advertisement takes it back."""
        self._table.delete(key)

    def ending(self) -> Sequence[float]:
        """The oldest: times only grow in this table. As many new ones come behind the last."""
        step = SPREAD / self.size
        ends = [NOW - SPREAD + step * (self._first + number) + LIFETIME for number in range(self.batch)]
        for number in range(self._next, self._next + self.batch):
            self.enter(*self.entry(number, NOW - SPREAD + step * number))
        self._first, self._next = self._first + self.batch, self._next + self.batch
        return [one + step / 2 for one in ends]

    def _expire(self, now: float) -> int:
        before = len(self._table)
        self._table.forget(now)
        return before - len(self._table)


class _Heard(Protocol):
    heard: float


@dataclass(slots=True)
class PlainEntry:
    """An entry of Forward as an object."""

    server: Address
    onward: Onward
    numbers: Numbers
    heard: float
    closing: bool = False


@dataclass(slots=True)
class PlainSession:
    """A record of Cookie Map as an object."""

    server: IPv4
    heard: float


class Plain(Contestant):
    """A dict of objects, all of which are looked at for those that are over."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._found: dict[Hashable, _Heard] = {}
        self.batch = max(1, min(self.batch, 100_000 // size))
        self.find = self._find
        self.expire = self._expire

    def enter(self, key: Hashable, value: _Heard, heard: float) -> None:  # noqa: ARG002 - it is in the value
        """As the table does it."""
        self._found[key] = value

    def remove(self, key: Hashable) -> None:
        """As the table does it."""
        del self._found[key]

    def _find(self, who: Hashable) -> object:
        found = self._found.get(who)
        return None if found is None or found.heard + LIFETIME <= NOW else found

    def _expire(self, now: float) -> int:
        over = [key for key, one in self._found.items() if one.heard + LIFETIME <= now]
        for key in over:
            del self._found[key]
        return len(over)


class PlainForward(Plain):
    """Forward's entries."""

    def key(self, number: int) -> Address:
        """The client."""
        return client(number)

    def value(self, number: int, heard: float) -> PlainEntry:  # noqa: ARG002 - of all numbers alike
        """The object."""
        return PlainEntry(SERVER, *self.onward(), heard)


class PlainEndpoints(Plain):
    """Endpoints."""

    def key(self, number: int) -> tuple[Address, Address]:
        """Client and server."""
        return client(number), SERVER

    def value(self, number: int, heard: float) -> DatagramEndpoint:
        """The object."""
        return endpoint(number, heard)


class PlainSessions(Plain):
    """Sessions."""

    def key(self, number: int) -> str:
        """The cookie's id."""
        return session(number)

    def value(self, number: int, heard: float) -> PlainSession:  # noqa: ARG002 - of all numbers alike
        """The object."""
        return PlainSession(OTHER.ip, heard)


def endpoint(number: int, heard: float) -> DatagramEndpoint:
    """One of UDP, which is nothing but its record."""
    who = client(number)
    return DatagramEndpoint(0, who, SERVER, Reference(*who, *OTHER), SERVER.port, heard)
