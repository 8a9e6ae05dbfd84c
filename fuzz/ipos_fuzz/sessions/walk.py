"""Which event comes next: what a right router or client would do, something odd, or what has hardly been tried yet."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from ipos_fuzz.sessions.actor import Actor, State
from ipos_fuzz.sessions.event import EVENTS, Event
from ipos_fuzz.sessions.session import ANY, Session, Step

_LONGEST = 8
_USUAL, _ODD = 12.0, 1.0
"""How much likelier an event is in a state in which it is usual: else no session would get anywhere."""
_CHANGED = 0.2
"""Share of the steps whose frame is changed by an operator."""
_SEEDS = 1 << 32

_TAKEN_OVER = ("connect", "request-away", "acknowledge")
_BEGINNINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("connect",),
    ("connect", "request-away"),
    _TAKEN_OVER,
    (*_TAKEN_OVER, "fin"),
    (*_TAKEN_OVER, "come-home"),
    ("hand-over",),
    ("hand-over", "pass-request"),
    ("datagram",),
    ("datagram", "datagram-acknowledge"),
    ("datagram-hand-over",),
    ("datagram-hand-over", "datagram-through"),
)
"""Right ways into the states from which it goes on by chance: by chance alone the deep ones are seldom reached."""

Tried = Mapping[tuple[State, str], int]


class Walk:
    """Draws sessions.

    tried         how often each event has been done in each state: the less, the likelier
    is_short      whether so many seconds of the document may be waited at this target
    """

    def __init__(self, random: Random, tried: Tried, is_short: Callable[[float], bool]) -> None:
        self._random, self._tried = random, tried
        self._events = [event for event in EVENTS.values() if is_short(event.waits)]

    def length(self) -> int:
        """How many steps a session is to have behind its beginning."""
        return self._random.randint(1, _LONGEST)

    def beginning(self) -> tuple[Step, ...]:
        """Steps of the first client on the way to some state, all as they should be."""
        return tuple(Step(event, 0, self.seed()) for event in self._random.choice(_BEGINNINGS))

    def clients(self) -> int:
        """How many clients: mostly one, since depth needs steps."""
        return self._random.choice((1, 1, 1, 2, 3))

    def seed(self) -> int:
        """Of a session."""
        return self._random.randrange(_SEEDS)

    def allows(self, step: Step) -> bool:
        """Whether a kept session's step may be done at this target."""
        return EVENTS[step.event] in self._events

    def next(self, actor: Actor, number: int) -> Step:
        """The next step of the client of this number."""
        possible = [event for event in self._events if event.possible(actor)]
        (event,) = self._random.choices(possible, [self._weight(event, actor.state) for event in possible])
        changed = not event.waits and self._random.random() < _CHANGED
        return Step(event.name, number, self._random.randrange(_SEEDS), ANY if changed else "")

    def varied(self, session: Session, other: Session) -> Session:
        """A kept session with something else in it: steps left out, doubled, exchanged, changed, another's behind."""
        steps = list(session.steps)
        for _ in range(self._random.randint(1, 3)):
            at = self._random.randrange(len(steps))
            match self._random.randrange(6):
                case 0 if len(steps) > 1:
                    del steps[at]
                case 1:
                    steps.insert(at, steps[at])
                case 2:
                    to = self._random.randrange(len(steps))
                    steps[at], steps[to] = steps[to], steps[at]
                case 3:
                    steps[at] = replace(steps[at], operator=ANY, seed=self._random.randrange(_SEEDS))
                case 4:
                    steps[at] = replace(steps[at], seed=self._random.randrange(_SEEDS))
                case _:
                    steps[at:] = other.steps[self._random.randrange(len(other.steps)) :]
        return Session(self._random.randrange(_SEEDS), tuple(steps[: 3 * _LONGEST]) or session.steps)

    def _weight(self, event: Event, state: State) -> float:
        usual = _USUAL if state in event.usual else _ODD
        slow = 0.05 if event.waits else 1.0
        return usual * slow / math.sqrt(1 + 0.1 * self._tried.get((state, event.name), 0))
