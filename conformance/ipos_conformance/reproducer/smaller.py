"""What is left of a failure, as a case of a results file: the frames as they passed in the last try."""

from ipos_conformance.findings.evidence import Change, Evidence
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.frames import Direction, Frame, describe
from ipos_conformance.reproducer.facts import View
from ipos_conformance.reproducer.minimising import Smaller
from ipos_conformance.reproducer.player import Player
from ipos_conformance.reproducer.recipe import LANS


def smaller_case(case: CaseResult, found: Smaller, last: Player) -> CaseResult:
    """The case with what is left of its frames. last: what played them for the last time."""
    recipe, view, now = found.recipe, View(found.recipe.setup), View(found.recipe.setup)
    facts = [view.take(lan, octets) if direction == "received" else None for _, direction, lan, octets in recipe.steps]
    wrong = {facts[place] for place in recipe.decisive}
    changes = {octets: _changes(case, octets) for _, direction, _, octets in recipe.steps if direction == "sent"}
    frames, actual = [], []
    for seconds, direction, lan, octets in last.log:
        frame = Frame(LANS[lan], Direction(direction), seconds, octets, recipe.setup["ether_type"])
        meaning = describe(frame)
        if direction == "received" and now.take(lan, octets) in wrong:
            actual.append(meaning)
        frames.append(
            Evidence(
                lan=frame.lan,
                direction=frame.direction,
                time=round(seconds, 9),
                octets=octets.hex(),
                meaning=meaning,
                changes=changes.get(octets, ()),
            )
        )
    return case.model_copy(update={"frames": tuple(frames), "actual": tuple(actual) or case.actual, "comparison": None})


def _changes(case: CaseResult, octets: bytes) -> tuple[Change, ...]:
    """What is still not as usual in a frame that was sent then, perhaps with other octets in some fields."""
    for frame in case.frames:
        then = bytes.fromhex(frame.octets)
        if frame.changes and len(then) == len(octets) and then[:12] == octets[:12]:
            left = tuple(
                change
                for change in frame.changes
                if octets[change.offset : change.offset + change.size].hex() != change.usual_octets
            )
            same = all(
                then[at] == octets[at] or any(one.offset <= at < one.offset + one.size for one in frame.changes)
                for at in range(len(then))
            )
            if same:
                return left
    return ()
