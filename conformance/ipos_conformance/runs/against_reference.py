"""The same case with the same octets against the packaged reference router: the first frame that is another."""

from collections.abc import Iterator
from itertools import zip_longest

from ipos_conformance.findings.differences import differences, in_words
from ipos_conformance.findings.evidence import Evidence, Part
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reproducer.facts import View
from ipos_conformance.reproducer.recipe import LANS, surroundings

_OWN_CHOICE = (
    "sequence",
    "header_checksum",
    "tcp.checksum",
    "identification",
    "tcp.options",
    "window",
    "ts_now",
    "iss",
    "snd_una",
    "snd_nxt",
    "snd_up",
    "snd_max",
    "snd_wl2",
)
"""Ends of the names of fields that each router chooses for itself, or that follow from these."""


def first_difference(case: CaseResult, run: Results, right: CaseResult, right_run: Results) -> Iterator[str]:
    """The first received frame that is another one, and its fields; or that there is none. In lines."""
    pairs = zip_longest(_said(case, run), _said(right, right_run), fillvalue=None)
    for number, (found, expected) in enumerate(pairs, start=1):
        if found is not None and expected is not None and found[0] == expected[0]:
            continue
        yield f"answer {number} is the first that differs from the reference router's ({right.verdict})"
        yield f"target:    {found[1].meaning if found else 'nothing more'}"
        yield f"reference: {expected[1].meaning if expected else 'nothing more'}"
        if found is not None and expected is not None:
            yield from _fields(expected[1], found[1], run.target.ether_type)
        return
    yield f"every answer is the reference router's, too ({right.verdict}); what differs is when, or how often"


def _said(case: CaseResult, run: Results) -> list[tuple[str, Evidence]]:
    """What the router said about the case, with its own choices blanked, in order."""
    view = View(surroundings(case, run))
    found = []
    for frame in case.frames:
        if frame.direction is Direction.RECEIVED and frame.part is Part.CASE:
            fact = view.take(LANS.index(Lan(frame.lan)), bytes.fromhex(frame.octets))
            if fact is not None:
                found.append((fact, frame))
    return found


def _fields(expected: Evidence, found: Evidence, ether_type: int) -> Iterator[str]:
    all_of_them = differences(bytes.fromhex(expected.octets), bytes.fromhex(found.octets), ether_type)
    told = [one for one in all_of_them if not one.path.endswith(_OWN_CHOICE)]
    if told:
        yield f"field:     {in_words(told[:1])}"
        yield from (f"           {in_words([one])}" for one in told[1:])
