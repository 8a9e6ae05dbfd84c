"""Coverage as a report shows it: two heat tables, and in words what was not reached."""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import getdoc

from ipos_spec import vectors
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.transport import TCP, UDP

from ipos_fuzz.campaign.campaign import WEIGHTS
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.places import ICMP_PROTOCOL, IPV4, places_of_arp, places_of_ip_frame, places_of_record
from ipos_fuzz.reports.words import compact
from ipos_fuzz.sessions.actor import State
from ipos_fuzz.sessions.event import EVENTS
from ipos_fuzz.sources.volume import WRONG_LAN
from ipos_fuzz.subject import Subject

_SESSION = "in "
"""How the path of what an operator did in a session's event begins."""
_SESSIONS, _WHOLE = "in sessions", "whole frame"
_GROUPS = {
    "ethernet": "Ethernet",
    "header": "ipOS header",
    "connection": "connection",
    "connection.control_block": "control block",
    "table_header": "table header",
    "inner.ip": "inner IP",
    "inner.tcp": "inner TCP",
    "inner.udp": "inner UDP",
    "ip": "IP",
    "tcp": "TCP",
    "udp": "UDP",
    "icmp": "ICMP",
    "arp": "ARP",
    "": _WHOLE,
    _SESSION: _SESSIONS,
}
"""Columns of the table of operators, by what the paths of their fields begin with."""
_HOTTEST = 4
_PROTOCOLS = (TCP.iana, UDP.iana, ICMP_PROTOCOL)


@dataclass(frozen=True)
class Cell:
    """How often something was tried. heat: 0 never, then one for each digit, 4 at most; usual: in a right client."""

    column: str
    count: int
    heat: int
    usual: bool = False

    @property
    def text(self) -> str:
        """The number, short."""
        return compact(self.count)


@dataclass(frozen=True)
class Row:
    """One event or operator. meaning: what it is; details: what the row's cells sum up, with its number each."""

    name: str
    meaning: str
    cells: tuple[Cell, ...]
    total: int
    details: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Matrix:
    """A heat table."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def events(record: Record) -> Matrix:
    """Each event in each state of a client."""
    tried = record.coverage.events
    rows = []
    for name, event in EVENTS.items():
        cells = tuple(_cell(state, tried[state, name], usual=state in event.usual) for state in State)
        rows.append(Row(name, getdoc(event.act) or "", cells, sum(cell.count for cell in cells)))
    return Matrix(tuple(State), tuple(rows))


def operators(record: Record) -> Matrix:
    """Each operator on each kind of field; the fields themselves are the rows' details."""
    by_name: dict[str, list[tuple[str, int]]] = {name: [] for name in (*OPERATORS, WRONG_LAN)}
    for (name, path), count in sorted(record.coverage.operators.items()):
        by_name.setdefault(name, []).append((path, count))
    return Matrix(tuple(_GROUPS.values()), tuple(_operator(name, tried) for name, tried in by_name.items()))


def not_reached(record: Record) -> Iterator[str]:
    """What was not tried, a sentence each; nothing if all was."""
    coverage = record.coverage
    missing = sum(1 for _ in coverage.missing_events())
    if missing:
        yield (
            f"{missing} of {len(State) * len(EVENTS)} pairs of state and event were not tried. Some can't be: "
            "a repetition needs something to repeat, a long time-out needs a configuration with quick timers."
        )
    reached, done = {state for state, _ in +coverage.events}, {name for _, name in +coverage.events}
    yield from _listed("States in which no client was attacked", State, reached)
    yield from _listed("Events that never happened", EVENTS, done)
    tried = +coverage.operators
    yield from _listed("Operators that were never applied", (*OPERATORS, WRONG_LAN), {name for name, _ in tried})
    yield from _listed("Fields that no operator changed in single frames", _fields(), {path for _, path in tried})
    yield from _listed("Sources that were not used", WEIGHTS, {name for name, count in record.cases.items() if count})
    for signature, names in record.muted.items():
        yield f"Left out, because they found only {signature} again: {', '.join(names)}."
    if record.withheld:
        yield f"{record.withheld:,} frames were withheld: they would have left the target's reach, or found no room."


def _listed(what: str, all_of_it: Iterable[str], reached: Iterable[str]) -> Iterator[str]:
    names, there = list(all_of_it), set(reached)
    missing = [name for name in names if name not in there]
    if missing:
        told = "all" if len(missing) == len(names) else ", ".join(missing)
        yield f"{what}, {len(missing)} of {len(names)}: {told}."


def _operator(name: str, tried: Sequence[tuple[str, int]]) -> Row:
    sums: Counter[str] = Counter()
    for path, count in tried:
        sums[_group(path)] += count
    cells = tuple(_cell(group, sums[group]) for group in _GROUPS.values())
    probes = OPERATORS[name].requirement if name in OPERATORS else ""
    return Row(name, f"probes {probes}" if probes else "", cells, sums.total(), tuple(tried))


def _group(path: str) -> str:
    if path.startswith(_SESSION):
        return _SESSIONS
    prefix = path.rpartition(".")[0]
    return _GROUPS.get(prefix, _WHOLE)


def _cell(column: str, count: int, *, usual: bool = False) -> Cell:
    return Cell(column, count, min(len(str(count)), _HOTTEST) if count else 0, usual)


@functools.cache
def _fields() -> tuple[str, ...]:
    """The paths of all fields that a frame for either LAN can have."""
    places = [
        *(place for frame in vectors.FRAMES.values() for place in Subject.of(frame).shape.places),
        *places_of_record(TableAdvertisement),
        *places_of_arp(),
        *(place for protocol in _PROTOCOLS for place in places_of_ip_frame(IPV4, protocol)),
    ]
    return tuple(dict.fromkeys(place.path for place in places))
