"""The loop: the target is set up, attacked batch by batch, watched, and set up anew when lost, or its turn is over."""

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Frame
from ipos_conformance.runs.phases import Phase, quick, usual
from ipos_conformance.target import Target

from ipos_fuzz.campaign.absence import Absence
from ipos_fuzz.campaign.batch import Batch, Sessions, Source, Stream
from ipos_fuzz.campaign.corpus import Corpus
from ipos_fuzz.campaign.events import Event, Finished, Listener, Progressed, Reset, Started, Suspected
from ipos_fuzz.campaign.observing import observers
from ipos_fuzz.campaign.place import NotReadyError, Place, place
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.campaign.repeating import repeat
from ipos_fuzz.campaign.sequences import Scores, Sequences, score_of
from ipos_fuzz.campaign.settling import Settling
from ipos_fuzz.campaign.tidying import tidy
from ipos_fuzz.campaign.watch import Watch
from ipos_fuzz.findings.proving import Suspicion
from ipos_fuzz.interruption import uninterrupted
from ipos_fuzz.oracles.observer import observe
from ipos_fuzz.oracles.resources import Limits
from ipos_fuzz.sources.streams import Stimulus
from ipos_fuzz.violation import ORACLES, Violation

WEIGHTS = {"sessions": 6.0, "sequences": 1.0, "volume": 3.0, "schemas": 1.0}
"""Of the sources, if nobody says anything else."""
CORPUS, LOG = "corpus.ndjson", "target.log"
_TURN = {"usual": 20.0, "quick": 10.0}
"""Seconds for which a configuration is attacked, where there are two."""
_LONGEST_TURN = 300.0
"""Where there is one: a target is set up anew from time to time, if that can be done, and forgets what it holds."""
_HISTORY = 3000
"""Frames before a batch that may be needed to show again what it did."""
_SCORES = 32
"""Sessions whose frames are remembered, to be sent in another order."""
_LATEST = 300
"""Those of them that are looked at first where nothing says which frames left something behind."""
_SAVED_EVERY = 5.0
"""Seconds."""
_MUTED_AFTER = 3
"""How often an operator or event may meet the same deadly finding again, before others get its time."""
_DOUBTS = 3
"""How often a suspicion that does not show again is looked into."""


@dataclass(frozen=True)
class Settings:
    """What a campaign is to do.

    seconds, cases, findings  when it is over; None: not by that
    weights         of the sources, by name; one that is not named is not used
    burst           frames between two barriers
    launch          a command in place of the target file's
    phases          names of the configurations that are attacked
    oracles         whose word counts, names of ORACLES
    """

    seed: int
    seconds: float | None = 60.0
    cases: int | None = None
    findings: int | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    burst: int = 192
    launch: tuple[str, ...] = ()
    phases: tuple[str, ...] = ("usual", "quick")
    limits: Limits = field(default_factory=Limits)
    oracles: tuple[str, ...] = ORACLES
    force: bool = False


class Campaign:
    """One run of it. streams: makes the endless stream of a source of single frames."""

    def __init__(
        self,
        target: Target,
        settings: Settings,
        folder: Path,
        record: Record,
        listeners: Sequence[Listener],
        streams: dict[str, Callable[[int], Iterator[Stimulus]]],
    ) -> None:
        self._target, self._settings, self._folder, self._record = target, settings, folder, record
        self._listeners = listeners
        # Another run of the same campaign is not to do the same again.
        self._random = Random(f"{settings.seed}/{record.frames}")  # noqa: S311 - reproducible, not secret
        scores: Scores = deque(maxlen=_SCORES)
        corpus = Corpus(folder / CORPUS)
        self._sources: dict[str, Source] = {
            "sessions": Sessions(
                self._random, record.coverage, corpus, lambda stand, since: scores.append(score_of(stand, since))
            ),
            "sequences": Sequences(self._random, scores),
        }
        for name, stream in streams.items():
            self._sources[name] = Stream(name, stream(self._random.randrange(1 << 32)), record.coverage, settings.burst)
        self._weights = {name: settings.weights.get(name, 0.0) for name in self._sources}
        self._phases = _phases(target, settings)
        self._cases_before, self._resets_before = record.all_cases, record.resets
        self._settling = Settling(target, settings, folder, record, self._tell)
        self._settled_before = self._settling.settled
        self._began = self._saved = time.monotonic()
        self._earlier = record.seconds
        self._pending: Suspicion | None = None
        self._marks: deque[tuple[float, int]] = deque([(self._began, record.all_cases)], maxlen=50)

    def run(self, *, resumed: bool) -> Finished:
        """Until it is over. Raises BenchError where it can't begin, OutputError if findings could never be written."""
        self._record.ended = ""
        gc.freeze()  # what is loaded stays: looked through again and again it takes a tenth of the time
        settings = self._settings
        unasked = tuple(one for one in ORACLES[1:] if one not in settings.oracles)
        self._tell(Started(self._record, settings.seconds, settings.cases, resumed, unasked))
        why = self._record.ended = self._attack_in_turns()
        found = tuple(self._settling.known.values())
        finished = Finished(self._record, why, found, self._settling.settled - self._settled_before)
        with suppress(KeyboardInterrupt), uninterrupted():
            self._record.seconds = self._earlier + self._elapsed
            self._save()
            self._tell(finished)
            self._settling.last_words()
        return finished

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _attack_in_turns(self) -> str:
        """Why it is over. Raises BenchError if the bench can't be set up at all."""
        turn, absence, lost = 0, Absence(self._target, self._settings.launch), ""
        try:
            while not (why := self._why_over()):
                phase = self._phases[turn % len(self._phases)]
                try:
                    suspicion = self._one_turn(phase)
                except BenchError as error:
                    if self._record.resets == self._resets_before and not isinstance(error, NotReadyError):
                        raise
                    lost = f"the target is lost: {error}"
                    if absence.lasts():
                        return lost
                    self._tell(Reset(f"it could not be set up: {error}"))
                    continue
                absence.ends()
                lost = ""
                if suspicion is None:
                    turn += 1
                else:
                    self._pending = None
                    self._settling.settle(suspicion, phase, self._elapsed)
        except KeyboardInterrupt:
            if self._pending is not None:
                self._settling.keep_unproved(self._pending, phase, self._elapsed)
            return "interrupted"
        return lost or why

    def _one_turn(self, phase: Phase) -> Suspicion | None:
        """Set the target up and attack it. Raises BenchError if it can't be set up, or the bench itself is at fault."""
        log, settings = self._folder / LOG, self._settings
        absent = self._settling.absent
        with place(self._target, phase, log, settings.seed, absent=absent, force=settings.force) as stand:
            self._record.resets += 1
            return self._turn(stand)

    def _turn(self, stand: Place) -> Suspicion | None:
        """Attack one target until its turn is over, or something has to be proved on another one."""
        watch, observer = (
            Watch(stand, self._settings.limits, self._settling.absent, self._settings.oracles),
            observers(self._target, stand.phase, self._settings.oracles)(),
        )
        history: deque[Frame] = deque(maxlen=_HISTORY)
        observe(observer, stand.passed())
        until = time.monotonic() + self._turn_of(stand)
        batch = Batch("")
        while time.monotonic() < until and not self._why_over():
            source = self._choose()
            batch = Batch(source.name)
            try:
                source.run(stand, batch)
                found = watch.after_batch()
                if not watch.fatal:
                    self._tidy(stand, watch)
            except BenchError as error:
                batch.broken_off = True
                found = watch.lost(error)
            frames = stand.passed()
            self._record.frames += len(frames)
            self._count(stand, batch)
            found = [*(found if watch.fatal else observe(observer, frames)), *found]
            suspicion = self._worth_proving(found, batch, frames, history, stand, watch)
            if suspicion is not None:
                return suspicion
            if watch.fatal:
                return None
            history += frames
        return self._at_rest(stand, watch, batch, history)

    def _at_rest(self, stand: Place, watch: Watch, batch: Batch, history: Sequence[Frame]) -> Suspicion | None:
        """A turn is over: what it has left behind, and what adds up when it comes again and again."""
        try:
            if "resources" in self._settings.oracles:
                for grown, frames in repeat(stand, history, self._random):
                    suspicion = self._worth_proving([grown], batch, frames, (), stand, watch)
                    if suspicion is not None:
                        return suspicion
            found = watch.at_rest()
        except BenchError as error:
            found = watch.lost(error)
        recent = list(history)[-_LATEST:]
        return self._worth_proving(found, batch, recent, list(history)[:-_LATEST], stand, watch)

    @staticmethod
    def _tidy(stand: Place, watch: Watch) -> None:
        """Bystanders and barriers excepted, nobody goes on with what a batch has begun."""
        for lan, octets in tidy(stand.tape, watch.is_spared):
            stand.gates[lan].send(octets)

    def _worth_proving(
        self,
        found: Sequence[Violation],
        batch: Batch,
        frames: Sequence[Frame],
        history: Sequence[Frame],
        stand: Place,
        watch: Watch,
    ) -> Suspicion | None:
        """The first violation that is not known yet."""
        if watch.fatal:
            self._record.losses += 1
            self._tell(Reset("it does not answer any more"))
        if watch.doubt:
            self._record.troubles[watch.doubt] = self._record.troubles.get(watch.doubt, 0) + 1
        for violation in found:
            if self._settling.is_settled(violation.signature):
                self._met_again(violation.signature, batch)
            elif watch.doubt and violation.oracle not in ("process", "log"):
                continue
            elif (doubt := self._record.doubts.get(violation.signature)) is not None and doubt.count >= _DOUBTS:
                doubt.count += 1
            else:
                is_probe = stand.dut.clients.is_about_probe
                self._pending = Suspicion(violation, frames, tuple(history), batch.valid, is_probe, batch)
                self._tell(Suspected(violation.signature, violation.what))
                return self._pending
        return None

    def _met_again(self, signature: str, batch: Batch) -> None:
        """Where an operator or event does nothing but find again what is known, others get its time."""
        again = self._record.again
        again[signature] = again.get(signature, 0) + 1
        culprit = self._settling.culprits.get(signature)
        # A turn may be over, and its target fall, before anything was sent: nobody is to be muted for that.
        is_attack = batch.source in self._sources
        if culprit and is_attack and again[signature] == _MUTED_AFTER and self._settling.ends_target(signature):
            self._sources[batch.source].muted.add(culprit)
            self._record.muted.setdefault(signature, []).append(culprit)

    def _choose(self) -> Source:
        names = list(self._sources)
        (name,) = self._random.choices(names, [self._weights[one] for one in names])
        return self._sources[name]

    def _count(self, stand: Place, batch: Batch) -> None:
        record, now = self._record, time.monotonic()
        record.cases[batch.source] = record.cases.get(batch.source, 0) + batch.cases
        for gate in stand.gates.values():
            record.withheld += gate.withheld
            gate.withheld = 0
        self._marks.append((now, record.all_cases))
        (first, cases), *_ = self._marks
        rate = (record.all_cases - cases) / max(now - first, 1e-6)
        record.seconds = self._earlier + self._elapsed
        self._tell(Progressed(record, self._elapsed, rate, len(self._settling.known)))
        if now - self._saved > _SAVED_EVERY:
            self._saved = now
            self._save()

    def _save(self) -> None:
        """What can't be written now is written later: it is progress, no finding."""
        try:
            self._record.write(self._folder)
        except OSError:
            return
        self._settling.store.retry()

    def _why_over(self) -> str:
        settings = self._settings
        if settings.seconds is not None and self._elapsed >= settings.seconds:
            return "time"
        if settings.findings is not None and self._settling.settled - self._settled_before >= settings.findings:
            return "findings"
        done = self._record.all_cases - self._cases_before
        return "cases" if settings.cases is not None and done >= settings.cases else ""

    def _turn_of(self, stand: Place) -> float:
        return _TURN[stand.phase.name] if len(self._phases) > 1 else _LONGEST_TURN

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


def _phases(target: Target, settings: Settings) -> list[Phase]:
    """The target's configurations that are attacked; the usual one if it has no other."""
    first, second = usual(target, (), settings.launch), quick(target, (), settings.launch)
    there = [first, second] if second is not None else [first]
    return [phase for phase in there if phase.name in settings.phases] or there[:1]
