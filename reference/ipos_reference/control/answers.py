"""What the control socket answers: a line in, a line out, decided by nothing but what the router holds."""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any
from typing import Protocol as Structural

from ipos_spec.addresses import IPv4, ipv4, ipv4_text
from ipos_spec.description import describe
from ipos_spec.description.values import Kind
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD, FORWARD_CONNECT, LOCAL, TEMPORARY, Table

from ipos_reference.addresses import Address
from ipos_reference.connections import endpoint_bounds
from ipos_reference.knowledge import KnownTable
from ipos_reference.operations import MOVABLE, Left, OperationError
from ipos_reference.router import Router
from ipos_reference.tables import Place
from ipos_reference.tally import Happening
from ipos_reference.traffic import Traffic

LONGEST_REQUEST = 4096
"""Octets of a line."""

PAGE = 500
"""Records in one answer: making it takes about as long as a few dozen frames, so that nobody has to wait for it."""


class RequestError(Exception):
    """A request can't be answered; the text is the answer."""


class Listed(Structural):
    """Records of one instance, as they stand when they are asked for."""

    def part(self, first: int, most: int) -> list[object]:
        """At most so many, ``first`` left out."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """An instance of a table that can be asked for. bound: how many records it takes (TAB-4)."""

    table: Table
    protocol: Protocol | None
    bound: int
    records: Listed


class _Known:
    """The records of a table by which servers are chosen; only those that are asked for are made."""

    def __init__(self, table: KnownTable[Any]) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def part(self, first: int, most: int) -> list[object]:
        """At most so many records, the oldest ``first`` left out."""
        return [heard.record for heard in islice(self._table, first, first + most)]


def shown(router: Router) -> tuple[Shown, ...]:
    """Every table that the router has, in FIG. 12's order; a new one is a line here."""
    return (*_forward(router), *_endpoints(router), *_knowledge(router))


def _forward(router: Router) -> Iterator[Shown]:
    for protocol, table in ((Protocol.TCP, router.forward), (Protocol.UDP, router.datagrams.forward)):
        yield Shown(FORWARD, protocol, table.bound, table)


def _endpoints(router: Router) -> Iterator[Shown]:
    bounds = endpoint_bounds(router.settings)
    for table, place in ((TEMPORARY, Place.TEMPORARY), (LOCAL, Place.LOCAL), (FORWARD_CONNECT, Place.FORWARD_CONNECT)):
        yield Shown(table, Protocol.TCP, bounds[place], router.tables.records(place))
        yield Shown(table, Protocol.UDP, bounds[place], router.datagrams.tables.records(place))


def _knowledge(router: Router) -> Iterator[Shown]:
    known = router.knowledge
    tables: list[tuple[Protocol | None, KnownTable[Any]]] = [(None, known.server_state)]
    tables += list(known.listening.items())
    tables += [(None, known.applications), (None, known.urls), (None, known.cookies)]
    for protocol, table in tables:
        yield Shown(table.table, protocol, table.table.bound.records, _Known(table))


class Desk:
    """Answers for one router."""

    def __init__(self, router: Router, traffic: Traffic) -> None:
        self._router = router
        self._traffic = traffic
        self._tables = shown(router)
        self._began = time.monotonic()

    def answer(self, line: bytes) -> bytes:
        """The answer to a request, without end of line; never raises."""
        try:
            found = self._answer(_parsed(line))
        except RequestError as error:
            found = {"error": str(error)}
        return json.dumps(found, separators=(",", ":")).encode()

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request:
            case {"ask": "tables", **rest} if not rest:
                return {"tables": [_overview(one) for one in self._tables]}
            case {"ask": "table", "name": str(name), "from": int(first), **rest} if not rest and first >= 0:
                return self._page(name, first)
            case {"ask": "counters", **rest} if not rest:
                return self._counters()
            case {"ask": "migrate", "client": str(client), "server": str(server), **rest} if not rest:
                return _told_of(self._migrate(client, server), self._router)
            case {"ask": "drain" | "undrain" | "left" as what, **rest} if not rest:
                return _told_of(getattr(self._router.operations, what)(), self._router)
        raise RequestError(
            'expected {"ask": "tables"}, {"ask": "table", "name": NAME, "from": NUMBER}, {"ask": "counters"}, '
            '{"ask": "migrate", "client": "IP:PORT", "server": IP}, {"ask": "drain"}, {"ask": "undrain"} '
            'or {"ask": "left"}'
        )

    def _migrate(self, client: str, server: str) -> list[Left]:
        address, _, port = client.rpartition(":")
        try:
            found, number = ipv4(address), int(port)
        except ValueError:
            found, number = IPv4(0), 0
        if not 0 < number < 2**16:
            raise RequestError(f"client: found {client!r}; expected IP:PORT, such as 198.51.100.7:49152")
        try:
            target = ipv4(server)
        except ValueError:
            raise RequestError(f"server: found {server!r}; expected an IPv4 address, such as 192.0.2.2") from None
        try:
            return self._router.operations.migrate(Address(found, number), target, time.monotonic())
        except OperationError as error:
            raise RequestError(str(error)) from error

    def _page(self, name: str, first: int) -> dict[str, Any]:
        instances = [one for one in self._tables if one.table.name == name]
        if not instances:
            raise RequestError(_unknown(name, [one.table.name for one in self._tables]))
        total = sum(len(one.records) for one in instances)
        records: list[dict[str, Any]] = []
        before = 0
        for one in instances:
            records += _spelled(one, max(0, first - before), PAGE - len(records))
            before += len(one.records)
        following = first + len(records)
        return {"table": name, "total": total, "records": records, "next": following if following < total else None}

    def _counters(self) -> dict[str, Any]:
        return {
            "uptime_seconds": round(time.monotonic() - self._began, 3),
            "received": dict(self._traffic.received),
            "sent": dict(self._traffic.sent),
            "not_sent": self._traffic.not_sent,
            "discards": dict(self._router.discards.most_common()),
            "happenings": {what.value: self._router.tally[what] for what in Happening},
            "tables": [_overview(one) for one in self._tables],
        }


def _told_of(left: Collection[Left], router: Router) -> dict[str, Any]:
    """At most `PAGE` of the connections that are left, and how many there are of each kind."""
    counts = Counter(one.prospect for one in left)
    return {
        "draining": router.operations.draining,
        "total": len(left),
        "counts": {prospect.value: count for prospect, count in counts.most_common()},
        "movable": sum(counts[prospect] for prospect in MOVABLE),
        "connections": [
            {
                "protocol": one.protocol.name,
                "client": str(one.client),
                "server": str(one.server),
                "prospect": one.prospect.value,
            }
            for one in list(left)[:PAGE]
        ],
    }


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_REQUEST:
        raise RequestError(f"found a request longer than {LONGEST_REQUEST} octets")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RequestError("found no JSON; expected one object a line") from error
    if not isinstance(found, dict):
        raise RequestError("found JSON that is no object; expected one object a line")
    return found


def _overview(one: Shown) -> dict[str, Any]:
    return {
        "table": one.table.name,
        "protocol": _protocol(one),
        "records": len(one.records),
        "bound": one.bound,
    }


def _spelled(one: Shown, first: int, most: int) -> Iterator[dict[str, Any]]:
    """Part of the records as people write them; the schema says which numbers are addresses."""
    (described,) = (table for table in describe().tables if table.name == one.table.name)
    addresses = {field.name for field in described.record.fields if field.kind is Kind.IPV4}
    names = [field.name for field in described.record.fields]
    for record in one.records.part(first, most):
        values = {name: getattr(record, name) for name in names}
        values |= {name: ipv4_text(values[name]) for name in addresses}
        yield {"protocol": _protocol(one), **values}


def _protocol(one: Shown) -> str | None:
    return one.protocol.name if one.protocol is not None else None


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    what = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(dict.fromkeys(known))}"
    return f"no table is called {name!r}; {what}"
