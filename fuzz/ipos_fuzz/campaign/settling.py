"""A suspicion becomes a finding, written at once, or a doubt."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ipos_conformance.errors import BenchError, OutputError
from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.features import settings as settings_of
from ipos_conformance.frames import Direction, describe
from ipos_conformance.runs.phases import Phase
from ipos_conformance.target import Target

from ipos_fuzz.campaign.batch import Batch
from ipos_fuzz.campaign.events import Doubted, Event, Found, Tried
from ipos_fuzz.campaign.observing import observers
from ipos_fuzz.campaign.record import Doubt, Record
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.changes import with_changes
from ipos_fuzz.findings.finding import Finding, Proof
from ipos_fuzz.findings.proving import Proved, Prover, Suspicion, unproved
from ipos_fuzz.findings.script import script
from ipos_fuzz.findings.store import FINDINGS, Store, Written
from ipos_fuzz.findings.trial import Trials
from ipos_fuzz.oracles.bystanders import REQUEST

if TYPE_CHECKING:
    from ipos_fuzz.campaign.campaign import Settings

_FACTS = ("process", "log", "model")
"""Oracles whose word is a fact even if it does not show again: a frame that came, a process that ended."""
_FATAL = ("process", "liveness")
_INTERRUPTED = "interrupted"


class Settling:
    """Proves, writes, remembers.

    known     findings by signature, those of earlier runs included
    absent    bystanders whom this target does not serve
    culprits  by signature: the operator or event that a proof ends with
    """

    def __init__(
        self,
        target: Target,
        settings: "Settings",
        folder: Path,
        record: Record,
        tell: Callable[[Event], None],
    ) -> None:
        self._target, self._settings, self._folder, self._record = target, settings, folder, record
        self._tell = tell
        self.absent: set[str] = set() if "bystander" in settings.oracles else {REQUEST}
        self.store = Store(folder / FINDINGS)
        self.known: dict[str, Finding] = {one.signature: one for one in self.store.read()}
        self.culprits: dict[str, str] = {
            one.signature: one.story[-1] for one in self.known.values() if one.story and one.source != "sessions"
        }

    def ends_target(self, signature: str) -> bool:
        """Whether a target has to be set up anew after this finding."""
        return self.known[signature].oracle in _FATAL

    def settle(self, suspicion: Suspicion, phase: Phase, elapsed: float) -> None:
        """Prove it on targets that are set up anew. What can't be tried to the end is written as it was seen."""
        signature, tries = suspicion.violation.signature, count(1)
        trials = Trials(
            self._target,
            phase,
            self._folder / "trial.log",
            self._settings.seed,
            self._settings.limits,
            observers(self._target, phase, self._settings.oracles),
            self.absent,
            self._settings.force,
            self._settings.oracles,
            begun=lambda: self._tell(Tried(signature, next(tries))),
        )
        who = as_case.who(self._target, phase.launch, self._settings.launch)
        with trials.ahead() as several:
            self._prove(Prover(several, who, self.known.__contains__), suspicion, phase, elapsed)

    def _prove(self, prover: Prover, suspicion: Suspicion, phase: Phase, elapsed: float) -> None:
        try:
            proved = prover.prove(suspicion)
        except BenchError as error:
            self._keep(suspicion, prover.so_far(suspicion), phase, elapsed, str(error))
        except KeyboardInterrupt:
            self._keep(suspicion, prover.so_far(suspicion), phase, elapsed, _INTERRUPTED)
            raise
        else:
            if proved.seen is None and suspicion.violation.oracle not in _FACTS:
                self._doubt(suspicion)
            else:
                self._keep(suspicion, proved, phase, elapsed)

    def keep_unproved(self, suspicion: Suspicion, phase: Phase, elapsed: float) -> None:
        """Write it as it was seen: the campaign is interrupted before it could be tried."""
        self._keep(suspicion, unproved(suspicion), phase, elapsed, _INTERRUPTED)

    @property
    def settled(self) -> int:
        """How many findings need no proof any more."""
        return sum(map(self.is_settled, self.known))

    def is_settled(self, signature: str) -> bool:
        """Whether it is known and needs no proof any more."""
        return signature in self.known and not self.known[signature].proof.unfinished

    def _keep(self, suspicion: Suspicion, proved: Proved, phase: Phase, elapsed: float, unfinished: str = "") -> None:
        written = self._written(suspicion, proved, phase, elapsed, unfinished)
        signature = written.finding.signature
        self.known[signature] = written.finding
        batch = suspicion.batch
        if written.finding.story and (batch.operators or not batch.broken_off):
            self.culprits[signature] = written.finding.story[-1]
        self.store.keep(written)
        self._tell(Found(written.finding, self.store.trouble))

    def last_words(self) -> None:
        """What could never be written goes to standard error, so that nothing is lost. Raises OutputError then."""
        if self.store.retry():
            return
        for written in self.store.unwritten.values():
            with suppress(OSError):
                sys.stderr.write(json.dumps(written.finding.model_dump(mode="json", exclude={"first"})) + "\n")
        raise OutputError(f"{self.store.trouble}: findings could not be written; they stand above, a line of JSON each")

    def _doubt(self, suspicion: Suspicion) -> None:
        violation = suspicion.violation
        doubt = self._record.doubts.setdefault(violation.signature, Doubt(violation.what, 0))
        doubt.count += 1
        self._tell(Doubted(violation.signature, violation.what))

    def _written(self, suspicion: Suspicion, proved: Proved, phase: Phase, elapsed: float, unfinished: str) -> Written:
        violation, smaller, seen = proved.violation, proved.smaller, proved.seen
        originals, ether_type = suspicion.batch.originals, self._target.second_lan.ether_type
        passed = with_changes(proved.first, proved.first, originals, ether_type)
        frames = passed if seen is None else with_changes(seen.frames, passed, originals, ether_type)
        shown = frames if seen is None or violation.oracle != "bystander" else seen.everything
        case = as_case.case(violation, shown, "finding")
        who = as_case.who(self._target, phase.launch, self._settings.launch)
        run = as_case.results([case], who, self._target, self._settings.seed)
        text, why_not = script(case, run, violation.oracle, seen.everything if seen is not None else passed)
        finding = Finding(
            signature=violation.signature,
            oracle=violation.oracle,
            requirement=violation.requirement,
            sentence=case.sentence,
            kind=violation.kind,
            what=violation.what,
            wrong=describe(violation.frame) if violation.frame is not None else "",
            source=suspicion.batch.source,
            story=_story(suspicion.batch, frames),
            seed=self._settings.seed,
            phase=phase.name,
            after_seconds=round(elapsed, 3),
            after_frames=self._record.frames,
            found=datetime.now(UTC).isoformat(timespec="seconds"),
            proof=Proof(
                confirmed=smaller.failed if smaller else 0,
                of=smaller.confirmed if smaller else 0,
                tries=smaller.tries if smaller else 0,
                cut_short=smaller.cut_short if smaller else False,
                packets=len(smaller.steps) if smaller else 0,
                restored=smaller.restored if smaller else (),
                unfinished=unfinished,
            ),
            script=why_not,
            target=who,
            settings=settings_of(self._target),
            frames=frames,
            first=passed if len(passed) > len(frames) else (),
        )
        first = as_case.case(suspicion.violation, finding.first, "first") if finding.first else None
        return Written(finding, text, as_case.case(violation, frames, "finding"), first)


def _story(batch: Batch, frames: tuple[Evidence, ...]) -> tuple[str, ...]:
    """Operators of the frames that are left; of sessions, all events: frames alone don't tell whose they were."""
    sent = (bytes.fromhex(one.octets) for one in frames if one.direction is Direction.SENT)
    return tuple(batch.operators[octets] for octets in sent if octets in batch.operators) or tuple(batch.story[-24:])
