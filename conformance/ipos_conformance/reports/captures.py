"""The frames of a case as a capture: both LANs as interfaces, and what was meant beside each frame.

tshark -X lua_script:ipos.lua -r captures/checksum/....pcapng        # ipos.lua: ipos-spec export wireshark
"""

import functools
import io
from collections.abc import Iterator
from pathlib import Path

from ipos_spec.captures import CaptureWriter
from ipos_spec.captures import Direction as Way

from ipos_conformance.findings.evidence import Change, Evidence
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan

_WAYS = {Direction.SENT: Way.OUTBOUND, Direction.RECEIVED: Way.INBOUND}
_LONGEST = 8000
"""Octets of a comment before it is cut: Wireshark shows them in one line."""


@functools.lru_cache(maxsize=1024)
def capture(case: CaseResult) -> bytes:
    """A pcapng file of the case's frames. Remembered, because report and bundle hold what is in the folder, too."""
    file = io.BytesIO()
    writer = CaptureWriter(file, interfaces=list(Lan), comments=[_cut("\n".join(_about(case)))])
    headline = f"{case.requirement} {case.level} ({case.role or 'any'}), {case.id}: {case.verdict}"
    for frame in case.frames:
        writer.write(
            frame.lan,
            round(frame.time * 1e9),
            bytes.fromhex(frame.octets),
            comments=[_cut("\n".join((headline, *_about_frame(frame, case))))],
            direction=_WAYS[frame.direction],
        )
    return file.getvalue()


def file_name(case_id: str) -> str:
    """Of a case's capture, in the folder of all captures; a case id is a path already."""
    return f"{case_id}.pcapng"


def write_all(results: Results, folder: Path) -> int:
    """Write a capture for each case that has frames; how many there are."""
    kept = [case for case in results.cases if case.frames]
    for case in kept:
        file = folder / file_name(case.id)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(capture(case))
    return len(kept)


def in_words(changes: tuple[Change, ...]) -> str:
    """What was changed in a frame, in one line."""
    return "; ".join(_change_in_words(change) for change in changes)


def _about(case: CaseResult) -> Iterator[str]:
    yield f"{case.id}: {case.verdict}"
    yield f"{case.requirement} {case.level} ({case.role or 'any'}): {case.sentence}"
    yield f"Case: {case.shows}"
    for number, outcome in enumerate(case.expected):
        yield f"{'or' if number else 'Expected'}: {outcome}"
    for number, what in enumerate(case.actual):
        yield f"{'and' if number else 'Got'}: {what}"
    if case.reason:
        yield f"Because: {case.reason}"


def _about_frame(frame: Evidence, case: CaseResult) -> Iterator[str]:
    if frame.changes:
        yield f"changed: {in_words(frame.changes)}"
    if frame.direction is Direction.RECEIVED and any(frame.meaning in what for what in case.actual):
        yield f"came instead of: {' or '.join(case.expected)}"


def _change_in_words(change: Change) -> str:
    if not change.size:
        return f"{change.field} missing ({change.usual})"
    return f"{change.field} {change.value}" + (f", not {change.usual}" if change.usual else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
