"""What a run leaves in its output folder. Everything but the two logs is made of the results alone."""

import contextlib
import shutil
from pathlib import Path
from typing import TextIO

from ipos_conformance.errors import BenchError, OutputError
from ipos_conformance.findings import results
from ipos_conformance.findings.results import Results
from ipos_conformance.reports import captures, event_lines, html, junit
from ipos_conformance.reproducer import export
from ipos_conformance.runs.events import Event, RunFinished
from ipos_conformance.target import Target

RESULTS, JUNIT, HTML, EVENTS = "results.json", "junit.xml", "report.html", "events.ndjson"
TARGET, LOG, CAPTURES, REPRODUCERS = "target.toml", "target.log", "captures", "reproducers"


class Output:
    """Listener that writes the folder. What an earlier run left goes at once: it must not be taken for this one's."""

    def __init__(self, folder: Path, target: Target) -> None:
        self._folder = folder
        self.log = folder / LOG
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._clear()
            self.log.write_bytes(b"")
            if target.file.is_file():
                shutil.copyfile(target.file, folder / TARGET)
            self._events: TextIO = (folder / EVENTS).open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            problem = f"{error.filename}: {error.strerror}, expected a folder that can be written"
            raise BenchError(f"{problem}; name another one by --output") from error

    def __call__(self, event: Event) -> None:
        """Take one event. Raises OutputError where there is no room for it."""
        try:
            self._events.write(event_lines.line(event))
            if isinstance(event, RunFinished):
                self._events.close()
                self._write(event.results)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._events.close()  # it would try once more to write what is left
            problem = f"{error.filename or self._folder}: {error.strerror}"
            raise OutputError(f"{problem}; what can't be written down doesn't count, so nothing is judged") from error

    def _write(self, found: Results) -> None:
        """The results come first: whatever else goes wrong, they are there."""
        results.write(found, self._folder / RESULTS)
        junit.write(found, self._folder / JUNIT)
        captures.write_all(found, self._folder / CAPTURES)
        html.write(found, self._folder / HTML)
        export.write_scripts(found, self._folder / REPRODUCERS)

    def _clear(self) -> None:
        for name in (RESULTS, JUNIT, HTML, EVENTS, TARGET):
            (self._folder / name).unlink(missing_ok=True)
        _clear_made(self._folder / CAPTURES, ".pcapng")
        _clear_made(self._folder / REPRODUCERS, ".py")


def _clear_made(folder: Path, suffix: str) -> None:
    """Of a folder that somebody may have put other things into, only what we made goes, and what is empty then."""
    for file in (*sorted(folder.rglob("*"), reverse=True), folder):
        if file.is_dir():
            with contextlib.suppress(OSError):
                file.rmdir()
        elif file.suffix == suffix:
            file.unlink()
