"""A binary file read from the start to the end, once: what a pipe allows."""

from typing import BinaryIO

from ipos_spec.captures.values import CaptureError

LARGEST = 1 << 24
"""Octets of the largest block or packet that is believed; a damaged length must not make a reader wait for gigabytes.
Wireshark's bound for a pcapng block is the same."""


class Stream:
    """Exactly so many octets at a time, and how many were read before them.

    ``start`` are octets that somebody has taken from the file already, to see what it is.
    """

    def __init__(self, file: BinaryIO, start: bytes = b"") -> None:
        self._file = file
        self._start = start
        self.offset = 0

    def take(self, size: int, what: str) -> bytes:
        """The next octets. Raises CaptureError where the file ends before them."""
        octets = self._read(size)
        if len(octets) < size:
            raise CaptureError(self.offset, f"the file ends {len(octets)} octets into {what} of {size}")
        self.offset += size
        return octets

    def take_unless_at_end(self, size: int, what: str) -> bytes:
        """The next octets, or none if the file ends just here."""
        return self.take(size, what) if self.peek(1) else b""

    def peek(self, size: int) -> bytes:
        """The next octets, which stay the next ones; fewer if the file ends before them."""
        self._start = self._read(size) + self._start
        return self._start[:size]

    def _read(self, size: int) -> bytes:
        """As many as there are, up to ``size``: an unbuffered pipe gives fewer at a time."""
        octets, self._start = self._start[:size], self._start[size:]
        while len(octets) < size and (more := self._file.read(size - len(octets))):
            octets += more
        return octets
