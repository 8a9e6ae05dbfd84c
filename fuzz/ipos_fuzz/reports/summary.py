"""Findings and the end of a campaign as lines for a terminal; `ipos-fuzz report` prints the same again."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.frames import Direction, Lan
from ipos_conformance.reports.terminal import printable
from ipos_conformance.verdicts import ExitCode
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ipos_fuzz.campaign.outcome import counted
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.reports.account import Account
from ipos_fuzz.reports.finding_view import commands
from ipos_fuzz.reports.words import clock, proved

_MOST_FRAMES = 12
"""Lines in which the frames of a finding are told."""
_MOST_FINDINGS = 20
"""So many findings have a line in the summary."""
_INDENT = 7
"""Columns before what is said of a finding."""
_STYLES = {ExitCode.CONFORMANT: "bold green", ExitCode.NOT_CONFORMANT: "bold red"}


def say(console: Console, line: Text, indent: int = 0) -> None:
    """A sentence: a terminal's lines end between words, elsewhere it stays one line, for grep."""
    if console.is_terminal:
        console.print(Padding(line, (0, 0, 0, indent), expand=False), highlight=False)
    else:
        say_whole(console, Text(" " * indent) + line)


def say_whole(console: Console, line: Text) -> None:
    """What is to be copied, a command for one: nothing is put into it at a line's end."""
    console.print(line, soft_wrap=True, highlight=False)


def say_finding(console: Console, finding: Finding) -> None:
    """A finding: what it is, how well it is proved, its packets; a packet has one line of a terminal at most."""
    say(console, Text(f"FOUND  {printable(finding.signature)}", "bold red"))
    say(console, Text(printable(finding.what)), _INDENT)
    if finding.requirement:
        say(console, Text(f"{finding.requirement}: {finding.sentence}", "dim"), _INDENT)
    say(console, Text(f"{proved(finding)}; {clock(finding.after_seconds)} into the run"), _INDENT)
    for line in _frames(finding.frames, finding.wrong):
        if console.is_terminal:
            console.print(line, no_wrap=True, overflow="ellipsis", highlight=False)
        else:
            say_whole(console, line)


def _frames(frames: Sequence[Evidence], wrong: str) -> Iterator[Text]:
    """Arrows stand in two columns, one for each LAN."""
    head = frames if len(frames) <= _MOST_FRAMES else frames[: _MOST_FRAMES // 2]
    tail = frames[len(head) :][-(_MOST_FRAMES - len(head) - 1) :] if len(head) < len(frames) else ()
    for number, one in zip(count(1), head, strict=False):
        yield _frame(number, one, wrong)
    if tail:
        yield Text(f"{'':{_INDENT}}     ... {len(frames) - len(head) - len(tail)} more", "dim")
    for number, one in zip(count(len(frames) - len(tail) + 1), tail, strict=False):
        yield _frame(number, one, wrong)


def _frame(number: int, frame: Evidence, wrong: str) -> Text:
    arrow = "->" if frame.direction is Direction.SENT else "<-"
    first, second = (arrow, "  ") if frame.lan is Lan.FIRST else ("  ", arrow)
    meaning = printable(frame.meaning.removeprefix(f"{frame.lan}, "))
    return Text(f"{'':{_INDENT}}{number:>3}  {first} {second}  {meaning}", "bold red" if frame.meaning == wrong else "")


def say_summary(console: Console, account: Account, page: Path) -> None:
    """The end: figures, findings, one sentence, and what to do next. page: where the report was written."""
    for line in (*_figures(account), *_listed(account)):
        say(console, line)
    found = account.outcome
    say(console, Text(printable(found.sentence), _STYLES.get(found.exit_status, "bold yellow")))
    for label, text in _next(account, page):
        say_whole(console, Text(f"{label + ':':<19} {text}"))


def _figures(account: Account) -> Iterator[Text]:
    record = account.record
    sources = ", ".join(f"{count:,} {name}" for name, count in sorted(record.cases.items()) if count)
    yield Text(
        f"{counted(record.all_cases, 'case')}{f' ({sources})' if sources else ''}, {counted(record.frames, 'frame')} "
        f"in {clock(record.seconds)}, {account.rate:,.0f} cases/s"
    )
    yield Text(
        f"{counted(record.losses, 'liveness loss', 'liveness losses')}, {counted(record.resets, 'set-up')}, "
        f"{100 * record.coverage.share_of_events:.0f} % of states x events, "
        f"{len(record.coverage.operators):,} operators x fields"
    )
    for trouble, times in record.troubles.items():
        yield Text(f"our own bench, {counted(times, 'time')}: {printable(trouble)}", "yellow")
    for signature, doubt in record.doubts.items():
        text = f"doubt, seen {counted(doubt.count, 'time')}, not shown again: {signature}: {doubt.what}"
        yield Text(printable(text), "yellow")
    if record.ended not in ("", "time", "cases", "findings"):
        yield Text(printable(f"ended: {record.ended}"), "yellow")


def _listed(account: Account) -> Iterator[Text]:
    for finding in account.findings[:_MOST_FINDINGS]:
        yield Text(printable(f"  {finding.slug}: {proved(finding)}"), "red")
    more = len(account.findings) - _MOST_FINDINGS
    if more > 0:
        yield Text(f"  and {counted(more, 'more finding')}", "red")


def _next(account: Account, page: Path) -> Iterator[tuple[str, str]]:
    yield "report", str(page)
    if account.findings:
        yield from commands(account.findings[0], account.folder)
