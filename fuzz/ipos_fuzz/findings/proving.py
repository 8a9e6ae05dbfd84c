"""From what was seen in passing to a proof: the fewest frames that show it again on a target that was set up anew."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ipos_conformance.findings.evidence import Evidence, Part, evidence
from ipos_conformance.findings.results import TargetIdentity
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Client, Direction, Frame
from ipos_conformance.reproducer.minimising import Smaller, minimise, without
from ipos_conformance.reproducer.recipe import Recipe, Usual, steps, usual_fields

from ipos_fuzz.campaign.about import named
from ipos_fuzz.campaign.batch import Batch
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.trial import Seen, Trials
from ipos_fuzz.violation import Violation

_TRIES = 30
_AT_MOST = 24
"""Frames of a proof that the target refuses what others send: a table that is full refuses, too, and each takes 24."""


@dataclass(frozen=True)
class Suspicion:
    """What was seen in passing.

    frames    since the last time that all was well, as they passed
    history   what had passed before
    valid     what the stations had built, before something was changed in it
    is_probe  whether a frame is one of a barrier
    batch     what was sent
    """

    violation: Violation
    frames: Sequence[Frame]
    history: Sequence[Frame]
    valid: Valid
    is_probe: Callable[[Frame], bool]
    batch: Batch


@dataclass(frozen=True)
class Proved:
    """What has become of it. seen: the last try that showed it; None if none did."""

    violation: Violation
    first: tuple[Evidence, ...]
    smaller: Smaller | None
    seen: Seen | None


class Prover:
    """Makes suspicions into proofs."""

    def __init__(self, trials: Trials, who: TargetIdentity) -> None:
        self._trials, self._who = trials, who
        self._seen: Seen | None = None
        self._last: Violation | None = None

    def prove(self, suspicion: Suspicion) -> Proved:
        """Look for the shortest sequence. Raises BenchError if the target can't be set up any more."""
        self._seen = self._last = None
        shown = evidence(suspicion.frames, suspicion.valid, suspicion.is_probe)
        for frames in self._candidates(suspicion):
            kept = evidence(frames, suspicion.valid, suspicion.is_probe)
            smaller = self._smallest(suspicion.violation, kept)
            if smaller is not None and self._counts(suspicion.violation, smaller):
                return Proved(self._last or suspicion.violation, shown, smaller, self._seen)
        return Proved(suspicion.violation, shown, None, None)

    def _candidates(self, suspicion: Suspicion) -> Iterator[Sequence[Frame]]:
        """Sequences worth trying, the likeliest first: about whom the wrong frame is, all of late, all there was."""
        wrong = suspicion.violation.frame
        frames = [frame for frame in suspicion.frames if wrong is None or frame.time <= wrong.time]
        before = [*suspicion.history, *frames]
        about = _clients(wrong)
        if about:
            yield [frame for frame in frames if about & named(frame)]
            yield [frame for frame in before if about & named(frame)]
        yield frames
        if suspicion.history:
            yield before

    def _smallest(self, violation: Violation, frames: tuple[Evidence, ...]) -> Smaller | None:
        kept = tuple(frame for frame in frames if frame.part is Part.CASE)
        if not any(frame.direction is Direction.SENT for frame in kept):
            return None
        case = as_case.case(violation, kept, "suspicion")
        run = as_case.results([case], self._who, self._trials.target, self._trials.seed)
        recipe = steps(case, run)
        whole = self._narrowed(violation, recipe)
        return minimise(whole, _usual_of(usual_fields(case, recipe), recipe, whole), self._shows(violation), _TRIES)

    def _narrowed(self, violation: Violation, recipe: Recipe) -> Recipe:
        """Where a target dies, the frame at which it does is found in one try; often it does so alone."""
        if violation.oracle not in ("process", "liveness") or len(recipe.steps) < 3:
            return recipe
        last = self._trials.step_that_kills(recipe)
        if last is None:
            return recipe
        sent = [place for place, step in enumerate(recipe.steps) if step[1] == "sent"]
        shows = self._shows(violation)
        for kept in ([sent[last]], sent[: last + 1]):
            candidate = without(recipe, set(sent) - set(kept))
            if shows(candidate):
                return candidate
        return recipe

    def _shows(self, violation: Violation) -> Callable[[Recipe], bool]:
        def shows(recipe: Recipe) -> bool:
            seen = self._trials.play(recipe, violation.oracle)
            found = seen.shows(violation.signature)
            if found is not None:
                self._seen, self._last = seen, found
            return found is not None

        return shows

    @staticmethod
    def _counts(violation: Violation, smaller: Smaller) -> bool:
        return violation.oracle != "liveness" or len(smaller.steps) < _AT_MOST


def _usual_of(usual: Mapping[int, Sequence[Usual]], recipe: Recipe, whole: Recipe) -> dict[int, Sequence[Usual]]:
    """The same by the places that the frames have in what is left."""
    by_octets = {recipe.steps[place][3]: fields for place, fields in usual.items()}
    return {
        place: by_octets[octets]
        for place, (_, direction, _, octets) in enumerate(whole.steps)
        if direction == "sent" and octets in by_octets
    }


def _clients(frame: Frame | None) -> set[Client]:
    return set() if frame is None else set(frame.clients)
