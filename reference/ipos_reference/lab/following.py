"""Reads a capture that another process is writing, `CaptureFile` for instance, as it grows and when it begins anew."""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Self

from ipos_spec import captures
from ipos_spec.captures import CapturedFrame, CaptureError
from ipos_spec.captures.blocks import FRAME, BlockType
from ipos_spec.captures.stream import LARGEST

from ipos_reference.capture_file import earlier

_CHUNK = 2**20
"""Octets that are read at a time; with one block more it is what is kept in memory."""
_DESCRIPTIONS = (BlockType.SECTION_HEADER, BlockType.INTERFACE_DESCRIPTION)


class Following:
    """Gives the frames that have come since it was asked last; never waits.

    path        of the capture, pcapng in little-endian order; it need not be there yet, and may go and come again
    from_start  whether what is in the file by now counts as new
    """

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._file: _Growing | None = None
        if not from_start:
            self.skip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def news(self) -> Iterator[CapturedFrame]:
        """The frames that are new, in the order of the file; to be read to the end. Raises CaptureError, OSError."""
        for blocks in self._batches():
            yield from captures.read(BytesIO(blocks))

    def skip(self) -> None:
        """What is there by now is not new any more. Raises CaptureError, OSError."""
        for _ in self._batches():
            pass

    def close(self) -> None:
        """Forget the file; whoever asks again gets it from its start."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _batches(self) -> Iterator[bytes]:
        """What is new, as captures of some frames each."""
        while True:
            if self._file is None and (path := self._next()).exists():
                self._file = _Growing(path)
            if self._file is None:
                return
            # This first: what is written to the file before it is replaced is then read all the same.
            is_over = self._is_replaced(self._file)
            yield from self._file.batches()
            if not is_over:
                return
            following = self._next()
            self._file.close()
            self._file = _Growing(following)

    def _is_replaced(self, file: "_Growing") -> bool:
        """Whether there is another file by now: for a moment there is none, and then nothing is over."""
        return (found := _identity(self._path)) is not None and found != file.identity

    def _next(self) -> Path:
        """The file after the present one: also where two have been begun since, as far as they are kept."""
        kept = _identity(earlier(self._path))
        behind = self._file is not None and kept is not None and kept != self._file.identity
        return earlier(self._path) if behind else self._path


class _Growing:
    """One file, read block by block. identity: what tells it from another of the same name."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        status = os.fstat(self._file.fileno())
        self.identity = (status.st_dev, status.st_ino)
        self._descriptions = b""  # which every batch needs to be read
        self._has_frames = False
        self._rest = b""

    def close(self) -> None:
        self._file.close()

    def batches(self) -> Iterator[bytes]:
        """What has come, up to the last whole block. Raises CaptureError, OSError."""
        while octets := self._file.read(_CHUNK):
            come = self._rest + octets
            end = _end(come, any_type=True)
            blocks, self._rest = come[:end], come[end:]
            if not self._has_frames:
                end = _end(blocks, any_type=False)
                self._descriptions, blocks = self._descriptions + blocks[:end], blocks[end:]
            if blocks:
                self._has_frames = True
                yield self._descriptions + blocks


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _end(octets: bytes, *, any_type: bool) -> int:
    """Where the whole blocks at the begin of some octets end, of any type or of descriptions. Raises CaptureError."""
    at = 0
    while len(octets) >= at + 8 and (any_type or int.from_bytes(octets[at : at + 4], "little") in _DESCRIPTIONS):
        length = int.from_bytes(octets[at + 4 : at + 8], "little")
        if not FRAME <= length <= LARGEST:
            raise CaptureError(at + 4, f"total length {length} of a block, expected {FRAME} to {LARGEST}")
        if len(octets) < at + length:
            break
        at += length
    return at
