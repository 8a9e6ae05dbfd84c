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

from ipos_reference.lab.place import LabError, NoLabError, Place, read_json

_UP_WITHIN = 60.0
_DOWN_WITHIN = 12.0
_LOOK_AGAIN = 0.02
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
    keeper = next((process for process in _processes(place) if process.name() != "unshare"), None)
    if keeper is None or not place.network.exists():
        raise NoLabError(f"no lab is up in {place.directory}; make one: ipos-router lab up")
    return Laboratory(place, keeper)


def up(place: Place, nginx: str | None) -> Laboratory:
    """Make a lab, and wait until it is up. Raises LabError; nothing is left then, nor with KeyboardInterrupt.

    nginx  its path; None for Python's own web server
    """
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise LabError(f"{program} is not there; install util-linux")
    _make_directory(place)
    try:
        return _started(place, nginx)
    except BaseException:
        down(place)
        raise


def down(place: Place) -> bool:
    """Take down whatever is there of a lab; returns whether there was something. Raises LabError."""
    was_there = _end(place)
    if not place.directory.exists():
        return was_there
    if not _is_ours(place):
        if was_there:
            return True
        raise LabError(f"no lab is up in {place.directory}, and what is there is not a lab's: it stays")
    shutil.rmtree(place.directory)
    return True


def _started(place: Place, nginx: str | None) -> Laboratory:
    root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    namespaces = ("--mount", "--pid", "--mount-proc", "--fork", "--kill-child=SIGKILL")
    keeper = [sys.executable, "-m", _KEEPER, str(place.directory), *([nginx] if nginx else [])]
    with place.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own
            ["unshare", *root, *namespaces, *keeper],  # noqa: S607 - wherever util-linux is
            stdin=subprocess.DEVNULL,
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
    return find(place)


def _why(place: Place) -> str:
    said = place.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if not said:
        return "the lab's keeper ended without a word"
    if said[-1].startswith("unshare:"):
        return f"{said[-1]}; {_USER_NAMESPACES}"
    return said[-1]


def _make_directory(place: Place) -> None:
    if any(_processes(place)):
        raise LabError(f"a lab is up in {place.directory} already; take it down first: ipos-router lab down")
    if place.directory.exists():
        if any(place.directory.iterdir()) and not _is_ours(place):
            raise LabError(f"{place.directory}: found a directory with other things in it; choose another, or none")
        shutil.rmtree(place.directory)  # what a lab left that was killed
    try:
        place.directory.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise LabError(f"{place.directory}: {error.strerror}; choose another with --directory") from error


def _is_ours(place: Place) -> bool:
    """Whether the directory holds nothing but a lab's files."""
    known = {path.name for path in (place.log, place.network, place.capture)}
    found = {path.name for path in place.directory.iterdir()}
    return place.log.name in found or found <= known


def _processes(place: Place) -> Iterator[psutil.Process]:
    """The keeper, and the `unshare` that waits for it, whatever has become of their files."""
    words = [_KEEPER, str(place.directory)]
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            at = command.index(_KEEPER) if _KEEPER in command else len(command)
            if command[at : at + 2] == words:
                yield process


def _end(place: Place) -> bool:
    """End the keeper, in order if that goes; the kernel then ends everything else."""
    processes = list(_processes(place))
    for process in processes:
        if process.name() != "unshare":
            _signal(process, signal.SIGTERM)
    _, left = psutil.wait_procs(processes, timeout=_DOWN_WITHIN)
    for process in left:
        _signal(process, signal.SIGKILL)
    _, left = psutil.wait_procs(left, timeout=_DOWN_WITHIN)
    if left:
        raise LabError(f"process {left[0].pid} of the lab does not end, although it was killed")
    return bool(processes)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        raise LabError(
            f"process {process.pid} of the lab is somebody else's; take the lab down as its owner"
        ) from error
