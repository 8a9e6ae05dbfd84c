"""What a person sees: progress while it runs, then failures, counts, one sentence."""

import os
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table

from ipos_conformance.findings.evidence import Part
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.reports.captures import in_words
from ipos_conformance.reports.progress import Progress
from ipos_conformance.runs.events import Event, RunFinished, RunStarted
from ipos_conformance.verdicts import Verdict

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.ERROR: "bold magenta",
    Verdict.XPASS: "bold red",
}
_SHOWN = (Verdict.FAIL, Verdict.XPASS, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.WARN)
_MOST_OF_A_KIND = 5
_DRAW_EVERY = 0.1


class Terminal:
    """Listener that draws progress while cases run, and the summary after the last one. quiet: one line only.

    It draws when it hears of something, and has no thread of its own, which would compete with the suite for its time.
    """

    def __init__(self, console: Console, *, quiet: bool = False, summary: bool = True) -> None:
        self._console = console
        self._quiet = quiet
        self._summary = summary
        self._progress = Progress()
        self._live: Live | None = None
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._progress.take(event)
        match event:
            case RunStarted() if self._console.is_terminal and not self._quiet:
                self._live = Live(console=self._console, auto_refresh=False, transient=True)
                self._live.start()
            case RunFinished(results):
                self.close()
                if self._summary:
                    self._print(results)
        self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if self._live is not None and now - self._drawn >= _DRAW_EVERY:
            self._drawn = now
            self._live.update(progress_lines(self._progress, self._console.width), refresh=True)

    def _print(self, results: Results) -> None:
        try:
            print_results(results, self._console, quiet=self._quiet)
            self._console.file.flush()
        except (OSError, SystemExit):
            # Nobody reads, at which Rich wants to end the program with status 1, or the disk is full. The verdict is in
            # the files and in the exit status.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def close(self) -> None:
        """Give the terminal back, also when the run is broken off."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def progress_lines(progress: Progress, width: int) -> Table:
    """Two lines: how far it is, with verdicts and times; and what runs now."""
    counts = " ".join(
        f"{progress.verdicts[verdict]} [{_COLOURS.get(verdict, 'dim')}]{verdict}[/]"
        for verdict in Verdict
        if progress.verdicts[verdict]
    )
    left = "" if progress.left is None else f", about {minutes(progress.left)} left"
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(no_wrap=True)
    head.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    head.add_column(no_wrap=True, justify="right")
    bar = ProgressBar(total=max(progress.total, 1), completed=progress.done, width=max(width // 8, 8))
    done = Table.grid(padding=(0, 1))
    done.add_row(bar, f"{progress.done}/{progress.total}")
    head.add_row(done, counts, f"{minutes(progress.elapsed)}{left}")
    lines = Table.grid(expand=True)
    lines.add_column(no_wrap=True, overflow="ellipsis")
    lines.add_row(head)
    lines.add_row(_now(progress))
    return lines


def _now(progress: Progress) -> str:
    waiting = f"{len(progress.parked)} wait for timers" if progress.parked else ""
    if progress.current is None:
        return f"[dim]{waiting or 'the target is set up'}[/]"
    case = progress.current
    beside = f"  [dim]{waiting}[/]" if waiting else ""
    return f"{case.requirement.id:<7} {plain(case.id)}{beside}"


def minutes(seconds: float) -> str:
    """As a clock shows them."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def print_results(results: Results, console: Console, *, quiet: bool = False) -> None:
    """Failures with sentence, expectation and what came; counts; the verdict in one sentence."""
    if not quiet:
        _print_details(results, console)
    console.print(
        f"{counts_in_words(results)}   ({len(results.cases)} cases, {results.seconds:.1f} s)",
        highlight=False,
        soft_wrap=True,
    )
    console.print(verdict_sentence(results), highlight=False, soft_wrap=True)


def counts_in_words(results: Results) -> str:
    """How many cases have which verdict."""
    return ", ".join(
        f"{count} [{_COLOURS.get(verdict, 'dim')}]{verdict}[/]" for verdict, count in results.counts.items()
    )


def verdict_sentence(results: Results) -> str:
    """The run in one sentence, with what the exit status means."""
    name, sentence = plain(results.target.name), plain(results.outcome.sentence)
    return f"[bold]{name}[/]{sentence.removeprefix(name)}"


def _print_details(results: Results, console: Console) -> None:
    for verdict in _SHOWN:
        of_kind = [case for case in results.cases if case.verdict is verdict]
        # Judged deviations are shown one and all; of what could not be judged, a few tell the story.
        shown = of_kind if verdict in (Verdict.FAIL, Verdict.WARN, Verdict.XPASS) else of_kind[:_MOST_OF_A_KIND]
        for case in shown:
            _print_case(case, console)
        if len(of_kind) > len(shown):
            console.print(f"... and {len(of_kind) - len(shown)} more {verdict}, all in results.json\n", highlight=False)


def _print_case(case: CaseResult, console: Console) -> None:
    colour = _COLOURS.get(case.verdict, "dim")
    headline = f"[{colour}]{case.verdict}[/] {case.requirement} {case.level}  [bold]{plain(case.id)}[/]"
    console.print(headline, highlight=False, soft_wrap=True)
    if console.is_terminal:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        for label, text in _rows(case):
            table.add_row(label, text)
        console.print(Padding(table, (0, 0, 1, 4)), highlight=False)
        return
    for label, text in _rows(case):  # whole lines, for grep
        console.print(f"    {label:<8}  {text}", highlight=False, soft_wrap=True)
    console.print()


def _rows(case: CaseResult) -> Iterator[tuple[str, str]]:
    """Label and marked-up text of each line about a case."""
    if case.reason:
        yield "because", plain(case.reason)
        return
    yield "requires", f"[italic]{plain(case.sentence)}[/]"
    yield "case", plain(case.shows)
    changed = next((frame.changes for frame in case.frames if frame.changes and frame.part is Part.CASE), None)
    if changed is not None:
        yield "changed", plain(in_words(changed))
    for number, outcome in enumerate(case.expected):
        yield "or" if number else "expected", plain(outcome)
    for number, what in enumerate(case.actual):
        yield "and" if number else "got", plain(what)
    if case.comparison is not None and case.comparison.changes:
        yield "differs", plain(in_words(case.comparison.changes))


def plain(text: str) -> str:
    """A text from outside: no markup, and nothing that a terminal would take for a command."""
    return escape(printable(text))


def printable(text: str) -> str:
    """A text from outside without what could steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def colour_of(verdict: Verdict) -> str:
    """The style in which a verdict is written."""
    return _COLOURS.get(verdict, "dim")
