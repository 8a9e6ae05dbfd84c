"""Campaigns as a person starts them: the door `ipos-fuzz` in a process of its own, and targets that are up at once.

The process is a fork of ours: what takes long is to import everything once more.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ipos_fuzz import cli
from ipos_fuzz.findings.finding import FILE, Finding, read

SOON = 60.0
"""Seconds after which something is taken for not happening, also on a machine that is busy."""
_TIMING = "\n[timing]\nstart = {start}\nanswer = 0.1\nbarrier = 0.5\nresponse = 0.2\n"


@cache
def why_not_built(folder: Path) -> str:
    """Build the small router in C with its target files; why that can't be done, empty if it could."""
    words = [sys.executable, "-m", "ipos_defects.c_router", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stderr.strip()


def target_file(routers: Path, bug: str, *, start: float = 2.0) -> Path:
    """The small router with a bug, or `none`, and short waits."""
    file = routers / f"{bug}-{start}.toml"
    file.write_text((routers / f"{bug}.toml").read_text() + _TIMING.format(start=start))
    return file


@dataclass(frozen=True)
class Ended:
    """What a command came to. folder: of the campaign."""

    status: int
    output: str
    errors: str
    folder: Path

    def __post_init__(self) -> None:
        assert "Traceback" not in self.output + self.errors, self.output + self.errors

    @property
    def findings(self) -> list[Finding]:
        """As they stand in the folder."""
        return [read(file) for file in sorted((self.folder / "findings").glob(f"*/{FILE}"))]

    @property
    def campaign(self) -> dict[str, Any]:
        """Its own file."""
        document: dict[str, Any] = json.loads((self.folder / "campaign.json").read_text())
        return document


class Running:
    """A command under way, in a process group of its own.

    prepare  is done in its process before it begins
    """

    def __init__(self, folder: Path, words: tuple[object, ...], prepare: Callable[[], object]) -> None:
        self.folder = folder
        self._files = [folder.parent / f"{folder.name}.{name}" for name in ("stdout", "stderr")]
        self._status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            status = 255
            # What is traced in a fork is not kept; and an interruption may leave the tracer's lock locked, for ever.
            sys.settrace(None)
            try:
                os.setsid()
                for descriptor, file in enumerate(self._files, 1):
                    os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
                status = _through_the_door([str(word) for word in words], prepare)
            finally:
                os._exit(status)  # whatever happens, there must not be two of us who go on with the tests

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._files[0].read_text() if self._files[0].exists() else ""

    @property
    def has_ended(self) -> bool:
        """Whether it has."""
        if self._status is None and (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            self._status = os.waitstatus_to_exitcode(found[1])
        return self._status is not None

    def await_words(self, words: str) -> None:
        """Until it has printed these."""
        await_condition(lambda: words in self.output or self.has_ended)
        assert words in self.output, self._files[1].read_text()

    def signal(self, number: int = signal.SIGINT) -> None:
        """What a terminal does at Ctrl-C: everything in its foreground gets it."""
        os.killpg(self.pid, number)

    def end(self) -> Ended:
        """Wait for it."""
        await_condition(lambda: self.has_ended)
        assert self._status is not None
        return Ended(self._status, *(file.read_text() for file in self._files), self.folder)

    def kill(self) -> None:
        """End it, whatever it does."""
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@contextlib.contextmanager
def running(folder: Path, *words: object, prepare: Callable[[], object] = lambda: None) -> Iterator[Running]:
    """`ipos-fuzz run`, its campaign in a folder."""
    campaign = Running(folder, ("run", *words, "--output", folder), prepare)
    try:
        yield campaign
    finally:
        campaign.kill()


def run(folder: Path, *words: object, prepare: Callable[[], object] = lambda: None) -> Ended:
    """`ipos-fuzz run` to its end."""
    with running(folder, *words, prepare=prepare) as campaign:
        return campaign.end()


def call(folder: Path, *words: object, prepare: Callable[[], object] = lambda: None) -> Ended:
    """Any command of `ipos-fuzz`, about the campaign in a folder."""
    command = Running(folder, words, prepare)
    try:
        return command.end()
    finally:
        command.kill()


def await_condition(holds: Callable[[], object]) -> None:
    """Until it holds."""
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _through_the_door(words: list[str], prepare: Callable[[], object]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = ["ipos-fuzz", *words]
    try:
        prepare()
        cli.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 254
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
    return 255
