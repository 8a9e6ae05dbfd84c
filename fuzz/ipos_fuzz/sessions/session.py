"""A session as a value, and how one is performed: so it can be kept, repeated, and joined with another."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any

from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client

from ipos_fuzz.campaign.gate import Gate
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.sessions import client_events, other_events, router_events  # noqa: F401 - they fill the register
from ipos_fuzz.sessions.actor import Actor, State
from ipos_fuzz.sessions.event import EVENTS

_CLIENTS = 8
"""As many as a session may have, with room to spare."""
_MOMENT = 0.004
"""Seconds for which an answer is listened for; one that comes later is taken in by a later step."""
ANY = "any"
"""In place of an operator's name: one that applies to the frame, whatever that will be."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a session.

    event     a key of EVENTS
    actor     which of the session's clients, from 0
    seed      of what the event draws by chance
    operator  by which its first frame is changed on the way out, if that is to be; perhaps ANY
    """

    event: str
    actor: int
    seed: int
    operator: str = ""


@dataclass(frozen=True)
class Session:
    """Steps, and a seed for what the stations draw (clients, sequence numbers)."""

    seed: int
    steps: tuple[Step, ...]

    def document(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def of(cls, document: Any) -> "Session":
        """Read one. Raises FuzzError if it is none."""
        try:
            steps = tuple(Step(**step) for step in document["steps"])
            seed = document["seed"]
        except (KeyError, TypeError) as error:
            raise FuzzError(f"found {str(document)[:80]!r}, expected a session with seed and steps") from error
        if not steps or not isinstance(seed, int):
            raise FuzzError(f"found a session of {len(steps)} steps and seed {seed!r}, expected a step and a number")
        for step in steps:
            _check(step)
        return cls(seed, steps)


def _check(step: Step) -> None:
    """Raises FuzzError."""
    if not isinstance(step.event, str) or step.event not in EVENTS:
        raise FuzzError(f"found the event {step.event!r}, expected one that there is, such as {next(iter(EVENTS))}")
    if step.operator not in ("", ANY, *OPERATORS):
        raise FuzzError(f"found the operator {step.operator!r}, expected one that `ipos-fuzz operators` tells")
    if not isinstance(step.seed, int) or not isinstance(step.actor, int) or not 0 <= step.actor < _CLIENTS:
        raise FuzzError(f"found {step}, expected a number as seed, and an actor below {_CLIENTS}")


@dataclass
class Performed:
    """What a session came to.

    steps    those that could be done
    reached  (state in which the client was, event) of each of them
    answers  for each of them, whether anything came and in which state it left the client: what is new there is
             worth another look
    """

    steps: list[Step] = field(default_factory=list)
    reached: list[tuple[State, str]] = field(default_factory=list)
    answers: set[tuple[str, str, bool, str]] = field(default_factory=set)


Tamper = Callable[[str, int], Callable[[bytes], tuple[str, bytes]]]
"""From an operator's name and a seed to what changes a frame, and says by which operator."""


class Performance:
    """One session under way."""

    def __init__(self, dut: Dut, gates: Sequence[Gate], tamper: Tamper, clients: Sequence[Client] = ()) -> None:
        self._dut, self._gates, self._tamper = dut, gates, tamper
        self.actors = [Actor(dut, client) for client in clients]
        self.performed = Performed()

    def actor(self, number: int) -> Actor:
        """The client of this number, a new one if it is the first time."""
        while len(self.actors) <= number:
            self.actors.append(Actor(self._dut))
        return self.actors[number]

    def do(self, step: Step) -> bool:
        """Do one step. False if it can't be done in this state."""
        event, actor = EVENTS[step.event], self.actor(step.actor)
        if not event.possible(actor):
            return False
        before = actor.state
        for gate in self._gates:
            gate.change_none()
            if step.operator or event.barrage:
                gate.change_next(self._tamper(step.operator or ANY, step.seed), and_all=event.barrage)
        event.act(actor, Random(step.seed))  # noqa: S311 - reproducible, not secret
        if event.answered:
            self._dut.traffic.collect(_MOMENT)
        came = sum(one.take() for one in self.actors)
        if step.operator == ANY and not event.barrage:
            done = next((operator for gate in self._gates for operator in gate.changed), "")
            step = replace(step, operator=done)
        self.performed.steps.append(step)
        self.performed.reached.append((before, step.event))
        self.performed.answers.add((before, step.event, came > 0, actor.state))
        return True
