"""The file that a capture is written to: bounded, whole at any moment, and no danger to the router that fills it."""

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ipos_spec.captures import CaptureWriter, Direction

DEFAULT_LIMIT = 64
"""MiB after which a file is turned over."""

_MIB = 2**20


class CaptureFileError(Exception):
    """A capture can't be written there; the text says where, what was found and what was expected."""


def check_writable(path: Path) -> None:
    """Find out, without touching anything, whether a capture could be written there. Raises CaptureFileError."""
    if path.exists() and not path.is_file():
        raise CaptureFileError(f"capture {path}: found something that is no regular file; expected one, or none yet")
    if not path.parent.is_dir():
        raise CaptureFileError(f"capture {path}: found no directory {path.parent}; make it, or choose another place")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise CaptureFileError(f"capture {path}: found a directory that this user can't write to; choose another place")


def earlier(path: Path) -> Path:
    """Where the file before the present one is kept: router.1.pcapng beside router.pcapng."""
    return path.with_stem(f"{path.stem}.1")


class CaptureFile:
    """A pcapng file that grows by a frame at a time and, when it is full, begins anew.

    path        the file; one that is there already is kept as `earlier`, in place of the one kept before it
    interfaces  names for `write`
    title       a comment about the capture as a whole
    limit       MiB; with the one kept, two files of about that size are the most that there is
    on_failure  told in a line why the capture has ended, where a disk is full for instance: the router goes on

    Each frame is handed to the kernel at once: a router that is killed leaves whole frames. Only the owner may read
    them. Raises CaptureFileError if the file can't be opened.
    """

    def __init__(
        self,
        path: Path,
        interfaces: Iterable[str],
        title: str,
        *,
        limit: int = DEFAULT_LIMIT,
        on_failure: Callable[[str], None],
    ) -> None:
        self._path = path
        self._interfaces = list(interfaces)
        self._title = title
        self._limit = limit * _MIB
        self._on_failure = on_failure
        self._file: _WholeBlocks | None = None
        check_writable(path)
        try:
            self._open()
        except OSError as error:
            raise CaptureFileError(f"capture {path}: {error.strerror}; choose another place") from error

    def write(
        self, interface: str, time_ns: int, octets: bytes, comments: Iterable[str], *, direction: Direction
    ) -> int:
        """Add a frame; returns its number, which is also Wireshark's."""
        self._count += 1
        if self._file is not None:
            try:
                self._writer.write(interface, time_ns, octets, comments, direction=direction)
            except OSError as error:
                self._fail(error)
        return self._count

    def turn_over(self) -> None:
        """Begin anew if the file is full; for a moment at which no frame still to come refers to one in this file."""
        if self._file is None or self._file.size < self._limit:
            return
        try:
            self._file.close()
            self._open()
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        if self._path.exists():
            self._path.replace(earlier(self._path))
        self._count = 0
        self._file = _WholeBlocks(self._path, "xb", opener=lambda path, flags: os.open(path, flags, 0o600))
        self._writer = CaptureWriter(self._file, self._interfaces, comments=[self._title])

    def _fail(self, error: OSError) -> None:
        self.close()
        self._on_failure(f"capture {self._path}: {error.strerror}; the capture ends here, the router goes on")


class _WholeBlocks(io.FileIO):
    """An unbuffered file in which there is all of what a call of `write` was given, or nothing of it."""

    size = 0

    def write(self, block: Any) -> int:
        """Write a block. Raises OSError."""
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(self.fileno(), rest) :]
        except OSError:
            os.ftruncate(self.fileno(), self.size)
            raise
        self.size += len(block)
        return len(block)
