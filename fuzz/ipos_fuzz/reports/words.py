"""Phrases that terminal and page share."""

from collections.abc import Sequence

from ipos_fuzz.campaign.outcome import counted
from ipos_fuzz.findings.finding import Finding

_STORY = 12
"""So many events or operators of a story are told."""


def clock(seconds: float) -> str:
    """A duration for a person."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"


def proved(finding: Finding) -> str:
    """How well a finding is shown again, and by how little."""
    proof = finding.proof
    if not proof.confirmed:
        return proof.in_words
    flaky = ", so it is flaky" if proof.is_flaky else ""
    return f"{proof.in_words} by {counted(finding.packets, 'packet')}{flaky}"


def told(story: Sequence[str]) -> str:
    """What led to a finding, the end of it if it is long."""
    before = len(story) - _STORY
    last = ", ".join(story[-_STORY:])
    return f"{counted(before, 'other')} and then {last}" if before > 0 else last


def compact(number: int) -> str:
    """A number in four characters at most: 999, 1.2k, 12k, 9M."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            whole = number / size
            return f"{whole:.1f}{unit}" if whole < 9.95 else f"{whole:.0f}{unit}"
    return str(number)
