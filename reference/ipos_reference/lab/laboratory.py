"""A lab as it is seen from outside: how it is made, entered and taken down."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psutil

from ipos_reference.lab.place import LabError, NoLabError, Place, read_json, remove_files, said

_UP_WITHIN = 60.0
DOWN_WITHIN = 12.0
"""Seconds until a lab that does not end in order is killed."""
_LOOK_AGAIN = 0.02
_ASK_AGAIN = 0.5
_NEEDED = 40 * 2**20
"""Octets: the servers' pages, and a little for what is captured."""
_KEEPER = "ipos_reference.lab.keeper"
_PROGRAMS = ("unshare", "nsenter")
_USER_NAMESPACES = (
    "run as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "user.max_user_namespaces)"
)


@dataclass(frozen=True)
class Laboratory:
    """A lab that is up. keeper: the process that holds it, as it is called outside."""

    place: Place
    keeper: psutil.Process

    @cached_property
    def _found(self) -> dict[str, Any]:
        found = read_json(self.place.network)
        if found is None:
            raise NoLabError(f"the lab in {self.place.directory} has just gone; make one: ipos-router lab up")
        return found

    @property
    def namespaces(self) -> dict[str, str]:
        """By which path each namespace can be entered."""
        return {name: f"/proc/{self.keeper.pid}/fd/{number}" for name, number in self._found["namespaces"].items()}

    @property
    def web_server(self) -> str:
        """What serves the web pages, in words."""
        return str(self._found["web_server"])

    def command(self, namespace: str, *words: str) -> list[str]:
        """The command line that runs another in a namespace. Raises LabError if there is no such namespace."""
        if namespace not in self.namespaces:
            raise LabError(f"no namespace is called {namespace!r}; there are {', '.join(self.namespaces)}")
        return [*self._enter(), f"--net={self.namespaces[namespace]}", *words]

    def within(self, *words: str) -> list[str]:
        """The command line that runs another with rights over the lab's network, in no namespace of it."""
        return [*self._enter(), *words] if self._is_in_user_namespace else list(words)

    @property
    def _is_in_user_namespace(self) -> bool:
        return os.geteuid() != 0

    def _enter(self) -> list[str]:
        if self._is_in_user_namespace:
            return ["nsenter", f"--user=/proc/{self.keeper.pid}/ns/user", "--preserve-credentials"]
        return ["nsenter"]


def find(place: Place) -> Laboratory:
    """The lab that is up in a directory. Raises LabError if there is none."""
    keeper = next((process for process, is_keeper in _processes(place) if is_keeper), None)
    with _told(place):
        is_up = keeper is not None and place.network.exists()
    if keeper is None or not is_up:
        raise NoLabError(f"no lab is up in {place.directory}; make one: ipos-router lab up")
    with contextlib.suppress(psutil.Error):  # it ends just now: whoever enters it is told so
        owner = keeper.uids().effective
        if os.geteuid() not in (0, owner):
            raise LabError(f"the lab in {place.directory} is that of user {owner}; be its owner, or choose another")
    return Laboratory(place, keeper)


def up(place: Place, nginx: str | None, *, stays: bool) -> Laboratory:
    """Make a lab, and wait until it is up. Raises LabError; nothing is left then, nor if this process is ended.

    nginx  its path; None for Python's own web server
    stays  whether it outlives this process; otherwise it goes with it, however that ends
    """
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise LabError(f"{program} is not there; install util-linux")
    with _told(place):
        _make_directory(place)
        try:
            return _started(place, nginx, stays=stays)
        except BaseException:
            down(place)
            raise


def down(place: Place) -> bool:
    """Take down whatever is there of a lab; returns whether there was something. Raises LabError."""
    was_there = _end(place)
    with _told(place):
        was_there = remove_files(place) or was_there
        if not was_there and _has_other_things(place):
            raise LabError(f"no lab is up in {place.directory}, and what is there is not a lab's: it stays")
    return was_there


def _started(place: Place, nginx: str | None, *, stays: bool) -> Laboratory:
    root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    namespaces = ("--mount", "--pid", "--mount-proc", "--fork", "--kill-child=SIGKILL")
    keeper = [sys.executable, "-m", _KEEPER, str(place.directory), *([nginx] if nginx else [])]
    held, hold = os.pipe()  # the keeper's; `hold` is closed when this process ends, if not before
    with place.log.open("wb") as log, os.fdopen(held, "rb") as standard_input:
        process = subprocess.Popen(  # noqa: S603 - our own
            ["unshare", *root, *namespaces, *keeper],  # noqa: S607 - wherever util-linux is
            stdin=standard_input,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    give_up = time.monotonic() + _UP_WITHIN
    while not place.network.exists():
        if process.poll() is not None:
            raise LabError(_why(place))
        if time.monotonic() > give_up:
            raise LabError(f"the lab was not up within {_UP_WITHIN:.0f} s; see the load of this machine")
        time.sleep(_LOOK_AGAIN)  # another process's doing: there is nothing to wait on
    lab = find(place)
    if stays:
        os.write(hold, b"\0")
        os.close(hold)
    return lab


def _why(place: Place) -> str:
    if lines := said(place):
        return lines[-1]
    lines = place.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if not lines:
        return "the lab's keeper ended without a word"
    return f"{lines[-1]}; {_USER_NAMESPACES}" if lines[-1].startswith("unshare:") else lines[-1]


def _make_directory(place: Place) -> None:
    if any(_processes(place)):
        raise LabError(f"a lab is up in {place.directory} already; take it down first: ipos-router lab down")
    remove_files(place)  # what a lab left that was killed
    if _has_other_things(place):
        raise LabError(f"{place.directory}: found a directory with other things in it; choose another, or none")
    free = shutil.disk_usage(next(path for path in (place.directory, *place.directory.parents) if path.exists())).free
    if free < _NEEDED:
        raise LabError(
            f"{place.directory}: found {free >> 20} MiB free there, expected {_NEEDED >> 20} or more; "
            "choose another with --directory"
        )
    place.directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _has_other_things(place: Place) -> bool:
    return place.directory.exists() and any(place.directory.iterdir())


@contextlib.contextmanager
def _told(place: Place) -> Iterator[None]:
    """Have what the file system objects to be a LabError."""
    try:
        yield
    except OSError as error:
        which = error.filename or place.directory
        raise LabError(f"{which}: {error.strerror}; be its owner, or choose another with --directory") from error


def _processes(place: Place) -> Iterator[tuple[psutil.Process, bool]]:
    """The keeper (True), and the `unshare` that waits for it, whatever has become of their files."""
    words = ["-m", _KEEPER, str(place.directory)]
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if command[1:4] == words:
                yield process, True
            elif command[:1] == ["unshare"] and any(command[at : at + 3] == words for at in range(len(command))):
                yield process, False


def _end(place: Place) -> bool:
    """End the keeper, in order if that goes; the kernel then ends everything else."""
    was_there = False
    give_up = time.monotonic() + DOWN_WITHIN
    while (found := list(_processes(place))) and time.monotonic() < give_up:
        was_there = True
        for process, is_keeper in found:
            if is_keeper:
                _signal(process, signal.SIGTERM)
        # Again until it goes: one that has only just begun may not be there yet, and is deaf, being the first process
        # of a PID namespace, until it has said what a signal is to do.
        psutil.wait_procs([process for process, _ in found], timeout=_ASK_AGAIN)
    left = [process for process, _ in found]
    for process in left:
        _signal(process, signal.SIGKILL)
    _, left = psutil.wait_procs(left, timeout=DOWN_WITHIN)
    if left:
        raise LabError(f"process {left[0].pid} of the lab does not end, although it was killed")
    return was_there


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise LabError(
            f"process {process.pid} of the lab is somebody else's; take the lab down as its owner"
        ) from error
