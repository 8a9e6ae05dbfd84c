"""A second LAN in virtual time that carries nothing but advertisements, its routers, and records to advertise."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from in_memory import HTTP, SETTINGS
from ipos_reference.advertising import Advertiser
from ipos_reference.discards import Discards
from ipos_reference.knowledge import Knowledge
from ipos_reference.settings import Entered, Settings, idle
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import (
    TABLES,
    AdvertisedTable,
    BroadcastEthernetHeader,
    Operation,
    TableAdvertisement,
    decode,
    encode,
    table_advertisement,
)
from ipos_spec.tables.records import ApplicationInformation, CookieEntry, ListeningSocket, UrlEntry
from known import NOW, server

STATE, TCP, APPLICATIONS, URLS, COOKIES, UDP = AdvertisedTable


def router_mac(number: int) -> Mac:
    """The second-LAN MAC of a server's router."""
    return Mac(b"\x02\x00\x00\x00\x02" + bytes([number]))


def settings(number: int, **changes: Any) -> Settings:
    """Those of one of three routers that know each other; it serves what SETTINGS' router does."""
    peers = {server(other): router_mac(other) for other in (1, 2, 3) if other != number}
    router = replace(SETTINGS, address=server(number), second_mac=router_mac(number), peers=peers, entered=Entered())
    return replace(router, **changes)


class Router:
    """As much of a router as advertises."""

    def __init__(self, own: Settings, *, enabled: bool = True) -> None:
        self.settings = own
        self.knowledge = Knowledge.of(own)
        self.discards = Discards()
        self.sent: list[bytes] = []
        self.advertiser = Advertiser(own, self.knowledge, self.discards, self.sent.append, enabled=enabled)

    def takes_sent(self) -> list[bytes]:
        """The frames since this was last asked."""
        frames, self.sent[:] = list(self.sent), []
        return frames

    def told(self) -> list[TableAdvertisement]:
        """The same, read."""
        return [decode(frame, self.settings.ether_type) for frame in self.takes_sent()]

    def hears(self, frame: bytes, now: float = NOW, source: Mac | None = None) -> None:
        """A frame comes in; ``source`` where its MAC is not that in its header."""
        self.advertiser.receive(frame, source or Mac(frame[6:12]), now)

    def knows(self, table: AdvertisedTable, of: IPv4) -> list[Any]:
        """What a server has told of a table."""
        return self.knowledge.advertised[table].told_by(of)


@dataclass
class SecondLan:
    """Brings each frame to all others, but for those that are lost, and keeps the time."""

    routers: dict[int, Router]
    loss: float = 0.0
    seed: int = 0
    now: float = NOW

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.frames: list[tuple[float, int, TableAdvertisement]] = []

    def waits(self, seconds: float) -> None:
        """Let time pass; everything that is due meanwhile is done in its order."""
        end = self.now + seconds
        self.carries()
        while (due := self._next()) is not None and due <= end:
            self.now = max(self.now, due)
            for router in self.routers.values():
                router.advertiser.handle_timeout(self.now)
            self.carries()
        self.now = end

    def carries(self) -> None:
        """Bring everything that was sent where it belongs."""
        for number, router in self.routers.items():
            for frame in router.takes_sent():
                self.frames.append((self.now, number, decode(frame, router.settings.ether_type)))
                for other, receiver in self.routers.items():
                    if other != number and self._random.random() >= self.loss:
                        receiver.hears(frame, self.now)

    def times(self, number: int, table: AdvertisedTable) -> list[float]:
        """When a router told of a table, counted from NOW."""
        found = [at - NOW for at, by, packet in self.frames if by == number and packet.table_header.table == table]
        return sorted(set(found))

    def _next(self) -> float | None:
        due = [router.advertiser.next_timeout() for router in self.routers.values()]
        return min((when for when in due if when is not None), default=None)


def lan_of(*numbers: int, loss: float = 0.0, seed: int = 0, **changes: Any) -> SecondLan:
    """A second LAN with these routers, all of which advertise."""
    return SecondLan({number: Router(settings(number, **changes)) for number in numbers}, loss=loss, seed=seed)


def advertisement(
    number: int,
    table: AdvertisedTable,
    records: Iterable[Any],
    operation: Operation = Operation.PUT,
    *,
    source: Mac | None = None,
) -> TableAdvertisement:
    """What the router of a server would send."""
    header = BroadcastEthernetHeader(source=source or router_mac(number))
    return table_advertisement(header, server(number), table, operation, records, mtu=9000)


def frame(number: int, table: AdvertisedTable, *records: Any, operation: Operation = Operation.PUT) -> bytes:
    """The same as a frame."""
    return encode(advertisement(number, table, records, operation))


def socket(number: int, port: int = HTTP, process: int = 1) -> ListeningSocket:
    return ListeningSocket(server_ip=server(number), port=port, process=process)


def needs(process: int = 1, memory: int = 0, cpu: int = 0) -> ApplicationInformation:
    return ApplicationInformation(process_id=process, memory_requirements=memory, cpu_utilization=cpu)


def url(prefix: str, number: int) -> UrlEntry:
    return UrlEntry(url=prefix, server_ip=server(number))


def cookie(name: str, number: int) -> CookieEntry:
    return CookieEntry(cookie_id=name, server_ip=server(number))


def key(table: AdvertisedTable, record: Any) -> Any:
    made_of = TABLES[table]
    return made_of.key_record(**{name: getattr(record, name) for name in made_of.key})


SAMPLES: dict[AdvertisedTable, Callable[[int], Any]] = {
    STATE: lambda number: idle(server(number)),
    TCP: socket,
    APPLICATIONS: lambda _: needs(77),
    URLS: lambda number: url("/x", number),
    COOKIES: lambda number: cookie("s", number),
    UDP: lambda number: socket(number, 53),
}
"""A record of each table about a server."""
