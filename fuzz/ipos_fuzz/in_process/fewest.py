"""The fewest frames that still show a fault: tries cost nothing but computing, and each begins with a new router."""

from collections.abc import Callable, Sequence

from ipos_fuzz.in_process.playing import Fed, Maker
from ipos_fuzz.violation import Violation

_TRIES = 400


def shown_by(make: Maker, frames: Sequence[Fed], signature: str) -> Violation | None:
    """What a new router does wrong with these frames, if it is this fault: a router is judged to its first one."""
    play = make()
    for fed in frames:
        violation = play.take(fed)
        if violation is not None:
            return violation if violation.signature == signature else None
    return None


def fewest(frames: Sequence[Fed], shows: Callable[[Sequence[Fed]], bool]) -> Sequence[Fed]:
    """Frames of which none can be left out, as far as the tries last; all of them if they don't show it again.

    First of all the last ones are looked at: mostly what a router has just got is what it falls over.
    """
    size = 1
    while size < len(frames) and not shows(frames[-size:]):
        size *= 4
    kept, tries, parts = list(frames[-size:]), 0, 2
    while len(kept) > 1 and tries < _TRIES:
        length = -(-len(kept) // parts)
        for begin in range(0, len(kept), length):
            rest = kept[:begin] + kept[begin + length :]
            tries += 1
            if rest and shows(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(kept):
                break
            parts = min(2 * parts, len(kept))
    return kept
