"""What of a long sequence is likely to show a fault: found in a few tries, before frames are left out one by one."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from ipos_conformance.frames import Client, Direction, Frame
from ipos_conformance.reproducer.minimising import without
from ipos_conformance.reproducer.recipe import LANS, Recipe

from ipos_fuzz.campaign.about import clients_in
from ipos_fuzz.findings.trial import Trials
from ipos_fuzz.violation import Violation

_DEADLY = ("process", "liveness")
_FEW, _MANY = 3, 16
"""Frames that are not worth a try of their own, and those among which it is worth it to look for the first one."""
_STEPWISE = 400
"""Frames behind each of which a target can be asked whether it lives."""
_LAST_CLIENTS = (1, 2, 4)
_LAST_FRAMES = (64, 256, 1024)
_PARTS = 8

Shows = Callable[[Recipe], bool]


def narrowed(violation: Violation, recipe: Recipe, trials: Trials, shows: Shows) -> Recipe | None:
    """A part of the recipe that was seen to show the fault; None if none was. Raises BenchError."""
    sent = [place for place, step in enumerate(recipe.steps) if step[1] == "sent"]
    if len(sent) < _FEW:
        return None
    search = _Search(recipe, sent, trials, shows)
    if violation.oracle == "resources":
        return search.of_what_grows(violation)
    if violation.oracle == "bystander":
        return search.of_what_harms()
    if violation.oracle not in _DEADLY and len(sent) <= _MANY:
        return None  # frames are left out one by one as soon
    return search.of_what_is_seen_at_once(violation)


class _Search:
    """Tries parts of one recipe. sent: the places of its sent frames."""

    def __init__(self, recipe: Recipe, sent: list[int], trials: Trials, shows: Shows) -> None:
        self._recipe, self._sent, self._trials, self._shows = recipe, sent, trials, shows

    def of_what_is_seen_at_once(self, violation: Violation) -> Recipe | None:
        """The frame at which it shows, which is found in one try, often shows it alone; or with its client's.

        Where barriers between the frames keep it from showing, the last one about the wrong frame's client is it.
        """
        few = len(self._sent) <= _STEPWISE
        last = self._trials.step_that_shows(self._recipe, violation) if few else None
        if last is None and violation.frame is not None:
            last = self._last_about(clients_in(violation.frame, self._trials.target))
        until = self._sent if last is None else self._sent[: last + 1]
        windows = (until[-number:] for number in _LAST_FRAMES if number < len(until))
        tried: list[list[int]] = []
        for kept in (until[-1:], *self._of_last_clients(until), *windows, until):
            if kept and kept not in tried:
                tried.append(kept)
                if self._does_show(kept):
                    return self._only(self._from_the_first(kept) if len(kept) > _MANY else kept)
        return None

    def of_what_harms(self) -> Recipe | None:
        """All of it, or a part: what harms a bystander may harm somebody else when more is sent before it."""
        for parts in (1, _PARTS // 2, 2 * _PARTS):
            size = -(-len(self._sent) // parts)
            for at in range(0, len(self._sent), size):
                if self._does_show(kept := self._sent[at : at + size]):
                    return self._only(kept)
        return None

    def of_what_grows(self, violation: Violation) -> Recipe | None:
        """What was sent about the client about whom the target keeps most when it is sent again and again."""
        groups = list(self._by_client())
        while len(groups) > 1:
            size = -(-len(groups) // _PARTS)
            parts = [groups[at : at + size] for at in range(0, len(groups), size)]
            grown = self._trials.growth([self._only([*chain(*part)]) for part in parts], violation)
            groups = parts[grown.index(max(grown))]
        kept = sorted(chain(*groups))
        return self._only(kept) if self._does_show(kept) else None

    def _from_the_first(self, kept: list[int]) -> list[int]:
        """Without what is before the frame that seals its fate: the target may die of that a while later."""
        # A connection's first frame is mostly needed: then there is nothing to look for.
        shows, misses = (1, len(kept) - 1) if self._does_show(kept[1:]) else (0, 1)
        while misses - shows > 1:
            middle = (shows + misses) // 2
            if self._does_show(kept[middle:]):
                shows = middle
            else:
                misses = middle
        both = [kept[shows], kept[-1]]
        return both if self._does_show(both) else kept[shows:]

    def _of_last_clients(self, places: Sequence[int]) -> Iterator[list[int]]:
        """What was sent about the last client, the last two, the last four."""
        clients: list[Client] = []
        for place in reversed(places):
            clients += [client for client in sorted(self._about(place)) if client not in clients]
        for number in _LAST_CLIENTS:
            yield [place for place in places if self._about(place) & set(clients[:number])]

    def _last_about(self, clients: set[Client]) -> int | None:
        """The place, among the sent frames, of the last one about any of them."""
        about = [number for number, place in enumerate(self._sent) if self._about(place) & clients]
        return about[-1] if about else None

    def _by_client(self) -> Iterator[list[int]]:
        """The places of each client's frames; those that are about nobody alone."""
        groups: dict[object, list[int]] = {}
        for place in self._sent:
            groups.setdefault(min(self._about(place), default=place), []).append(place)
        yield from groups.values()

    def _does_show(self, kept: Sequence[int]) -> bool:
        return self._shows(self._only(kept))

    def _only(self, kept: Sequence[int]) -> Recipe:
        return without(self._recipe, set(self._sent) - set(kept))

    def _about(self, place: int) -> set[Client]:
        seconds, _, lan, octets = self._recipe.steps[place]
        frame = Frame(LANS[lan], Direction.SENT, seconds, octets, self._recipe.setup["ether_type"])
        return clients_in(frame, self._trials.target)
