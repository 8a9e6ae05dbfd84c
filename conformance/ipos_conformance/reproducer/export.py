"""A failure to hand to somebody who has not the suite: script, captures, and a page that says what to do with them."""

import contextlib
import io
import textwrap
from collections.abc import Iterator
from pathlib import Path

from ipos_spec.captures import CaptureWriter

from ipos_conformance.errors import BenchError
from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reports.captures import capture
from ipos_conformance.reproducer.recipe import NotExpressible, Recipe, recipe
from ipos_conformance.reproducer.script import script
from ipos_conformance.verdicts import Verdict

SCRIPT, CAPTURE, PAGE = "reproduce.py", "case.pcapng", "README.md"
_SENT = {Lan.FIRST: "sent-first-lan.pcapng", Lan.SECOND: "sent-second-lan.pcapng"}
_SCRIPT_SAYS = """\
It needs Python's standard library alone, and both LANs of the router on these two interfaces. It prints REPRODUCED
(exit status 1), NOT REPRODUCED (0) or NO ANSWER (3). A router that still remembers the connection from the last time
may answer otherwise: restart it, or wait some seconds (TGT-4 makes it remember for 5 s).
"""
_REPLAY_LACKS = """\
Two LANs are not kept in order by that, and numbers that the router chose (its sequence numbers, timestamps, what an
acknowledgement's checksum covers) are those of the recorded run: the script does better.
"""
_FAILURES = (Verdict.FAIL, Verdict.WARN, Verdict.XFAIL)


def write_scripts(run: Results, folder: Path) -> int:
    """Write the script of each failure that can be expressed, under the case's id; how many there are."""
    written = 0
    for name, text in scripts(run):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written += 1
    return written


def scripts(run: Results) -> Iterator[tuple[str, str]]:
    """Name and text of the script of each failure that can be expressed."""
    for case in run.cases:
        if case.verdict in _FAILURES and case.frames:
            with contextlib.suppress(NotExpressible):
                yield f"{case.id}.py", script(case, recipe(case, run), f"{case.id.rpartition('/')[2]}.py")


def export(case: CaseResult, run: Results, folder: Path) -> str:
    """Write everything into a folder. Why there is no script, or empty. Raises BenchError, NotExpressible.

    Only a failure has something to show; of one that the script can't express, captures and page are there.
    """
    if case.verdict not in _FAILURES:
        raise NotExpressible(f"{case.id}: {case.verdict}, expected a failure")
    if not case.frames:
        raise NotExpressible(f"{case.id}: its frames were not kept; run it again without --captures none")
    made, reason = None, ""
    try:
        made = recipe(case, run)
    except NotExpressible as error:
        reason = str(error)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CAPTURE).write_bytes(capture(case))
        sent = {lan: [frame for frame in case.frames if _is_sent(frame, lan)] for lan in Lan}
        for lan, frames in sent.items():
            if frames:
                (folder / _SENT[lan]).write_bytes(_sent_capture(frames))
        (folder / SCRIPT).unlink(missing_ok=True)
        if made is not None:
            (folder / SCRIPT).write_text(script(case, made, SCRIPT), encoding="utf-8")
        (folder / PAGE).write_text("\n".join(_page(case, run, made, reason)), encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{error.filename}: {error.strerror}, expected a folder that can be written") from error
    return reason


def _is_sent(frame: Evidence, lan: Lan) -> bool:
    return frame.lan == lan and frame.direction == Direction.SENT


def _sent_capture(frames: list[Evidence]) -> bytes:
    """What the suite sent on one LAN, for tcpreplay."""
    file = io.BytesIO()
    lan = frames[0].lan
    writer = CaptureWriter(file, interfaces=[lan])
    for frame in frames:
        writer.write(lan, round(frame.time * 1e9), bytes.fromhex(frame.octets))
    return file.getvalue()


def _page(case: CaseResult, run: Results, made: Recipe | None, reason: str) -> Iterator[str]:
    interface = {setting.key: setting.value for setting in run.settings}
    first, second = (interface.get(f"{lan}_lan.interface", f"{lan.upper()}_LAN") for lan in ("first", "second"))
    yield f"# {case.id}\n"
    yield f"{case.verdict} of {run.target.name} {run.target.firmware}".rstrip() + f", {run.started}.\n"
    yield textwrap.fill(f"{case.requirement} {case.level}: {case.sentence}", 120) + "\n"
    yield textwrap.fill(f"The case: {case.shows}", 120) + "\n"
    yield from (f"- {'or' if number else 'expected'}: {outcome}" for number, outcome in enumerate(case.expected))
    yield from (f"- got: {what}" for what in case.actual)
    yield "\n## See it again\n"
    if made is None:
        yield f"There is no script: {reason}. With the suite: `ipos-conformance replay {case.id}`.\n"
    else:
        yield f"    sudo python3 {SCRIPT} {first} {second}\n"
        yield _SCRIPT_SAYS
    yield f"`{CAPTURE}` holds all frames of both LANs. What the suite sent, without adapting anything:\n"
    sent = [(lan, name) for lan, name in zip(Lan, (first, second), strict=True) if _has_sent(case, lan)]
    yield from (f"    tcpreplay --intf1={name} {_SENT[lan]}" for lan, name in sent)
    yield ""
    if len(sent) > 1:
        yield _REPLAY_LACKS


def _has_sent(case: CaseResult, lan: Lan) -> bool:
    return any(_is_sent(frame, lan) for frame in case.frames)
