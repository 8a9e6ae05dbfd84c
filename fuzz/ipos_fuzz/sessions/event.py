"""What an event is, and the register of all."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random

from ipos_fuzz.sessions.actor import Actor, State

Act = Callable[[Actor, Random], None]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a client, or a router for it, can do.

    name       as it stands in corpus and coverage
    usual      the states in which a right client or router does it; elsewhere it is odd, which is what a fuzzer is for
    possible   whether it can be done at all: a repetition needs something to repeat
    answered   whether a right target may answer, so that the harness listens for a moment
    waits      seconds of the document that it takes, 0 if it is a packet
    barrage    whether each of its frames is changed by an operator, and by another one
    act        does it; whatever it draws by chance comes from the source that it is given
    """

    name: str
    usual: frozenset[State]
    possible: Callable[[Actor], bool]
    answered: bool
    waits: float
    barrage: bool
    act: Act


EVENTS: dict[str, Event] = {}
"""All events by name; the modules beside this one fill it."""


def event(
    *usual: State,
    possible: Callable[[Actor], bool] = lambda _: True,
    answered: bool = True,
    waits: float = 0.0,
    barrage: bool = False,
) -> Callable[[Act], Act]:
    """Register a function as an event; its name is the event's, its docstring says what it is."""

    def register(act: Act) -> Act:
        name = getattr(act, "__name__", "").replace("_", "-")
        EVENTS[name] = Event(name, frozenset(usual), possible, answered, waits, barrage, act)
        return act

    return register


def names(events: Collection[str] = ()) -> tuple[str, ...]:
    """All events, or those of these names."""
    return tuple(name for name in EVENTS if not events or name in events)
