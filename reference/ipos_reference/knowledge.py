"""What a router knows of all servers: those tables of FIG. 12 by which a server is chosen, each bounded (TAB-4).

What they are, their records, default bounds and lifetimes are `ipos_spec.tables`'.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from ipos_spec.addresses import IPv4
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


@dataclass(frozen=True, slots=True)
class Heard(Generic[RecordT]):
    """A record, the server that told it, and when, in seconds; ``at`` is None for the operator's, which do not age."""

    record: RecordT
    server: IPv4
    at: float | None


class KnownTable(Generic[RecordT]):
    """One table: FIG. 12's key to record.

    group      by what else than its key a record is looked for, if by anything
    of_server  the key counts within one server only, as process ids do
    """

    def __init__(
        self, table: Table, group: Callable[[RecordT], Hashable] = lambda _record: None, *, of_server: bool = False
    ) -> None:
        self.table = table
        self._group = group
        self._of_server = of_server
        self._key = attrgetter(*table.key)
        self._records: dict[Hashable, Heard[RecordT]] = {}
        self._groups: dict[Hashable, dict[Hashable, Heard[RecordT]]] = {}

    def put(self, record: RecordT, server: IPv4, at: float | None = None) -> bool:
        """Enter a record that ``server`` told, in place of that with its key; False if the table is full (TAB-4)."""
        key = (server, self._key(record)) if self._of_server else self._key(record)
        if key not in self._records and len(self._records) >= self.table.bound.records:
            return False
        self._records[key] = heard = Heard(record, server, at)
        self._groups.setdefault(self._group(record), {})[key] = heard
        return True

    def get(self, key: Hashable) -> Heard[RecordT] | None:
        """The record with this key: a value, or a tuple of several; behind the server's address if it is of one."""
        return self._records.get(key)

    def group(self, value: Hashable) -> list[RecordT]:
        """The records of one group."""
        return [heard.record for heard in self._groups.get(value, {}).values()]

    def __iter__(self) -> Iterator[Heard[RecordT]]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)


class Knowledge:
    """The tables, and what a choice asks of them.

    own             the router's own server, which it need not hear of
    heard_lifetime  seconds for which a server that advertised counts as alive
    """

    def __init__(self, own: IPv4, heard_lifetime: float = HEARD_LIFETIME) -> None:
        self.own = own
        self._heard_lifetime = heard_lifetime
        self.server_state = KnownTable[ServerState](SERVER_STATE)
        self.listening: Mapping[Protocol, KnownTable[ListeningSocket]] = {
            protocol: KnownTable(LISTENING_SOCKETS, attrgetter("port")) for protocol in LISTENING_SOCKETS.instances
        }
        self.applications = KnownTable[ApplicationInformation](APPLICATION_INFORMATION, of_server=True)
        self.urls = KnownTable[UrlEntry](URL_MAP, lambda entry: url_prefix.normalised(entry.url))
        self.cookies = KnownTable[CookieEntry](COOKIE_MAP)

    @classmethod
    def of(cls, settings: Settings) -> "Knowledge":
        """What the operator has decided: the router's own server and what is said of others."""
        knowledge = cls(settings.address, HEARD_LIFETIME * settings.timer_scale)
        own, entered = settings.address, settings.entered
        for state in (idle(own), *entered.server_states):
            knowledge.server_state.put(state, state.server_ip)
        # Processes are numbered as the ports are written; 0 would be one that is not running.
        for process, port in enumerate(settings.listeners, start=1):
            own_socket = ListeningSocket(server_ip=own, port=port, process=process)
            knowledge.listening[Protocol.TCP].put(own_socket, own)
            needed = settings.memory_requirements.get(port, 0)
            needs = ApplicationInformation(process_id=process, memory_requirements=needed, cpu_utilization=0)
            knowledge.applications.put(needs, own)
        for protocol, sockets in entered.listening.items():
            for socket in sockets:
                knowledge.listening[protocol].put(socket, socket.server_ip)
        for url in entered.urls:
            knowledge.urls.put(url, url.server_ip)
        for cookie in entered.cookies:
            knowledge.cookies.put(cookie, cookie.server_ip)
        return knowledge

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
