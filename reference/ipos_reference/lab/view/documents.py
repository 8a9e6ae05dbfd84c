"""What is seen, as JSON for the page; all of it text and numbers, which the page never takes for markup."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from ipos_spec.captures import CapturedFrame
from ipos_spec.description import describe
from ipos_spec.description.values import FieldDescription, TableDescription
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN

from ipos_reference.addresses import Address
from ipos_reference.lab import plan
from ipos_reference.lab.view import headers
from ipos_reference.lab.view.decoding import decoded, request
from ipos_reference.lab.view.drawing import diagram
from ipos_reference.lab.view.exchanges import FIRST_FRAMES, Exchange, Numbered
from ipos_reference.lab.view.values import RouterSeen, Seen

Document = dict[str, Any]

_MACS, _ADDRESSES = plan.by_mac(), plan.by_address()
_ENDPOINTS = ("temporary", "local", "forward", "forward-connect")
"""The tables in which connections stand."""


def state(seen: Seen) -> Document:
    """Everything but the frames."""
    return {
        "directory": seen.directory,
        "problem": seen.problem,
        "milliseconds": seen.time_ns // 1_000_000,
        "lines": dict(seen.lines) if seen.lines is not None else {},
        "lans": {"first": seen.lans.get(FIRST_LAN, 0), "second": seen.lans.get(SECOND_LAN, 0)},
        "edges": {name.replace(" ", "-").lower(): passed._asdict() for name, passed in seen.edges.items()},
        "routers": [_router(router) for router in seen.routers],
        "exchanges": [
            {"number": one.number, "title": title(one), "version": len(one.frames) + one.left_out}
            for one in seen.exchanges
        ],
    }


def exchange(found: Exchange) -> Document:
    """An exchange packet by packet."""
    start = found.frames[0].frame.time_ns or 0
    return {
        "number": found.number,
        "title": title(found),
        "version": len(found.frames) + found.left_out,
        "left_out": found.left_out,
        "left_out_before": found.frames[FIRST_FRAMES].number if found.left_out else None,
        "roles": _roles(found),
        "diagram": diagram(found),
        "packets": [_packet(one, start) for one in found.frames],
    }


def frame(numbered: Numbered) -> Document:
    """A frame with all its fields."""
    spelled = decoded(numbered.frame)
    return {
        "number": numbered.number,
        "lan": numbered.frame.interface,
        "octets": len(numbered.frame.octets),
        "what": spelled.what,
        "violates": spelled.violates,
        "fields": [field._asdict() for field in spelled.fields],
    }


def everything(seen: Seen) -> dict[str, Document]:
    """All documents by the paths at which the server gives them."""
    found = {"state.json": state(seen)}
    for one in seen.exchanges:
        found[f"exchange/{one.number}.json"] = exchange(one)
        found |= {f"frame/{numbered.number}.json": frame(numbered) for numbered in one.frames}
    return found


def title(found: Exchange) -> str:
    """An exchange in a line."""
    server = f" to {_who(found.server)}" if found.server is not None else ""
    requests = [text for one in found.frames if (text := request(one.frame))]
    asked = f", {requests[0]}" if requests else ""
    more = f" and {len(requests) - 1} more" if len(requests) > 1 else ""
    moved = "".join(f", moved to {_name(target)}" for target in found.moved_to)
    return f"{found.protocol.name}, {_who(found.client)}{server}{asked}{more}{moved}"


def _roles(found: Exchange) -> dict[str, str]:
    """What each server is in an exchange, by its name."""
    roles = {_name(found.server.ip): "origin" if found.moved_to else "server"} if found.server is not None else {}
    return {**{_name(target): "target" for target in found.moved_to}, **roles}


def _who(address: Address) -> str:
    return f"{_name(address.ip)} port {address.port}"


def _name(address: IPv4) -> str:
    return _ADDRESSES.get(address, ipv4_text(address))


def _packet(numbered: Numbered, start: int) -> Document:
    captured = numbered.frame
    spelled = decoded(captured)
    return {
        "number": numbered.number,
        "milliseconds": round(((captured.time_ns or 0) - start) / 1e6, 3),
        "lan": "second" if captured.interface == SECOND_LAN else "first",
        "way": f"{_by_mac(captured, 6)} to {_by_mac(captured, 0)}",
        "what": spelled.what,
        "summary": spelled.summary,
        "wrong": bool(spelled.violates),
    }


def _by_mac(captured: CapturedFrame, at: int) -> str:
    octets = captured.octets[at : at + 6]
    return _MACS.get(Mac(octets), mac_text(octets))


def _router(seen: RouterSeen) -> Document:
    counters = seen.counters or {"received": {}, "sent": {}, "happenings": {}, "discards": {}, "tables": []}
    return {
        "name": seen.server.name,
        "title": f"server {seen.server.number}",
        "address": seen.server.address,
        "problem": seen.problem,
        "draining": seen.draining,
        "seconds": counters.get("uptime_seconds"),
        "frames": {
            lan: {"received": counters["received"].get(name, 0), "sent": counters["sent"].get(name, 0)}
            for lan, name in (("first", FIRST_LAN), ("second", SECOND_LAN))
        },
        "connections": [
            {"title": table.title, "count": _count(counters["tables"], table.name)}
            for table in describe().tables
            if table.name in _ENDPOINTS
        ],
        "tables": [
            _table(table, counters["tables"], (seen.records or {}).get(table.name, ())) for table in describe().tables
        ],
        "counters": [
            *({"what": what, "count": count} for what, count in counters["happenings"].items() if count),
            *({"what": f"discarded: {why}", "count": count} for why, count in counters["discards"].items()),
            *([{"what": "frames not sent", "count": counters["not_sent"]}] if counters.get("not_sent") else []),
        ],
    }


def _count(tables: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(table["records"] for table in tables if table["table"] == name)


def _table(
    table: TableDescription, tables: Iterable[Mapping[str, Any]], records: tuple[Mapping[str, Any], ...]
) -> Document:
    fields = table.record.fields
    of_protocols = len(table.instances) > 1
    if table.name not in _ENDPOINTS:  # what servers tell is put anew every few seconds, and would never stand still
        records = tuple(sorted(records, key=lambda record: [record[field.name] for field in fields]))
    return {
        "name": table.name,
        "title": table.title,
        "use": table.use,
        "count": _count(tables, table.name),
        "headings": [*(["protocol"] if of_protocols else []), *(_heading(field.name, field.unit) for field in fields)],
        "rows": [list(_cells(record, fields, of_protocols=of_protocols)) for record in records],
    }


def _heading(name: str, unit: str) -> str:
    words = name.replace("_", " ")
    return words if not unit or words.endswith(unit) else f"{words} ({unit})"


def _cells(record: Mapping[str, Any], fields: Iterable[FieldDescription], *, of_protocols: bool) -> Iterator[str]:
    if of_protocols:
        yield str(record["protocol"])
    for field in fields:
        value = record[field.name]
        yield f"{value:,}" if field.unit and isinstance(value, int) else headers.named(str(value))
