"""What a person sees while a campaign runs, and what a program reads instead."""

import json
import time
from collections.abc import Iterator

from ipos_conformance.frames import Direction
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ipos_fuzz.campaign.events import Doubted, Event, Finished, Found, Progressed, Reset, Started, Suspected
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.findings.finding import Finding

_REDRAWN_EVERY = 0.2
_LINE_EVERY = 10.0
"""Seconds between two lines of progress where nobody can watch it being redrawn."""


class Terminal:
    """A listener.

    quiet        findings and the end alone
    as_document  an object a line on standard output instead
    """

    def __init__(self, console: Console, *, quiet: bool = False, as_document: bool = False) -> None:
        self._console, self._quiet, self._as_document = console, quiet, as_document
        live = console.is_terminal and not quiet and not as_document
        self._live = Live(console=console, auto_refresh=False, transient=True) if live else None
        self._started: Started | None = None
        self._now = ""
        self._drawn = 0.0
        if self._live is not None:
            self._live.start()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if self._as_document:
            self._print_object(event)
            return
        match event:
            case Started():
                self._start(event)
            case Progressed():
                self._progress(event)
            case Suspected():
                self._now = f"proving: {event.signature}"
                self._say(Text(f"  suspected  {event.signature}: {event.what}", style="yellow"), always=False)
            case Found():
                self._now = ""
                self._found(event)
            case Doubted():
                self._now = ""
                self._say(Text(f"  doubtful   {event.signature}: {event.what}; it did not show again"), always=False)
            case Reset():
                self._say(Text(f"  reset      {event.why}", style="dim"), always=False)
            case Finished():
                self._finish(event)

    def _start(self, event: Started) -> None:
        self._started = event
        record = event.record
        how = "goes on" if event.resumed else "begins"
        without = f"; not asked: {', '.join(event.unasked)}" if event.unasked else ""
        self._say(Text(f"{record.target}: the campaign {how}, seed {record.seed}{without}"), always=False)

    def _progress(self, event: Progressed) -> None:
        now = time.monotonic()
        if self._live is not None and now - self._drawn > _REDRAWN_EVERY:
            self._drawn = now
            self._live.update(self._table(event), refresh=True)
        elif self._live is None and now - self._drawn > _LINE_EVERY:
            self._drawn = now
            self._say(Text(", ".join(f"{value} {name}" for name, value in self._figures(event))), always=False)

    def _figures(self, event: Progressed) -> Iterator[tuple[str, str]]:
        record = event.record
        yield "cases", f"{record.all_cases:,}"
        yield "cases/s", f"{event.rate:,.0f}"
        yield "frames", f"{record.frames:,}"
        yield "findings", str(event.findings)
        yield "liveness losses", str(record.losses)
        yield "resets", str(record.resets)
        yield "% of states x events", f"{100 * record.coverage.share_of_events:.0f}"
        yield "operators x fields", str(len(record.coverage.operators))
        left = self._left(event)
        if left:
            yield "left", left

    def _left(self, event: Progressed) -> str:
        started = self._started
        if started is None:
            return ""
        if started.seconds is not None:
            return clock(max(started.seconds - event.elapsed, 0))
        return "no end"

    def _table(self, event: Progressed) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, value in self._figures(event):
            table.add_row(Text(value, justify="right", style="bold"), name)
        if self._now:
            table.add_row("", Text(self._now, style="yellow"))
        return table

    def _found(self, event: Found) -> None:
        for line in finding_lines(event.finding):
            self._say(line, always=True)
        if event.trouble:
            self._say(Text(f"  not written yet: {event.trouble}", style="red"), always=True)

    def _finish(self, event: Finished) -> None:
        self.close()
        for line in summary_lines(event):
            self._console.print(line, soft_wrap=True)

    def _say(self, text: Text, *, always: bool) -> None:
        if always or not self._quiet:
            self._console.print(text, soft_wrap=True)

    def _print_object(self, event: Event) -> None:
        document = as_document(event)
        if document:
            print(json.dumps(document), flush=True)  # noqa: T201 - the command's output


def finding_lines(finding: Finding) -> Iterator[Text]:
    """A finding for a terminal: what it is, how well it is proved, its packets."""
    yield Text(f"FOUND  {finding.signature}", style="bold red")
    yield Text(f"       {finding.what}")
    if finding.requirement:
        yield Text(f"       {finding.requirement}: {finding.sentence}", style="dim")
    proof = finding.proof
    yield Text(f"       {proof.in_words}, {finding.packets} packets; after {clock(finding.after_seconds)}")
    for frame in finding.frames[:12]:
        arrow = ">" if frame.direction is Direction.SENT else "<"
        yield Text(f"       {arrow} {frame.meaning}")


def summary_lines(event: Finished) -> Iterator[Text]:
    """The end: figures, and what to do next."""
    record = event.record
    sources = ", ".join(f"{count:,} {name}" for name, count in sorted(record.cases.items()))
    yield Text(f"{record.all_cases:,} cases ({sources}), {record.frames:,} frames in {clock(record.seconds)}")
    yield Text(
        f"{record.losses} liveness losses, {record.resets} set-ups; "
        f"{100 * record.coverage.share_of_events:.0f} % of states x events"
    )
    for trouble, count in record.troubles.items():
        yield Text(f"our own bench, {count} times: {trouble}", style="yellow")
    for signature, doubt in record.doubts.items():
        yield Text(f"doubtful, seen {doubt.count} times, not shown again: {signature}: {doubt.what}", style="yellow")
    if event.why not in ("time", "cases", "findings"):
        yield Text(f"ended: {event.why}", style="yellow")
    style = "bold red" if event.findings else "bold green"
    count = len({finding.slug for finding in event.findings})
    yield Text(f"{count} findings" if count else "nothing found", style=style)


def as_document(event: Event) -> dict[str, object] | None:
    """An event for another program; None for those that tell nothing new."""
    match event:
        case Started():
            return {
                "event": "started",
                "target": event.record.target,
                "seed": event.record.seed,
                "resumed": event.resumed,
                "unasked": event.unasked,
            }
        case Found():
            return {"event": "found", "finding": event.finding.model_dump(mode="json", exclude={"first", "settings"})}
        case Doubted():
            return {"event": "doubted", "signature": event.signature, "what": event.what}
        case Finished():
            return {"event": "finished", "why": event.why, **_totals(event.record), "findings": len(event.findings)}
    return None


def _totals(record: Record) -> dict[str, object]:
    return {
        "cases": record.cases,
        "frames": record.frames,
        "seconds": round(record.seconds, 3),
        "losses": record.losses,
        "resets": record.resets,
    }


def clock(seconds: float) -> str:
    """A duration for a person."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
