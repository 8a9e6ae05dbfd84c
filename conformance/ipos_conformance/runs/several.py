"""Several targets, each judged by a process of its own, some at the same time: a namespace can't be left again."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from ipos_conformance.errors import SuiteError
from ipos_conformance.findings import results
from ipos_conformance.findings.results import Results
from ipos_conformance.reports import output
from ipos_conformance.reports.summary import Finished
from ipos_conformance.target import read_target

_POLL = 0.1
_OURS = ("--output", "--jobs", "-j")
"""Options that are not passed on, with the value behind each."""
_FLAGS = ("--json", "--quiet", "-q")


@dataclass
class Job:
    """One run.

    interfaces  of this machine that it stands on: no two runs may share one
    done, total cases, as far as is known
    """

    file: Path
    folder: Path
    interfaces: frozenset[str]
    process: "subprocess.Popen[bytes] | None" = None
    errors: IO[bytes] = field(default_factory=TemporaryFile)
    finished: Finished | None = None
    done: int = 0
    total: int = 0
    began: float = 0.0
    read_to: int = 0


def jobs(files: Sequence[Path], folder: Path) -> list[Job]:
    """One for each target file, in folders of their own. Raises TargetFileError."""
    made: list[Job] = []
    for file in files:
        target = read_target(file)
        stands_on = {target.first_lan.interface, target.second_lan.interface}
        taken = {job.folder.name for job in made}
        names = (file.stem if n == 1 else f"{file.stem}-{n}" for n in range(1, len(files) + 1))
        name = next(name for name in names if name not in taken)
        own = frozenset(stands_on) if target.target.interfaces == "existing" else frozenset()
        made.append(Job(file, folder / name, own))
    return made


def run_all(work: Sequence[Job], arguments: Sequence[str], at_once: int, glance: Callable[[], None]) -> list[Finished]:
    """Run them all, at most ``at_once`` at a time.

    arguments  of `ipos-conformance run`, without target files
    glance     called again and again meanwhile
    """
    try:
        while any(job.finished is None for job in work):
            for job in _ready(work, at_once):
                _start(job, arguments)
            time.sleep(_POLL)
            for job in work:
                _look_at(job)
            glance()
    finally:
        _stop(work)
    return [job.finished for job in work if job.finished is not None]


def passed_on(arguments: Sequence[str], files: Sequence[Path]) -> list[str]:
    """Of the words behind `run`, those that each of the processes gets."""
    names, words, kept = {str(file) for file in files}, iter(arguments), []
    for word in words:
        if word in _OURS:
            next(words, None)
        elif word not in names and word not in _FLAGS and word.partition("=")[0] not in _OURS:
            kept.append(word)
    return kept


def _ready(work: Sequence[Job], at_once: int) -> Iterator[Job]:
    running = [job for job in work if job.process is not None and job.finished is None]
    for job in work:
        busy = {interface for other in running for interface in other.interfaces}
        if job.process is None and len(running) < at_once and not job.interfaces & busy:
            running.append(job)
            yield job


def _start(job: Job, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "ipos_conformance", "run", str(job.file), *arguments, "--quiet"]
    job.began = time.monotonic()
    job.process = subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--output", str(job.folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=job.errors,
    )


def _look_at(job: Job) -> None:
    if job.process is None or job.finished is not None:
        return
    _count(job)
    status = job.process.poll()
    if status is None:
        return
    job.errors.seek(0)
    said = job.errors.read().decode(errors="replace").strip().splitlines()
    found, problem = _results(job.folder / output.RESULTS)
    job.finished = Finished(job.file, job.folder, status, found, "" if found else (said[-1] if said else problem))


def _results(file: Path) -> tuple[Results | None, str]:
    try:
        return results.read(file), ""
    except (OSError, ValueError, SuiteError) as error:
        return None, f"no results: {error}"


def _count(job: Job) -> None:
    """How far it is, by the events that it writes."""
    with contextlib.suppress(OSError), (job.folder / output.EVENTS).open("rb") as events:
        events.seek(job.read_to)
        new = events.read()
        new = new[: new.rfind(b"\n") + 1]
        job.read_to += len(new)
        job.done += new.count(b'"event": "case-finished"')
        job.total += new.count(b'"event": "case-started"')


def _stop(work: Sequence[Job]) -> None:
    """Where we are broken off, they end too, each with its target."""
    for job in work:
        if job.process is not None and job.process.poll() is None:
            job.process.terminate()
    for job in work:
        if job.process is not None:
            job.process.wait()
        job.errors.close()
