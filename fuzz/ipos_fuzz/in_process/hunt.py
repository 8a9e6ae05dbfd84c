"""The loop: streams of frames for one router after another, and what they do wrong made small."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random

from ipos_conformance.frames import Frame, Lan
from ipos_conformance.target import Target

from ipos_fuzz.in_process.fewest import fewest, shown_by
from ipos_fuzz.in_process.playing import Fed, Maker, Play
from ipos_fuzz.sources.streams import Stimulus
from ipos_fuzz.violation import Violation

_LIFE = 500
"""Frames for one router: its tables must have room, since what is refused reaches nothing."""
_STEP = 0.005
"""Seconds of the router's clock between two frames: its timers run out meanwhile."""
_BATCH = 100
_HEADER = 14


@dataclass(frozen=True)
class Fault:
    """One thing that a router does wrong. frames: the fewest that show it; passed: these with its answers."""

    violation: Violation
    frames: tuple[Fed, ...]
    passed: tuple[Frame, ...]
    after_cases: int


@dataclass
class Tally:
    """What a hunt came to. again: by signature, how often a fault was met after it had been found."""

    cases: int = 0
    seconds: float = 0.0
    faults: dict[str, Fault] = field(default_factory=dict)
    again: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Cases in a second."""
        return self.cases / max(self.seconds, 1e-9)


def hunt(
    make: Maker,
    stimuli: Iterator[Stimulus],
    target: Target,
    *,
    seconds: float | None,
    cases: int | None,
    tell: Callable[[Fault], None],
    is_interrupted: Callable[[], bool],
) -> Tally:
    """Until so many seconds are over, frames handed over, or Ctrl-C. What making faults small takes counts, too.

    is_interrupted  whether there was a KeyboardInterrupt: a router that catches everything catches that
    """
    tally, begin = Tally(), time.monotonic()

    def is_over() -> bool:
        enough = cases is not None and tally.cases >= cases
        return is_interrupted() or enough or (seconds is not None and time.monotonic() - begin >= seconds)

    longest = {Lan.FIRST: _HEADER + target.first_lan.mtu, Lan.SECOND: _HEADER + target.second_lan.mtu}
    with suppress(KeyboardInterrupt):
        while not is_over():
            _one_life(tally, make, stimuli, longest, is_over, tell)
    tally.seconds = time.monotonic() - begin
    return tally


def _one_life(
    tally: Tally,
    make: Maker,
    stimuli: Iterator[Stimulus],
    longest: Mapping[Lan, int],
    is_over: Callable[[], bool],
    tell: Callable[[Fault], None],
) -> None:
    """Of a router, until it goes wrong or has had enough."""
    play, fed = make(), list[Fed]()
    while len(fed) < _LIFE and not is_over():
        lan, octets, operator, *_ = next(stimuli)
        if len(octets) > longest[lan]:
            continue  # no interface hands such a frame over
        fed.append(Fed((len(fed) + 1) * _STEP, lan, octets, operator))
        tally.cases += 1
        violation = play.take(fed[-1])
        if violation is not None:
            _note(tally, make, violation, fed, play, tell)
            return


def mixed(
    streams: Mapping[str, Iterator[Stimulus]], weights: Mapping[str, float], random: Random
) -> Iterator[Stimulus]:
    """Some of one stream, then some of another, as often as their weights say."""
    names = [name for name in streams if weights.get(name, 0) > 0]
    while True:
        (name,) = random.choices(names, [weights[one] for one in names])
        for _ in range(_BATCH):
            yield next(streams[name])


def _note(
    tally: Tally,
    make: Maker,
    violation: Violation,
    fed: Sequence[Fed],
    play: Play,
    tell: Callable[[Fault], None],
) -> None:
    signature = violation.signature
    if signature in tally.faults:
        tally.again[signature] += 1
        return
    fault = Fault(violation, tuple(fed), tuple(play.frames), tally.cases)
    try:
        fault = _made_small(make, fault)
    finally:  # interrupted, it is told as it was met
        tally.faults[signature] = fault
        tell(fault)


def _made_small(make: Maker, fault: Fault) -> Fault:
    """With the fewest frames; where a new router does not show it, as it was met."""
    signature = fault.violation.signature
    kept = fewest(fault.frames, lambda frames: shown_by(make, frames, signature) is not None)
    again = make()
    found = [one for one in map(again.take, kept) if one is not None]
    if not found or found[0].signature != signature:
        return fault
    return replace(fault, violation=found[0], frames=tuple(kept), passed=tuple(again.frames))
