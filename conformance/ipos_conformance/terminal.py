"""What a person sees: progress while it runs, then failures, counts, one sentence."""

import os
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ipos_conformance.events import CaseFinished, CaseStarted, Event, RunFinished, RunStarted
from ipos_conformance.results import CaseResult, Results
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


class Terminal:
    """Listener that draws progress while cases run, and the summary after the last one. quiet: one line only."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._progress.add_task("")

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case RunStarted(name, cases):
                self._progress.update(self._task, description=plain(name), total=cases)
                self._progress.start()
            case CaseStarted(case):
                self._progress.update(self._task, description=f"{case.requirement.id:<7} {plain(case.id)}")
            case CaseFinished(_):
                self._progress.advance(self._task)
            case RunFinished(results):
                self._progress.stop()
                self._print(results)

    def _print(self, results: Results) -> None:
        try:
            print_results(results, self._console, quiet=self._quiet)
            self._console.file.flush()
        except OSError:
            # Nobody reads, or the disk is full. The verdict is in the files and in the exit status.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def close(self) -> None:
        """Give the terminal back, also when the run is broken off."""
        self._progress.stop()


def print_results(results: Results, console: Console, *, quiet: bool = False) -> None:
    """Failures with sentence, expectation and what came; counts; the verdict in one sentence."""
    if not quiet:
        _print_details(results, console)
    counts = ", ".join(
        f"{count} [{_COLOURS.get(verdict, 'dim')}]{verdict}[/]" for verdict, count in results.counts.items()
    )
    console.print(f"{counts}   ({len(results.cases)} cases, {results.seconds:.1f} s)", highlight=False, soft_wrap=True)
    console.print(verdict_sentence(results), highlight=False, soft_wrap=True)


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
    for number, outcome in enumerate(case.expected):
        yield "or" if number else "expected", plain(outcome)
    for number, what in enumerate(case.actual):
        yield "and" if number else "got", plain(what)


def plain(text: str) -> str:
    """A text from outside: no markup, and nothing that a terminal would take for a command."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))
