"""What was tried: each event in each state, each operator on each field; and so, what was not."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ipos_fuzz.sessions import session  # noqa: F401 - it fills the register of events
from ipos_fuzz.sessions.actor import State
from ipos_fuzz.sessions.event import EVENTS

_SEPARATOR = " x "


@dataclass
class Coverage:
    """Counters that a campaign keeps and shows.

    events     how often each event was done in each state
    operators  how often each operator was applied to each field: (operator, path of the field)
    answers    what came of an event: (state, event, whether anything came, state afterwards), as text
    """

    events: Counter[tuple[State, str]] = field(default_factory=Counter)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: set[str] = field(default_factory=set)

    def note_session(self, reached: Iterable[tuple[State, str]], answers: Iterable[tuple[object, ...]]) -> bool:
        """Take a session in. Whether something came of it that never did before: then it is worth keeping."""
        self.events.update(reached)
        told = {" ".join(map(str, answer)) for answer in answers}
        new = bool(told - self.answers)
        self.answers |= told
        return new

    def note_operator(self, operator: str, fields: Iterable[str]) -> None:
        """An operator was applied to these fields."""
        self.operators.update((operator, path) for path in fields)

    def missing_events(self, possible: Collection[str] = ()) -> Iterator[tuple[State, str]]:
        """States and events that were never tried together. possible: events that this target allows, or all."""
        for state in State:
            for name in EVENTS:
                if (not possible or name in possible) and not self.events[state, name]:
                    yield state, name

    @property
    def share_of_events(self) -> float:
        """Of all states and events, which part was tried, 0 to 1."""
        return sum(count > 0 for count in self.events.values()) / (len(State) * len(EVENTS))

    def document(self) -> dict[str, Any]:
        """For a file."""
        return {
            "events": {f"{state}{_SEPARATOR}{name}": count for (state, name), count in sorted(self.events.items())},
            "operators": {f"{name}{_SEPARATOR}{path}": n for (name, path), n in sorted(self.operators.items())},
            "answers": sorted(self.answers),
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Coverage":
        """Read one back."""
        events = ([*key.split(_SEPARATOR), count] for key, count in document["events"].items())
        operators = ([*key.split(_SEPARATOR), count] for key, count in document["operators"].items())
        return cls(
            Counter({(State(state), name): count for state, name, count in events}),
            Counter({(name, path): count for name, path, count in operators}),
            set(document["answers"]),
        )
