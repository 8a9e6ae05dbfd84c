"""What a person sees of several runs: a line for each target, which fills while it runs and stays in the end."""

from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ipos_conformance.reports.terminal import counts_in_words, minutes, plain
from ipos_conformance.runs.several import Job


class TerminalOfSeveral:
    """Draws when it is asked to; has no thread of its own."""

    def __init__(self, console: Console, work: Sequence[Job], *, quiet: bool) -> None:
        self._console = console
        self._work = work
        self._live: Live | None = None
        self._told: set[str] = set()
        self._quiet = quiet
        if console.is_terminal and not quiet:
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()

    def draw(self) -> None:
        """How far all are."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def print(self) -> None:
        """The whole, in the end: a table in a terminal, else whole lines."""
        if self._console.is_terminal:
            self._console.print(self._table())
            return
        for job in self._work:
            self._console.print("  ".join(self._row(job)), highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
        for column in ("target", "status", "verdicts", "time", "results"):
            table.add_column(column, overflow="fold", no_wrap=column in ("status", "time"))
        for job in self._work:
            table.add_row(*self._row(job))
        return table

    def _row(self, job: Job) -> tuple[str, str, str, str, str]:
        name, run = plain(str(job.file)), job.finished
        if run is None:
            state = "[dim]waits[/]" if job.process is None else f"{job.done} cases"
            return name, state, "", "", ""
        if run.results is None:
            return name, f"[bold red]exit status {run.status}[/]", plain(run.problem), "", ""
        colour = "green" if run.status == 0 else "bold red"
        status = f"[{colour}]exit status {run.status}[/]"
        return name, status, counts_in_words(run.results), minutes(run.results.seconds), plain(str(job.folder))
