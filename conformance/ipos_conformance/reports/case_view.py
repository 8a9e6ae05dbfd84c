"""A case as a report shows it: what was sent, what was due, what came, when, and what to do next."""

import base64
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ipos_conformance.findings.evidence import Evidence, Part
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reports.captures import capture, file_name
from ipos_conformance.reports.frame_view import FrameView, frame_view
from ipos_conformance.reproducer.recipe import NotExpressible, recipe
from ipos_conformance.verdicts import Verdict

_MOST_STIMULI = 3
_MOST_CAME = 2
_MOST_MOMENTS = 150
_LARGEST_CAPTURE = 1 << 20
"""Octets of a capture that still goes into the report."""


@dataclass(frozen=True)
class Shown:
    """A frame spelled out. changed: in words, empty if it is a valid one, or was not sent by us."""

    number: int
    meaning: str
    changed: tuple[str, ...]
    frame: FrameView


@dataclass(frozen=True)
class Moment:
    """A row of the timeline. at: milliseconds since the first frame; first, second: arrows in the lanes of the LANs."""

    number: int
    at: str
    first: str
    second: str
    meaning: str
    part: str
    changed: bool
    wrong: bool


@dataclass(frozen=True)
class Compared:
    """Where one exact frame was due: that frame, and the one that came. first: the first field that differs."""

    expected: FrameView
    actual: FrameView
    first: str


@dataclass(frozen=True)
class CaseView:
    """All of it. anchor: its id in the page."""

    case: CaseResult
    anchor: str
    matters: str
    stimuli: tuple[Shown, ...]
    more_stimuli: int
    came: tuple[Shown, ...]
    compared: Compared | None
    moments: tuple[Moment, ...]
    more_moments: int
    replay: str
    capture: str
    capture_name: str
    reproducer: str
    next_steps: tuple[str, ...]


def case_view(case: CaseResult, results: Results) -> CaseView:
    """The view of a case that did not simply pass."""
    stimuli = _stimuli(case)
    moments = tuple(_moments(case))
    matters = {statement.id: statement.matters for statement in results.requirements}
    return CaseView(
        case=case,
        anchor=anchor(case),
        matters=matters.get(case.requirement, ""),
        stimuli=tuple(_shown(number, frame, results.target.ether_type) for number, frame in stimuli[:_MOST_STIMULI]),
        more_stimuli=max(len(stimuli) - _MOST_STIMULI, 0),
        came=tuple(_shown(number, frame, results.target.ether_type) for number, frame in _came(case)),
        compared=_compared(case, results.target.ether_type),
        moments=moments[:_MOST_MOMENTS],
        more_moments=max(len(moments) - _MOST_MOMENTS, 0),
        replay=replay_command(case, results),
        capture=_capture(case),
        capture_name=file_name(case.id).replace("/", "_"),
        reproducer=_reproducer(case, results),
        next_steps=tuple(_next_steps(case)),
    )


def anchor(case: CaseResult) -> str:
    """The id of a case's article in the page."""
    return f"case-{case.id}"


def replay_command(case: CaseResult, results: Results) -> str:
    """The command that runs this case again, with the same octets."""
    target = results.target
    words = ["ipos-conformance", "run", *([target.file] if target.file else []), case.id, "--seed", str(results.seed)]
    if target.launch:
        words += ["--launch", " ".join(map(_quoted, target.launch))]
    return shlex.join(words)


def _quoted(word: str) -> str:
    """For the shell, but without quotes around the braces of a placeholder, which it leaves alone."""
    return word if re.fullmatch(r"[\w{}@%+=:,./-]+", word) else shlex.quote(word)


def _stimuli(case: CaseResult) -> list[tuple[int, Evidence]]:
    """The frames in which something was changed; where none was, the first that the case sent."""
    sent = [
        (number, frame)
        for number, frame in enumerate(case.frames, start=1)
        if frame.direction is Direction.SENT and frame.part is Part.CASE
    ]
    return [(number, frame) for number, frame in sent if frame.changes] or sent[:1]


def _came(case: CaseResult) -> list[tuple[int, Evidence]]:
    """The frames that came instead of what was due, where they are not compared with it anyway."""
    if case.comparison is not None:
        return []
    return [(number, frame) for number, frame in enumerate(case.frames, start=1) if _is_wrong(frame, case)][:_MOST_CAME]


def _is_wrong(frame: Evidence, case: CaseResult) -> bool:
    return frame.direction is Direction.RECEIVED and any(frame.meaning in text for text in case.actual)


def _shown(number: int, frame: Evidence, ether_type: int) -> Shown:
    changed = tuple(
        f"{change.field}: {change.value or 'cut off'}" + (f", usually {change.usual}" if change.usual else "")
        for change in frame.changes
    )
    return Shown(number, frame.meaning, changed, frame_view(bytes.fromhex(frame.octets), frame.changes, ether_type))


def _compared(case: CaseResult, ether_type: int) -> Compared | None:
    if case.comparison is None:
        return None
    return Compared(
        frame_view(bytes.fromhex(case.comparison.expected), (), ether_type),
        frame_view(bytes.fromhex(case.comparison.actual), case.comparison.changes, ether_type),
        case.comparison.changes[0].field if case.comparison.changes else "",
    )


def _moments(case: CaseResult) -> Iterator[Moment]:
    """In the order of time; the suite's own clock and the kernel's are one."""
    numbered = sorted(enumerate(case.frames, start=1), key=lambda item: item[1].time)
    begin = numbered[0][1].time if numbered else 0.0
    for number, frame in numbered:
        arrow = "→" if frame.direction is Direction.SENT else "←"
        yield Moment(
            number=number,
            at=f"{(frame.time - begin) * 1000:.3f}",
            first=arrow if frame.lan is Lan.FIRST else "",
            second=arrow if frame.lan is Lan.SECOND else "",
            meaning=frame.meaning.removeprefix(f"{frame.lan}, "),
            part=frame.part,
            changed=bool(frame.changes),
            wrong=_is_wrong(frame, case),
        )


def _capture(case: CaseResult) -> str:
    octets = capture(case) if case.frames else b""
    if not octets or len(octets) > _LARGEST_CAPTURE:
        return ""
    return f"data:application/octet-stream;base64,{base64.b64encode(octets).decode('ascii')}"


def _reproducer(case: CaseResult, results: Results) -> str:
    """Where its script is, or why there is none; empty if it is no failure."""
    if case.verdict not in (Verdict.FAIL, Verdict.WARN, Verdict.XFAIL) or not case.frames:
        return ""
    try:
        recipe(case, results)
    except NotExpressible as reason:
        return f"none: {reason}"
    return f"reproducers/{case.id}.py, which needs nothing but Python"


def _next_steps(case: CaseResult) -> Sequence[str]:
    look = "Open the capture in Wireshark with the dissector that ipos-spec export wireshark writes."
    match case.verdict:
        case Verdict.FAIL | Verdict.XPASS | Verdict.WARN:
            return (
                "Run the case again by itself.",
                f"The other cases of {case.requirement} show whether it is one value or the whole requirement.",
                look,
            )
        case Verdict.INCONCLUSIVE if case.health:
            return ("Mend the bench first: what is listed under its health is ours, not the target's.",)
        case Verdict.INCONCLUSIVE:
            return ("See whether the target still answers: run NBR-1, ORG-1 and TGT-1 alone.", look)
        case Verdict.ERROR:
            return ("This is a fault of the suite itself, and says nothing about the target: please report it.",)
        case Verdict.SKIP:
            return ("Nothing was tested. Where a timer is too long, let the target run with scaled timers (TIM-1).",)
    return ()
