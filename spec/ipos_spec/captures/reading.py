"""Reading a capture of either kind: its first octets say which."""

from collections.abc import Iterator
from typing import BinaryIO

from ipos_spec.captures import pcap, pcapng
from ipos_spec.captures.stream import Stream
from ipos_spec.captures.values import CapturedFrame, CaptureError

MAGIC_SIZE = 4
"""Octets that tell a capture from another file."""


def is_capture(start: bytes) -> bool:
    """Whether a file that begins with these octets is a capture (MAGIC_SIZE of them are enough)."""
    return start[:MAGIC_SIZE] in (*pcap.KINDS, pcapng.MAGIC)


def read(file: BinaryIO, start: bytes = b"") -> Iterator[CapturedFrame]:
    """The frames of a pcap or pcapng file, one by one as they can be read, so that a pipe is followed as it grows.

    ``start`` are the octets that were taken from the file before, to see what it is.

    Raises CaptureError, after the last whole frame, where the file breaks off or contradicts itself.
    """
    stream = Stream(file, start)
    magic = stream.peek(MAGIC_SIZE)
    if not is_capture(magic):
        raise CaptureError(0, f"begins with {magic.hex() or 'nothing'}, expected a pcap or pcapng file")
    return pcapng.read(stream) if magic == pcapng.MAGIC else pcap.read(stream, magic)
