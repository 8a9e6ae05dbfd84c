"""Where a router's control socket is, and who may open it."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

LONGEST_PATH = 107
"""Octets; what fits into a Unix socket's address (unix(7)), its final NUL not counted."""

_WAITING = 8
_NOBODY_BUT_THE_OWNER = 0o177


class PlaceError(Exception):
    """The control socket can't be made; the text is one line that says why and what to do."""


def candidates(environment: Mapping[str, str]) -> list[Path]:
    """Where a control socket is if nobody says otherwise, the user's own place first."""
    directories = [environment["XDG_RUNTIME_DIR"]] if environment.get("XDG_RUNTIME_DIR") else []
    return [Path(directory) / "ipos-router" / "control.sock" for directory in (*directories, "/run")]


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Make the socket, which only its owner can open; it is gone afterwards. Raises PlaceError."""
    _make_room(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _bind(listener, path)
        listener.listen(_WAITING)
        listener.setblocking(False)
        yield listener
        with contextlib.suppress(OSError):  # after privileges were dropped it stays behind; the next router replaces it
            path.unlink()
    finally:
        listener.close()


def _make_room(path: Path) -> None:
    """Take away what a dead router left; refuse where a live one answers, or where something else stands."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists() and not path.is_symlink():
            return
        if path.is_symlink() or not path.is_socket():
            raise PlaceError(f"control socket {path}: found something that is no socket; remove it or choose another")
        if _is_alive(path):
            raise PlaceError(
                f"control socket {path}: another router answers there; stop it, or set [control] socket to another path"
            )
        path.unlink()
    except OSError as error:
        raise PlaceError(_advice(path, error)) from error


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        found = probe.connect_ex(str(path))
    if found not in (0, errno.EAGAIN, errno.ECONNREFUSED):
        raise OSError(found, os.strerror(found))
    return found != errno.ECONNREFUSED  # EAGAIN: somebody is there, and is asked by many


def _bind(listener: socket.socket, path: Path) -> None:
    before = os.umask(_NOBODY_BUT_THE_OWNER)  # from its first moment on; a chmod would come too late
    try:
        listener.bind(str(path))
    except OSError as error:
        raise PlaceError(_advice(path, error)) from error
    finally:
        os.umask(before)


def _advice(path: Path, error: OSError) -> str:
    return f"control socket {path}: {error.strerror}; set [control] socket to a path in a directory that you own"
