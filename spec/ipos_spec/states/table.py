"""What a state table is made of: states, events, conditions, actions and rows, all frozen values with a stable name.

A row says: in this state, at this event, under these conditions, do this and stand in that state then, for these
requirements. The rows of one state and event are not ordered: their conditions exclude each other and leave nothing
out, which `undecided` checks by trying every combination of truth values.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a router stands with one connection; two states are the same only if they are the same object.

    table  the table of FIG. 12 that shows it; empty if none does
    goes_on_in  name of the state table that has the rows from here on; empty: this one
    """

    name: str
    documentation: str
    table: str = ""
    goes_on_in: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that happens to a router: a packet that its lookup (TAB-1) gave this table, or a time that ran out."""

    name: str
    documentation: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is true or not when an event comes; ``~condition`` is its opposite."""

    name: str
    documentation: str
    holds: bool = True

    def __invert__(self) -> "Condition":
        return replace(self, holds=not self.holds)

    def __str__(self) -> str:
        return self.name if self.holds else f"not {self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """Something that a router does."""

    name: str
    documentation: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One line of a state table.

    do    actions in their order; none: the event is ignored, or can't come, and ``note`` says why
    ids   requirements that the row follows
    note  what the reader can't see from the rest
    """

    state: State
    event: Event
    when: tuple[Condition, ...] = ()
    do: tuple[Action, ...] = ()
    then: State
    ids: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A state table: its rows may lead into another table's states."""

    name: str
    documentation: str
    states: tuple[State, ...]
    events: tuple[Event, ...]
    rows: tuple[Row, ...]

    @property
    def initial(self) -> State:
        """The state of a connection that the router knows nothing of."""
        return self.states[0]

    def of(self, state: State, event: Event) -> tuple[Row, ...]:
        """The rows of one state and event."""
        return tuple(row for row in self.rows if row.state is state and row.event is event)

    @property
    def pairs(self) -> Iterator[tuple[State, Event]]:
        """Every state and event that this table has to decide."""
        states = [state for state in self.states if not state.goes_on_in]
        return itertools.product(states, self.events)


def rows(
    states: State | Iterable[State],
    events: Event | Iterable[Event],
    *,
    when: tuple[Condition, ...] = (),
    do: tuple[Action, ...] = (),
    then: State | None = None,
    ids: tuple[str, ...],
    note: str = "",
) -> tuple[Row, ...]:
    """The same row for several states and events; without ``then`` the state stays."""
    states = (states,) if isinstance(states, State) else tuple(states)
    events = (events,) if isinstance(events, Event) else tuple(events)
    return tuple(
        Row(state=state, event=event, when=when, do=do, then=then or state, ids=ids, note=note)
        for state, event in itertools.product(states, events)
    )


def undecided(table: Table) -> list[str]:
    """Combinations of conditions for which a state and event have no row, or more than one; each as a sentence."""
    return [
        f"{table.name}: {state.name}, {event.name}, {_spelled(truth) or 'always'}: {len(found)} rows"
        for state, event in table.pairs
        for truth in _truths(table.of(state, event))
        if len(found := [row for row in table.of(state, event) if _applies(row, truth)]) != 1
    ]


def unreached(tables: Iterable[Table]) -> list[State]:
    """States to which no chain of rows leads from a table's initial state, whichever conditions hold."""
    tables = tuple(tables)
    reached = {table.initial for table in tables}
    every = [row for table in tables for row in table.rows]
    while new := {row.then for row in every if row.state in reached} - reached:
        reached |= new
    return [state for table in tables for state in table.states if state not in reached]


def _truths(candidates: Iterable[Row]) -> Iterator[Mapping[str, bool]]:
    names = list(dict.fromkeys(condition.name for row in candidates for condition in row.when))
    for values in itertools.product((True, False), repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def _applies(row: Row, truth: Mapping[str, bool]) -> bool:
    return all(truth[condition.name] is condition.holds for condition in row.when)


def _spelled(truth: Mapping[str, bool]) -> str:
    return ", ".join(name if holds else f"not {name}" for name, holds in truth.items())
