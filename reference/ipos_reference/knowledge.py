"""What a router knows of all servers: those tables of FIG. 12 by which a server is chosen, each bounded (TAB-4).

What they are, their records, default bounds and lifetimes are `ipos_spec.tables`'. The operator's records never age;
what a server tells in its place does, and is forgotten when it is not told again.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from ipos_spec.addresses import IPv4
from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import (
    APPLICATION_INFORMATION,
    COOKIE_MAP,
    LISTENING_SOCKETS,
    SERVER_STATE,
    URL_MAP,
    Table,
)
from ipos_spec.tables.records import ApplicationInformation, CookieEntry, ListeningSocket, ServerState, UrlEntry

from ipos_reference import url_prefix
from ipos_reference.settings import Settings, idle

RecordT = TypeVar("RecordT")

HEARD_LIFETIME = SERVER_STATE.lifetime("heard").seconds
"""Seconds after which a server that advertised is not chosen, unless it did so again (ADV-2)."""

RECORD_LIFETIME = 3 * LISTENING_SOCKETS.lifetime("advertised").seconds
"""Seconds after which what a server advertised is forgotten: it should have told it three times meanwhile (ADV-2).

Server State is kept as long, not for three of its own seconds: `Knowledge.state` does not use it then, but an operator
still sees who has fallen silent.
"""

COOKIE_LIFETIME = 7200
"""Seconds after which an advertised session is forgotten.

A full Cookie Map can't be told every 10 s, so its owner takes a round of up to half an hour (`advertising`); a client
whose session is forgotten too early loses it, and one forgotten late costs a record in a bounded table.
"""


@dataclass(frozen=True, slots=True)
class Heard(Generic[RecordT]):
    """A record, the server that told it, and when, in seconds; ``at`` is None for what does not age.

    That is the operator's word, and the router's own about its server.
    """

    record: RecordT
    server: IPv4
    at: float | None


class _Index(Generic[RecordT]):
    """Records by something else than their key."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, dict[Hashable, Heard[RecordT]]] = {}

    def enter(self, value: Hashable, key: Hashable, heard: Heard[RecordT]) -> None:
        self._groups.setdefault(value, {})[key] = heard

    def remove(self, value: Hashable, key: Hashable) -> None:
        group = self._groups[value]
        del group[key]
        if not group:
            del self._groups[value]

    def has(self, value: Hashable) -> bool:
        return value in self._groups

    def of(self, value: Hashable) -> Collection[Heard[RecordT]]:
        return self._groups.get(value, {}).values()


class KnownTable(Generic[RecordT]):
    """One table: FIG. 12's key to record. Times are seconds of a clock that never goes back.

    group      by what else than its key a record is looked for, if by anything
    of_server  the key counts within one server only, as process ids do
    lifetime   seconds after which a record that was told at a time is forgotten, unless it was told again
    """

    def __init__(
        self,
        table: Table,
        group: Callable[[RecordT], Hashable] | None = None,
        *,
        of_server: bool = False,
        lifetime: float = RECORD_LIFETIME,
    ) -> None:
        self.table = table
        self._group = group
        self._of_server = of_server
        self._lifetime = lifetime
        self._key = attrgetter(*table.key)
        self._records: dict[Hashable, Heard[RecordT]] = {}
        self._groups = _Index[RecordT]()
        self._told_by = _Index[RecordT]()
        # Whatever was told last is at the end, so that only the first needs to be looked at. (A dict would have to step
        # over all that was taken from its beginning.)
        self._ages: OrderedDict[Hashable, float] = OrderedDict()

    def put(self, record: RecordT, server: IPv4, at: float | None = None) -> bool:
        """Enter a record that ``server`` told, in place of that with its key; False if the table is full (TAB-4)."""
        key = self.key(record, server)
        if key in self._records:
            self._unlink(key)
        elif len(self._records) >= self.table.bound.records:
            return False
        self._records[key] = heard = Heard(record, server, at)
        self._told_by.enter(server, key, heard)
        if self._group is not None:
            self._groups.enter(self._group(record), key, heard)
        if at is not None:
            self._ages[key] = at
        return True

    def delete(self, key: Hashable) -> bool:
        """Take out the record with a key, whoever told it; False if there is none."""
        if key not in self._records:
            return False
        self._unlink(key)
        del self._records[key]
        return True

    def forget(self, now: float) -> None:
        """Take out what should have been told again by now."""
        while (due := self.next_timeout()) is not None and due <= now:
            self.delete(next(iter(self._ages)))

    def next_timeout(self) -> float | None:
        """When the first record is forgotten."""
        oldest = next(iter(self._ages.values()), None)
        return None if oldest is None else oldest + self._lifetime

    def key(self, record: object, server: IPv4) -> Hashable:
        """What `get` and `delete` want, of a record, or of its key record, that ``server`` tells."""
        key: Hashable = self._key(record)
        return (server, key) if self._of_server else key

    def get(self, key: Hashable) -> Heard[RecordT] | None:
        """The record with this key: a value, or a tuple of several; behind the server's address if it is of one."""
        return self._records.get(key)

    def group(self, value: Hashable) -> list[RecordT]:
        """The records of one group."""
        return [heard.record for heard in self._groups.of(value)]

    def has_group(self, value: Hashable) -> bool:
        """Whether there is any record of a group."""
        return self._groups.has(value)

    def told_by(self, server: IPv4) -> list[RecordT]:
        """The records that a server told last, or the operator for it."""
        return [heard.record for heard in self._told_by.of(server)]

    def __iter__(self) -> Iterator[Heard[RecordT]]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def _unlink(self, key: Hashable) -> None:
        heard = self._records[key]
        self._told_by.remove(heard.server, key)
        if self._group is not None:
            self._groups.remove(self._group(heard.record), key)
        self._ages.pop(key, None)


class Knowledge:
    """The tables, and what a choice asks of them.

    own          the router's own server, which it need not hear of
    timer_scale  factor on the times after which a server does not count as alive, or its records are forgotten (TIM-1)
    """

    def __init__(self, own: IPv4, timer_scale: float = 1.0) -> None:
        self.own = own
        self._heard_lifetime = HEARD_LIFETIME * timer_scale
        lifetime = RECORD_LIFETIME * timer_scale
        self.server_state = KnownTable[ServerState](SERVER_STATE, lifetime=lifetime)
        self.listening: Mapping[Protocol, KnownTable[ListeningSocket]] = {
            protocol: KnownTable(LISTENING_SOCKETS, attrgetter("port"), lifetime=lifetime)
            for protocol in LISTENING_SOCKETS.instances
        }
        self.applications = KnownTable[ApplicationInformation](
            APPLICATION_INFORMATION, of_server=True, lifetime=lifetime
        )
        self.urls = KnownTable[UrlEntry](URL_MAP, lambda entry: url_prefix.normalised(entry.url), lifetime=lifetime)
        self.cookies = KnownTable[CookieEntry](COOKIE_MAP, lifetime=COOKIE_LIFETIME * timer_scale)
        self.advertised: Mapping[AdvertisedTable, KnownTable[Any]] = {
            AdvertisedTable.SERVER_STATE: self.server_state,
            AdvertisedTable.LISTENING_SOCKETS_TCP: self.listening[Protocol.TCP],
            AdvertisedTable.APPLICATION_INFORMATION: self.applications,
            AdvertisedTable.URL_MAP: self.urls,
            AdvertisedTable.COOKIE_MAP: self.cookies,
            AdvertisedTable.LISTENING_SOCKETS_UDP: self.listening[Protocol.UDP],
        }
        """The same by the numbers that advertisements give them (ADV-1)."""

    @classmethod
    def of(cls, settings: Settings) -> "Knowledge":
        """What the operator has decided: the router's own server and what is said of others."""
        knowledge = cls(settings.address, settings.timer_scale)
        own, entered = settings.address, settings.entered
        for state in (idle(own), *entered.server_states):
            knowledge.server_state.put(state, state.server_ip)
        knowledge._enter_own_services(settings)
        for protocol, sockets in entered.listening.items():
            for socket in sockets:
                knowledge.listening[protocol].put(socket, socket.server_ip)
        for url in entered.urls:
            knowledge.urls.put(url, url.server_ip)
        for cookie in entered.cookies:
            knowledge.cookies.put(cookie, cookie.server_ip)
        return knowledge

    def _enter_own_services(self, settings: Settings) -> None:
        """Listening Sockets and Application Information of the router's own server."""
        own, needs = settings.address, dict[int, int]()
        services = [(Protocol.TCP, port) for port in settings.listeners]
        services += [(Protocol.UDP, port) for port in sorted(settings.udp_listeners)]
        # A process that was not named is numbered as the ports are written; 0 would be one that is not running.
        for number, (protocol, port) in enumerate(services, start=1):
            process = settings.processes.get((protocol, port), number)
            socket = ListeningSocket(server_ip=own, port=port, process=process)
            self.listening[protocol].put(socket, own)
            if protocol is Protocol.TCP:
                needs[process] = max(needs.get(process, 0), settings.memory_requirements.get(port, 0))
        # One record is for all processes that are not running (id 0), so it says what the largest of them needs.
        for process, memory in needs.items():
            record = ApplicationInformation(process_id=process, memory_requirements=memory, cpu_utilization=0)
            self.applications.put(record, own)

    def forget(self, now: float) -> None:
        """Take out what servers told and should have told again by now."""
        for table in self.advertised.values():
            table.forget(now)

    def next_timeout(self) -> float | None:
        """When `forget` has something to do."""
        due = (table.next_timeout() for table in self.advertised.values())
        return min((when for when in due if when is not None), default=None)

    def tables(self) -> Iterator[tuple[str, KnownTable[Any]]]:
        """All of them with their titles, which name the protocol where each has an instance (TAB-5)."""
        yield SERVER_STATE.title, self.server_state
        for protocol, table in self.listening.items():
            yield f"{LISTENING_SOCKETS.title} ({protocol.name})", table
        yield APPLICATION_INFORMATION.title, self.applications
        yield URL_MAP.title, self.urls
        yield COOKIE_MAP.title, self.cookies

    def state(self, server: IPv4, now: float) -> ServerState | None:
        """How busy a server is; None if it has not said so, or not lately (ADV-2)."""
        heard = self.server_state.get(server)
        if heard is None or (server != self.own and heard.at is not None and now - heard.at >= self._heard_lifetime):
            return None
        return heard.record

    def listens(self, server: IPv4, protocol: Protocol, port: int) -> bool:
        """Whether a server listens on a port."""
        return self.listening[protocol].get((server, port)) is not None

    def listeners(self, protocol: Protocol, port: int) -> frozenset[IPv4]:
        """The servers that listen on a port."""
        return frozenset(socket.server_ip for socket in self.listening[protocol].group(port))

    def has_url(self, prefix: str) -> bool:
        """Whether any server has an entry with this prefix, normalised, in URL Map."""
        return self.urls.has_group(prefix)

    def servers_of_url(self, prefix: str) -> frozenset[IPv4]:
        """The servers that have an entry with this prefix, normalised, in URL Map."""
        return frozenset(entry.server_ip for entry in self.urls.group(prefix))

    def keeper(self, cookie_id: str) -> IPv4 | None:
        """The server that keeps a session, if Cookie Map has it."""
        heard = self.cookies.get(cookie_id)
        return None if heard is None else heard.record.server_ip

    def memory_required(self, server: IPv4, port: int) -> int:
        """Octets that the application of a server's TCP port needs, 0 where nothing is known of it."""
        socket = self.listening[Protocol.TCP].get((server, port))
        if socket is None:
            return 0
        needs = self.applications.get((server, socket.record.process))
        return 0 if needs is None else needs.record.memory_requirements
