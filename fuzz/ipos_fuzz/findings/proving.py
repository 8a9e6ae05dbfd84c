"""From what was seen in passing to a proof: the fewest frames that show it again on a target that was set up anew."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ipos_conformance.findings.evidence import Evidence, Part, evidence
from ipos_conformance.findings.results import CaseResult, TargetIdentity
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Frame
from ipos_conformance.reproducer.minimising import Smaller, minimise
from ipos_conformance.reproducer.recipe import Recipe, Usual, arp_answers, steps, usual_fields

from ipos_fuzz.campaign.about import clients_in, named
from ipos_fuzz.campaign.batch import Batch
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.narrowing import narrowed
from ipos_fuzz.findings.trial import Seen, Trials
from ipos_fuzz.violation import Violation

_TRIES = 60
_SECONDS_FOR_FIELDS = 3.0
"""For which changed fields are put back; `ipos-fuzz minimise` has more time."""
_LONGEST = 150.0
"""Seconds after which nothing is made smaller any more: what is left is confirmed."""
_ROUNDS = (1, 2)
"""How often each candidate is tried: what shows each time is proved soon, what does not gets another chance later."""
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


def unproved(suspicion: Suspicion) -> Proved:
    """What was seen in passing, before anything was tried."""
    shown = evidence(suspicion.frames, suspicion.valid, suspicion.is_probe)
    return Proved(suspicion.violation, shown, None, None)


class Prover:
    """Makes suspicions into proofs."""

    def __init__(self, trials: Trials, who: TargetIdentity, is_known: Callable[[str], bool] = lambda _: False) -> None:
        self._trials, self._who, self._is_known = trials, who, is_known
        self._seen: Seen | None = None
        self._last: Violation | None = None
        self._other: tuple[Violation, Recipe] | None = None
        self._until = 0.0

    def prove(self, suspicion: Suspicion) -> Proved:
        """Look for the shortest sequence. Raises BenchError if the target can't be set up any more.

        A target that falls somewhere else as soon as it is tried again shows that fall: what is not known of it yet is
        proved in the place of what does not show.
        """
        self._seen = self._last = self._other = None
        self._until = time.monotonic() + _LONGEST
        shown = evidence(suspicion.frames, suspicion.valid, suspicion.is_probe)
        for times in _ROUNDS:
            for frames in self._candidates(suspicion):
                kept = of_the_attack(evidence(frames, suspicion.valid, suspicion.is_probe))
                smaller = self._smallest(suspicion.violation, kept, times)
                if smaller is not None and self._counts(suspicion.violation, smaller):
                    return self._proved(suspicion.violation, shown, smaller)
            if self._other is not None:
                other, played = self._other
                case = as_case.case(other, kept, "suspicion")
                smaller = self._smaller(other, case, played, times)
                if smaller is not None and smaller.failed:
                    return self._proved(other, shown, smaller)
        return Proved(suspicion.violation, shown, None, None)

    def _proved(self, violation: Violation, first: tuple[Evidence, ...], smaller: Smaller) -> Proved:
        smaller = replace(smaller, cut_short=smaller.cut_short or time.monotonic() > self._until)
        return Proved(self._last or violation, first, smaller, self._seen)

    def so_far(self, suspicion: Suspicion) -> Proved:
        """What is known of it where `prove` was broken off: what the last try showed, or what was seen in passing."""
        return replace(unproved(suspicion), violation=self._last or suspicion.violation, seen=self._seen)

    def _candidates(self, suspicion: Suspicion) -> Iterator[Sequence[Frame]]:
        """Sequences worth trying, the likeliest first: about whom the wrong frame is, all of late, all there was."""
        wrong = suspicion.violation.frame
        frames = [frame for frame in suspicion.frames if wrong is None or frame.time <= wrong.time]
        before = [*suspicion.history, *frames]
        about = set() if wrong is None else clients_in(wrong, self._trials.target)
        if about:
            yield [frame for frame in frames if about & named(frame)]
            yield [frame for frame in before if about & named(frame)]
        yield frames
        if suspicion.history:
            yield before

    def _smallest(self, violation: Violation, kept: tuple[Evidence, ...], times: int) -> Smaller | None:
        if not any(frame.direction is Direction.SENT for frame in kept):
            return None
        case = as_case.case(violation, kept, "suspicion")
        run = as_case.results([case], self._who, self._trials.target, self._trials.seed)
        return self._smaller(violation, case, steps(case, run), times)

    def _smaller(self, violation: Violation, case: CaseResult, recipe: Recipe, times: int) -> Smaller | None:
        """case: has all frames of the recipe, and what was changed in them."""
        whole = narrowed(violation, recipe, self._trials, self._shows(violation, hurries=True))
        return minimise(
            whole or recipe,
            _usual_of(usual_fields(case, recipe), recipe, whole or recipe),
            self._shows(violation, hurries=True),
            _TRIES,
            begin=0 if whole else times,
            confirms=self._shows(violation),
            seconds_for_fields=_SECONDS_FOR_FIELDS,
        )

    def _shows(self, violation: Violation, *, hurries: bool = False) -> Callable[[Recipe], bool]:
        def shows(recipe: Recipe) -> bool:
            if hurries and time.monotonic() > self._until:
                return False
            seen = self._trials.play(recipe, violation.oracle, hurries=hurries)
            found = seen.shows(violation.signature)
            if found is not None:
                self._seen, self._last = seen, found
            elif self._other is None and violation.oracle == "process":
                self._other = next(((one, recipe) for one in seen.violations if self._is_new_fall(one)), None)
            return found is not None

        return shows

    def _is_new_fall(self, one: Violation) -> bool:
        return one.oracle == "process" and not self._is_known(one.signature)

    @staticmethod
    def _counts(violation: Violation, smaller: Smaller) -> bool:
        return smaller.failed > 0 and (violation.oracle != "liveness" or len(smaller.steps) < _AT_MOST)


def of_the_attack(frames: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Frames without barriers, and without what stations say to find each other: ARP that nobody asked for attacks."""
    answers = arp_answers(frames)
    return tuple(
        one
        for place, one in enumerate(frames)
        if one.part is Part.CASE
        or (one.part is Part.NEIGHBOUR and one.direction is Direction.SENT and place not in answers)
    )


def _usual_of(usual: Mapping[int, Sequence[Usual]], recipe: Recipe, whole: Recipe) -> dict[int, Sequence[Usual]]:
    """The same by the places that the frames have in what is left."""
    by_octets = {recipe.steps[place][3]: fields for place, fields in usual.items()}
    return {
        place: by_octets[octets]
        for place, (_, direction, _, octets) in enumerate(whole.steps)
        if direction == "sent" and octets in by_octets
    }
