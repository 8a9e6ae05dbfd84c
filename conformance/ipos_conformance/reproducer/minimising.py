"""A failing sequence made smaller: frames are left out, then changed fields put back, as long as it still fails."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ipos_conformance.reproducer.octets import (
    ACK,
    RST,
    SPACE,
    SYN,
    Segment,
    corrected,
    number,
    ones_sum,
    put,
    segment_of,
)
from ipos_conformance.reproducer.player import Step
from ipos_conformance.reproducer.recipe import Recipe, Usual

_ETHERNET, _CHECKSUM = 14, 28
_CONNECTION = {(1, 1): 176, (1, 2): 36}
"""By ipOS type and protocol: the end of what the checksum covers; of others it is the header."""
_TIMES = 3


@dataclass(frozen=True)
class Smaller:
    """What is left.

    steps     places, in the original recipe, of the sent frames that are left
    restored  fields that could be put back to their usual value
    tries     how often the target was asked
    failed    of the last `_TIMES` tries, how many failed; fewer than all: it is flaky
    cut_short whether the tries ran out before nothing more could be left out
    """

    recipe: Recipe
    steps: tuple[int, ...]
    restored: tuple[str, ...]
    tries: int
    failed: int
    cut_short: bool

    @property
    def confirmed(self) -> int:
        """How often the end was tried."""
        return _TIMES

    @property
    def flaky(self) -> bool:
        """Whether it did not fail each time."""
        return self.failed < _TIMES


class _Tries:
    """Asks the target, at most so often and so long; what is not asked any more counts as not failing.

    What has not failed is not asked again: it takes a target of its own each time.
    """

    def __init__(self, fails: Callable[[Recipe], bool], most: int) -> None:
        self._fails = fails
        self._most = most
        self.until: float | None = None
        self.made = 0
        self.ran_out = False
        self._passed: set[tuple[Step, ...]] = set()

    def fails(self, candidate: Recipe) -> bool:
        if candidate.steps in self._passed:
            return False
        if self.made >= self._most or (self.until is not None and time.monotonic() > self.until):
            self.ran_out = True
            return False
        self.made += 1
        found = self._fails(candidate)
        if not found:
            self._passed.add(candidate.steps)
        return found


def minimise(
    recipe: Recipe,
    usual: Mapping[int, Sequence[Usual]],
    fails: Callable[[Recipe], bool],
    most: int = 40,
    *,
    begin: int = _TIMES,
    confirms: Callable[[Recipe], bool] | None = None,
    seconds_for_fields: float | None = None,
) -> Smaller | None:
    """Make it smaller, or None if it does not fail even whole.

    usual     for places of sent frames: their fields that are not as usual
    fails     plays a candidate against a fresh target
    most      tries, those not counted that confirm the end
    begin     how often the whole may be tried until it fails; 0: it is known to
    confirms  plays the end, where that is done with more patience than the tries before
    seconds_for_fields  how long fields are put back at most
    """
    if begin and not any(fails(recipe) for _ in range(begin)):
        return None
    tries = _Tries(fails, most)
    sent = [place for place, step in enumerate(recipe.steps) if step[1] == "sent"]
    kept = _fewest(sent, lambda places: tries.fails(without(recipe, set(sent) - set(places))))
    gone = set(sent) - set(kept)
    recipe, gone = _without_gaps(recipe, gone, kept, tries)
    kept = [place for place in kept if place not in gone]
    if seconds_for_fields is not None:
        tries.until = time.monotonic() + seconds_for_fields
    changed, restored = _restored(recipe, {place: usual.get(place, ()) for place in kept}, gone, tries)
    result = without(changed, gone)
    failed = sum((confirms or fails)(result) for _ in range(_TIMES))
    return Smaller(result, tuple(kept), tuple(restored), tries.made, failed, tries.ran_out)


def without(recipe: Recipe, gone: set[int]) -> Recipe:
    """The recipe without some sent frames, and without what was received between these and the next that is kept.

    What was wrong is kept in any case: it is what is looked for.
    """
    kept, waits = [], True
    for place, step in enumerate(recipe.steps):
        if step[1] == "sent":
            waits = place not in gone
        if waits or place in recipe.decisive:
            kept.append(place)
    return replace(
        recipe,
        steps=tuple(recipe.steps[place] for place in kept),
        meanings=tuple(recipe.meanings[place] for place in kept),
        decisive=tuple(kept.index(place) for place in recipe.decisive),
    )


def _fewest(items: list[int], fails: Callable[[Sequence[int]], bool]) -> list[int]:
    """Zeller's ddmin, complements only: a list of which no single item can be left out, if the tries last."""
    parts = 2
    while len(items) > 1:
        size = -(-len(items) // parts)
        for begin in range(0, len(items), size):
            rest = items[:begin] + items[begin + size :]
            if rest and fails(rest):
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(items):
                break
            parts = min(parts * 2, len(items))
    return items


def _without_gaps(recipe: Recipe, gone: set[int], kept: Sequence[int], tries: _Tries) -> tuple[Recipe, set[int]]:
    """Leave out data, too, that is needed for no more than that what comes behind it is in order."""
    before = recipe
    for place in kept[:-1]:
        for closed in closed_up(recipe, place):
            if tries.fails(without(closed, gone | {place})):
                recipe, gone = closed, gone | {place}
                break
    if recipe is not before:  # what only kept that data company may be superfluous now
        left = [place for place in kept if place not in gone]
        fewest = _fewest(left, lambda places: tries.fails(without(recipe, gone | (set(left) - set(places)))))
        gone = gone | (set(left) - set(fewest))
    return recipe, gone


def closed_up(recipe: Recipe, gone: int) -> Iterator[Recipe]:
    """The recipe with what the client sends behind a segment numbered as if that had never been.

    And as if nothing had been answered to it, where something was acknowledged later: that comes first. Nothing, where
    the frame takes no room in the sequence of a connection.
    """
    segment = segment_of(recipe.steps[gone][3], recipe.setup, outbound=True)
    if segment is None or not segment.length or segment.flags & (SYN | RST):
        return
    later = {
        place: found
        for place, (_, direction, _, octets) in enumerate(recipe.steps)
        if place > gone
        and direction == "sent"
        and (found := segment_of(octets, recipe.setup, outbound=True)) is not None
        and found.connection == segment.connection
        and (found.seq - segment.seq) % SPACE <= SPACE // 2
    }
    if any(found.ack != segment.ack for found in later.values() if found.flags & ACK):
        yield _renumbered(recipe, segment, later, unanswered=True)
    yield _renumbered(recipe, segment, later, unanswered=False)


def _renumbered(recipe: Recipe, gone: Segment, later: Mapping[int, Segment], *, unanswered: bool) -> Recipe:
    steps = list(recipe.steps)
    for place, segment in later.items():
        octets, at = steps[place][3], segment.tcp
        seq = gone.seq + max((segment.seq - gone.seq) % SPACE - gone.length, 0)
        moved = put(octets, at + 4, 4, seq % SPACE)
        if unanswered and segment.flags & ACK:
            moved = put(moved, at + 8, 4, gone.ack)
        checksum = corrected(number(octets, at + 16, 2), octets[at:], moved[at:])
        steps[place] = (*steps[place][:3], put(moved, at + 16, 2, checksum))
    return replace(recipe, steps=tuple(steps))


def _restored(
    recipe: Recipe, usual: Mapping[int, Sequence[Usual]], gone: set[int], tries: _Tries
) -> tuple[Recipe, list[str]]:
    names = []
    for place, fields in usual.items():
        # The checksum comes last: it can be right only for the other fields as they then are.
        for field in sorted(fields, key=lambda field: field.offset == _CHECKSUM):
            candidate = _with_step(recipe, place, restored(recipe.steps[place][3], field))
            if candidate.steps != recipe.steps and tries.fails(without(candidate, gone)):
                recipe = candidate
                names.append(field.field)
    return recipe, names


def restored(frame: bytes, field: Usual) -> bytes:
    """The frame with a field as usual. An ipOS checksum stays as right or wrong as it was, unless it is the field."""
    changed = frame[: field.offset] + field.octets + frame[field.offset + field.size :]
    if len(changed) != len(frame) or len(frame) < _CHECKSUM + 2:
        return changed
    end = _CONNECTION.get((frame[26], frame[27]), 30)
    if field.offset == _CHECKSUM and frame[26] in (1, 2):
        blank = put(frame, _CHECKSUM, 2, 0)
        return put(blank, _CHECKSUM, 2, 0xFFFF - ones_sum(blank[_ETHERNET:end]))
    if field.offset == _CHECKSUM or not _ETHERNET <= field.offset < end:
        return changed
    checksum = corrected(number(frame, _CHECKSUM, 2), frame[_ETHERNET:end], changed[_ETHERNET:end])
    return put(changed, _CHECKSUM, 2, checksum)


def _with_step(recipe: Recipe, place: int, octets: bytes) -> Recipe:
    steps = list(recipe.steps)
    steps[place] = (*steps[place][:3], octets)
    return replace(recipe, steps=tuple(steps))
