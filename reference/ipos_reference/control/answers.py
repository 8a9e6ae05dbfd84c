"""What the control socket answers: a line in, a line out, decided by nothing but what the router holds."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ipos_spec.addresses import ipv4_text
from ipos_spec.description import describe
from ipos_spec.description.values import Kind
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD_CONNECT, LOCAL, TABLES, TEMPORARY, Table

from ipos_reference.router import Router
from ipos_reference.tables import Place, Records
from ipos_reference.traffic import Traffic

LONGEST_REQUEST = 4096
"""Octets of a line."""

PAGE = 500
"""Records in one answer: making it takes about as long as a few dozen frames, so that nobody has to wait for it."""


class RequestError(Exception):
    """A request can't be answered; the text is the answer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An instance of a table that can be asked for. bound: how many records it takes (TAB-4)."""

    table: Table
    protocol: Protocol | None
    bound: int
    records: Records[Any, Any]


def shown(router: Router) -> tuple[Shown, ...]:
    """Every table that the router has; a new one is a line here."""
    tcp, tables, bounds = Protocol.TCP, router.tables, router.settings.bounds
    return (
        Shown(TEMPORARY, tcp, bounds.temporary, tables.records(Place.TEMPORARY)),
        Shown(LOCAL, tcp, bounds.local, tables.records(Place.LOCAL)),
        Shown(FORWARD_CONNECT, tcp, bounds.forward_connect, tables.records(Place.FORWARD_CONNECT)),
    )


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
        raise RequestError(
            'expected {"ask": "tables"}, {"ask": "table", "name": NAME, "from": NUMBER} or {"ask": "counters"}'
        )

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
            "tables": [_overview(one) for one in self._tables],
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
    if name in TABLES:
        return f"this router does not keep the table {name!r}; it keeps {', '.join(dict.fromkeys(known))}"
    near = get_close_matches(name.lower(), known, n=1)
    what = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(dict.fromkeys(known))}"
    return f"no table is called {name!r}; {what}"
