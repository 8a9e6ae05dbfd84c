"""What a person sees while a campaign runs, and what a program reads instead."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ipos_conformance.reports.terminal import printable
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ipos_fuzz.campaign.events import Doubted, Event, Finished, Found, Progressed, Reset, Started, Suspected, Tried
from ipos_fuzz.campaign.outcome import counted, distinct
from ipos_fuzz.reports import event_lines
from ipos_fuzz.reports.account import PAGE, Account
from ipos_fuzz.reports.summary import say, say_finding, say_summary
from ipos_fuzz.reports.words import clock

_REDRAWN_EVERY = 0.2
_A_FIGURE, _BESIDE = 36, 5
"""Columns that a figure needs with its name, and so many stand in a line at most."""
_LINE_EVERY = 10.0
"""Seconds between two lines of progress where nobody can watch it being redrawn."""


class Terminal:
    """A listener.

    folder       of the campaign
    quiet        findings and the end alone
    as_document  an object a line on standard output instead
    """

    def __init__(self, console: Console, folder: Path, *, quiet: bool = False, as_document: bool = False) -> None:
        self._console, self._folder, self._quiet, self._as_document = console, folder, quiet, as_document
        live = console.is_terminal and not quiet and not as_document
        self._live = Live(console=console, auto_refresh=False, transient=True) if live else None
        self._started: Started | None = None
        self._cases_before = 0
        self._latest: Progressed | None = None
        self._came = 0.0
        self._now = self._reset_for = ""
        self._drawn = 0.0
        if self._live is not None:
            self._live.start()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        try:
            self._print_line(event) if self._as_document else self._tell(event)
            (sys.stdout if self._as_document else self._console.file).flush()
        except (OSError, SystemExit):
            # Nobody reads, at which Rich wants to end the program, or the disk is full. Findings are in their folders,
            # and the verdict is in the exit status.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _tell(self, event: Event) -> None:
        match event:
            case Started():
                self._started, self._cases_before = event, event.record.all_cases
                how = "goes on" if event.resumed else "begins"
                without = f"; not asked: {', '.join(event.unasked)}" if event.unasked else ""
                self._say(f"{event.record.target}: the campaign {how}, seed {event.record.seed}{without}")
            case Progressed():
                self._latest, self._came, self._now = event, time.monotonic(), ""
                self._progress(event)
            case Suspected():
                self._say(f"  suspected  {event.signature}: {event.what}", "yellow")
                self._now = f"proving: {event.signature}"
                self._draw()
            case Tried():
                self._now = f"proving, try {event.tries}: {event.signature}"
                self._draw()
            case Found():
                say_finding(self._console, event.finding)
                if event.trouble:
                    say(self._console, Text(f"  not written yet: {printable(event.trouble)}", "red"))
            case Doubted():
                self._say(f"  doubtful   {event.signature}: {event.what}; it did not show again")
            case Reset() if event.why != self._reset_for:
                # A deadly fault is met again and again: the figures count that.
                self._reset_for = event.why
                self._say(f"  reset      {event.why}", "dim")
            case Finished():
                self.close()
                account = Account(self._folder, event.record, distinct(event.findings))
                say_summary(self._console, account, self._folder / PAGE)

    def _progress(self, event: Progressed) -> None:
        if self._live is not None and self._is_time(_REDRAWN_EVERY):
            self._draw()
        elif self._live is None and self._is_time(_LINE_EVERY):
            self._say(", ".join(f"{value} {name}" for name, value in self._figures(event)))

    def _is_time(self, every: float) -> bool:
        now = time.monotonic()
        if now - self._drawn < every:
            return False
        self._drawn = now
        return True

    def _figures(self, event: Progressed) -> Iterator[tuple[str, str]]:
        """What each is called, and its value."""
        record = event.record
        yield _called(record.all_cases, "case")
        yield "cases/s", f"{event.rate:,.0f}"
        yield _called(record.frames, "frame")
        yield _called(event.findings, "finding")
        yield _called(len(record.doubts), "doubt")
        yield _called(record.losses, "liveness loss", "liveness losses")
        yield _called(record.resets, "set-up")
        yield "% of states x events", f"{100 * record.coverage.share_of_events:.0f}"
        yield "operators x fields", f"{len(record.coverage.operators):,}"
        yield "left", self._left(event)

    def _left(self, event: Progressed) -> str:
        """Of the time; where a number of cases is wanted, at the rate of late, if that is less."""
        started = self._started
        if started is None:
            return ""
        ends = [] if started.seconds is None else [started.seconds - event.elapsed - (time.monotonic() - self._came)]
        if started.cases is not None and event.rate:
            ends.append((self._cases_before + started.cases - event.record.all_cases) / event.rate)
        return clock(max(min(ends), 0)) if ends else "no end"

    def _draw(self) -> None:
        if self._live is not None and self._latest is not None:
            self._live.update(self._table(self._latest), refresh=True)

    def _table(self, event: Progressed) -> Group:
        """Figures side by side as far as there is room, and what goes on."""
        figures, beside = list(self._figures(event)), max(min(self._console.width // _A_FIGURE, _BESIDE), 1)
        table = Table.grid(padding=(0, 1))
        for begin in range(0, len(figures), beside):
            row = figures[begin : begin + beside]
            table.add_row(
                *(cell for name, value in row for cell in (Text(value, "bold", justify="right"), f"{name}  "))
            )
        now = Text(printable(self._now), "yellow", no_wrap=True, overflow="ellipsis")
        return Group(table, now) if self._now else Group(table)

    def _say(self, text: str, style: str = "") -> None:
        if not self._quiet:
            say(self._console, Text(printable(text), style))

    def _print_line(self, event: Event) -> None:
        if isinstance(event, Progressed | Tried) and not self._is_time(_LINE_EVERY):
            return
        sys.stdout.write(event_lines.line(event) + "\n")


def _called(number: int, name: str, plural: str = "") -> tuple[str, str]:
    value, _, called = counted(number, name, plural).partition(" ")
    return called, value
