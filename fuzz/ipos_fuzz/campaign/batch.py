"""What is sent between two barriers: a burst of single frames, or a few sessions."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from ipos_conformance.errors import CaseEnd
from ipos_conformance.findings.valid import Valid

from ipos_fuzz.campaign.corpus import Corpus
from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.campaign.place import Place
from ipos_fuzz.campaign.tampering import tamper
from ipos_fuzz.sessions.session import Performance, Session, Step
from ipos_fuzz.sessions.walk import Walk
from ipos_fuzz.sources.streams import Stimulus

_SESSIONS = 4
_LONGEST_BATCH = 0.25
"""Seconds after which a batch is over, so that a fault is near to where it shows."""
_KEPT = 0.3
"""Share of the sessions that are made of kept ones, once there are some."""
_SHORT_WAITS = 0.7
"""Seconds that an event may take: what takes longer waits for the target's second configuration, [quick]."""


Keep = Callable[[Place, int], None]


@dataclass
class Batch:
    """What one came to.

    source      "sessions", "sequences", "volume" or "schemas"
    cases       sessions, or frames where each is one
    story       events or operators in order; single frames have theirs in `operators`, by the octets that it made
    originals   of single frames: the right ones that they were made of, by their octets
    valid       what the stations built
    broken_off  whether it could not be sent to its end: the last event is the one that met a dead target
    """

    source: str
    cases: int = 0
    story: list[str] = field(default_factory=list)
    operators: dict[bytes, str] = field(default_factory=dict)
    originals: dict[bytes, bytes] = field(default_factory=dict)
    valid: Valid = field(default_factory=Valid)
    broken_off: bool = False


class Source:
    """One way to make batches. muted: operators and events that only find again what is known."""

    name = ""

    def __init__(self) -> None:
        self.muted: set[str] = set()

    def run(self, place: Place, batch: Batch) -> None:
        """Send a batch, and note what it comes to. Raises BenchError if an interface is gone."""
        raise NotImplementedError


class Stream(Source):
    """Single frames, each a case, out of an endless stream.

    size  how many between two barriers
    """

    def __init__(self, name: str, stream: Iterator[Stimulus], coverage: Coverage, size: int) -> None:
        super().__init__()
        self.name = name
        self._stream, self._coverage, self._size = stream, coverage, size
        self._ready: list[Stimulus] = []

    def run(self, place: Place, batch: Batch) -> None:
        """Send the next frames of the stream: one right after the other, so that the target is not woken for each."""
        place.dut.start_case(self.name)
        tried: Counter[tuple[str, str]] = Counter()
        muted, gates, operators, originals = self.muted, place.gates, batch.operators, batch.originals
        stimuli, self._ready = self._ready or self._next(), []
        for lan, octets, operator, fields, original in stimuli:
            if operator in muted or gates[lan].try_to_send(octets) is None:
                continue
            operators[octets] = operator
            originals[octets] = original
            batch.cases += 1
            for path in fields:
                tried[operator, path] += 1
        self._ready = self._next()  # while the target is at work
        self._coverage.operators.update(tried)

    def _next(self) -> list[Stimulus]:
        return list(islice(self._stream, self._size))


class Sessions(Source):
    """A few sessions, drawn as they go, or made of kept ones. keep: is told where each began on the place's tape."""

    name = "sessions"

    def __init__(self, random: Random, coverage: Coverage, corpus: Corpus, keep: Keep) -> None:
        super().__init__()
        self._random, self._coverage, self._corpus, self._keep = random, coverage, corpus, keep

    def run(self, place: Place, batch: Batch) -> None:
        """Perform them one after another."""
        batch.valid = place.dut.start_case(self.name).valid
        walk = Walk(self._random, self._coverage.events, lambda waits: self._is_short(place, waits))
        until = time.monotonic() + _LONGEST_BATCH
        while batch.cases < _SESSIONS and time.monotonic() < until:
            began = len(place.tape)
            session, performance = self._perform(place, walk, batch)
            self._keep(place, began)
            batch.cases += 1
            done = performance.performed
            if session.steps and self._coverage.note_session(done.reached, done.answers):
                self._corpus.keep(session)
            for actor in performance.actors:
                place.dut.traffic.inbox.open += [side for side in (actor.side, actor.through) if side is not None]
        place.dut.end_case()

    def _perform(self, place: Place, walk: Walk, batch: Batch) -> tuple[Session, Performance]:
        """One session; that of the steps that could be done."""
        seed = walk.seed()
        kept = self._corpus.sessions
        performance = Performance(place.dut, tuple(place.gates.values()), tamper)
        if kept and self._random.random() < _KEPT:
            varied = walk.varied(self._random.choice(kept), self._random.choice(kept))
            _as_drawn_by(place, seed)
            self._do(performance, varied.steps, walk, place, batch)
        else:
            _as_drawn_by(place, seed)
            self._do(performance, walk.beginning(), walk, place, batch)
            clients = walk.clients()
            for _ in range(walk.length()):
                number = self._random.randrange(clients)
                self._do(performance, [walk.next(performance.actor(number), number)], walk, place, batch)
        for gate in place.gates.values():
            gate.change_none()
        return Session(seed, tuple(performance.performed.steps)), performance

    def _do(self, performance: Performance, steps: Sequence[Step], walk: Walk, place: Place, batch: Batch) -> None:
        for step in steps:
            if step.event in self.muted or step.operator in self.muted or not walk.allows(step):
                continue
            batch.story.append(f"{step.event} ({step.operator})" if step.operator else step.event)
            try:
                done = performance.do(step)
            except CaseEnd:
                done = False  # the stations can't say it in this state, as the target file has no such port
            if not done:
                batch.story.pop()
                continue
            for gate in place.gates.values():
                for operator, count in gate.changed.items():
                    self._coverage.operators[operator, f"in {step.event}"] += count
                gate.changed.clear()

    @staticmethod
    def _is_short(place: Place, waits: float) -> bool:
        return place.dut.scaled(waits) <= _SHORT_WAITS


def _as_drawn_by(place: Place, seed: int) -> None:
    """What the stations draw from now on depends on this seed alone."""
    place.dut.traffic.inbox.random = Random(f"{seed}")  # noqa: S311 - no secret
