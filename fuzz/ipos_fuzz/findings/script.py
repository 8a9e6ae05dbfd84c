"""A finding as one Python file of the standard library: the suite's reproducer, with what a dead target is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ipos_conformance.findings.evidence import Evidence, Part
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reproducer.recipe import LANS, NotExpressible, Recipe, recipe, steps
from ipos_conformance.reproducer.script import script as text_of

NAME = "reproduce.py"
_DEAD = ("process", "liveness")
_UNSEEN = {"log": "what it printed", "resources": "how much memory and how many descriptors its processes have"}
_IPV4 = "0800"
_LONGEST_WAIT = 5.0


def script(case: CaseResult, run: Results, oracle: str, everything: Sequence[Evidence]) -> tuple[str, str]:
    """The file's text, and why it can't see the fault by itself: empty if it can.

    case        of the frames that show the fault; for a bystander's fault those of the bystander, too
    everything  all that passed in the try that showed it: barriers are in it, by which a target is asked
    """
    if oracle in _DEAD:
        made = steps(case, run)
        made.setup["probes"] = _probes(everything)
        made.setup["waits"] = _waits(case.frames, everything)
        return text_of(case, replace(made, compares="dead"), NAME), ""
    if oracle in _UNSEEN:
        made = steps(case, run)
        made.setup["look"] = _UNSEEN[oracle]
        return text_of(case, replace(made, compares="sent"), NAME), f"nothing shows outside but {_UNSEEN[oracle]}"
    try:
        return text_of(case, _judging(case, run, oracle), NAME), ""
    except NotExpressible as error:
        made = steps(case, run)
        made.setup["look"] = "what came"
        return text_of(case, replace(made, compares="sent"), NAME), str(error)


def _judging(case: CaseResult, run: Results, oracle: str) -> Recipe:
    return replace(steps(case, run), compares="data") if oracle == "bystander" else recipe(case, run)


def _waits(frames: Sequence[Evidence], everything: Sequence[Evidence]) -> float:
    """Seconds that passed behind the last frame of the proof: a target may die of it only a while later."""
    end = max((one.time for one in everything), default=0.0)
    last = max((one.time for one in frames), default=end)
    return round(min(max(end - last, 0.0), _LONGEST_WAIT), 3)


def _probes(everything: Sequence[Evidence]) -> dict[str, list[Any]]:
    """One barrier on each LAN, of those that were answered: what is sent, and octets that only its answer has."""
    found: dict[Lan, list[Any]] = {}
    for one in everything:
        if one.part is Part.PROBE and one.direction is Direction.SENT and one.lan not in found:
            key = _key(bytes.fromhex(one.octets))
            if key and _is_answered(key, one.lan, everything):
                found[one.lan] = [LANS.index(one.lan), one.octets, key]
    probes = list(found.values())
    return {"before": probes, "after": probes}


def _key(octets: bytes) -> str:
    """Of a SYN: the client's address, and both ports as its answer has them. Of a connection packet: its client."""
    if octets[12:14].hex() == _IPV4:
        return (octets[26:30] + octets[36:38] + octets[34:36]).hex()
    return octets[14:20].hex()


def _is_answered(key: str, lan: Lan, everything: Sequence[Evidence]) -> bool:
    return any(key in one.octets for one in _received(everything, lan))


def _received(everything: Sequence[Evidence], lan: Lan) -> Iterator[Evidence]:
    return (one for one in everything if one.direction is Direction.RECEIVED and one.lan is lan)
