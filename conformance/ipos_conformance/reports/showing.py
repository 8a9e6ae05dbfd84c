"""A case of a results file in the terminal: what was sent and changed, what was due, what came, when, and what next."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from ipos_conformance.findings.evidence import Timing
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.reports.case_view import CaseView, Moment, Shown, case_view
from ipos_conformance.reports.frame_view import FieldRow, FrameView
from ipos_conformance.reports.terminal import colour_of, printable

_CHANGED = "bold yellow"
_WRONG = "bold red"
_INDENT = "    "
_ARROWS = {"→": "->", "←": "<-", "": "  "}


def show(case: CaseResult, run: Results, console: Console) -> None:
    """Everything that the results hold about one case."""
    view = case_view(case, run)
    summary(case, console, view.matters)
    for one in view.stimuli:
        stimulus(one, console)
    if view.more_stimuli:
        line(console, f"... and {view.more_stimuli} more changed frames, all in the capture")
    if view.compared is not None:
        heading(console, f"what came beside what was expected; the first difference is in {view.compared.first}")
        _frame(view.compared.actual, console)
    if view.moments:
        timeline(view, console)
    for step in view.next_steps:
        line(console, step)


def summary(case: CaseResult, console: Console, matters: str = "") -> None:
    """The case in a few lines: sentences, expectation, what came."""
    head = Text(str(case.verdict), style=colour_of(case.verdict))
    head.append(f" {case.requirement} {case.level}  ", style="default")
    head.append(case.id, style="bold")
    console.print(head, soft_wrap=True, highlight=False)
    for label, text in _about(case, matters):
        line(console, f"{label:<9} {text}")


def _about(case: CaseResult, matters: str) -> Iterator[tuple[str, str]]:
    yield "requires", case.sentence
    if matters:
        yield "matters", matters
    yield "case", case.shows
    yield from (("or" if number else "expected", text) for number, text in enumerate(case.expected))
    yield from (("and" if number else "got", text) for number, text in enumerate(case.actual))
    if case.reason:
        yield "because", case.reason
    yield from (("time", _timing(timing)) for timing in case.timings)
    yield from (("bench", text) for text in case.health)
    if case.attempts > 1:
        yield "attempts", f"{case.attempts}; the verdict is the last one's"


def _timing(timing: Timing) -> str:
    window = f"{timing.earliest:.6f} to {timing.latest:.6f} s"
    return f"{timing.what}: {timing.observed:.6f} s, window {window}, margin {timing.margin:.6f} s"


def stimulus(shown: Shown, console: Console) -> None:
    """A frame that was sent, with its fields and what was changed in them."""
    changed = f"; changed: {'; '.join(shown.changed)}" if shown.changed else ""
    heading(console, f"frame {shown.number}, sent: {shown.meaning}{changed}")
    _frame(shown.frame, console)


def _frame(frame: FrameView, console: Console) -> None:
    """Octets and fields; runs of fields that are zero, as most of a control block is, are told in one line."""
    for group in frame.groups:
        text = Text(f"{_INDENT}{group.offset}  ")
        for octet in group.octets:
            text.append(f"[{octet.text}]" if octet.changed else f" {octet.text} ", _CHANGED if octet.changed else "")
        console.print(text, highlight=False, soft_wrap=True)
    if frame.rest:
        line(console, f"... and {frame.rest} octets more, all in the capture")
    for dull, rows in groupby(frame.rows, key=_is_dull):
        fields = list(rows)
        if dull and len(fields) > 1:
            line(console, f"  {fields[0].offset:>5}  {fields[0].path} to {fields[-1].path}: zero")
            continue
        for row in fields:
            console.print(_field(row), highlight=False, soft_wrap=True)
    for change in frame.missing:
        console.print(Text(f"{_INDENT}* {'':>5}  {change.field}: missing, {change.usual}", _CHANGED), soft_wrap=True)


def _is_dull(row: FieldRow) -> bool:
    zero = not row.text.strip("0x.") and not row.text.startswith("'")
    return zero and not row.changed and not row.wrong and not row.usual


def _field(row: FieldRow) -> Text:
    mark = "*" if row.changed or row.usual else "!" if row.wrong else " "
    usual = f"   (usually {row.usual})" if row.usual else ""
    text = printable(f"{_INDENT}{mark} {row.offset:>5}  {row.path}: {row.text}{usual}")
    return Text(text, _CHANGED if mark == "*" else _WRONG if mark == "!" else "")


def timeline(view: CaseView, console: Console) -> None:
    """All frames in the order of their times, both LANs side by side."""
    heading(console, "milliseconds, first LAN, second LAN (-> sent, <- received)")
    for moment in view.moments:
        row = Text(f"{_INDENT}{moment.number:>4} {moment.at:>12}  {_ARROWS[moment.first]} {_ARROWS[moment.second]}  ")
        console.print(row + _words(moment), highlight=False, soft_wrap=True)
    if view.more_moments:
        line(console, f"... and {view.more_moments} frames more, all in the capture")


def _words(moment: Moment) -> Text:
    mark = "* " if moment.changed else "! " if moment.wrong else ""
    style = _CHANGED if moment.changed else _WRONG if moment.wrong else "dim" if moment.part != "case" else ""
    return Text(printable(f"{mark}{moment.meaning}"), style)


def heading(console: Console, text: str) -> None:
    """What follows, in a line of its own."""
    console.print()
    console.print(Text(printable(text), "bold"), highlight=False, soft_wrap=True)


def line(console: Console, text: str) -> None:
    """One line, indented, of a text that may come from outside."""
    console.print(Text(printable(f"{_INDENT}{text}")), highlight=False, soft_wrap=True)
