"""Many frames in one system call, of a packet socket: recvmmsg(2) and sendmmsg(2), which Python has not."""

import ctypes
import errno
import mmap
import os
from array import array
from collections.abc import Sequence

_libc = ctypes.CDLL(None, use_errno=True)
_libc.recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_libc.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

_MSG_DONTWAIT = 0x40
_CACHE_LINE = 64
_VECTOR = 2 * ctypes.sizeof(ctypes.c_void_p)
"""Octets of a struct iovec."""


class _Header(ctypes.Structure):
    """<sys/socket.h>: struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """<sys/socket.h>: struct mmsghdr."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class _Messages:
    """So many struct mmsghdr, each with one struct iovec: address and length in ``vectors``, one after the other."""

    def __init__(self, most: int) -> None:
        self.vectors = array("L", bytes(_VECTOR * most))
        self._messages = (_Message * most)()
        address, _ = self.vectors.buffer_info()
        for number, message in enumerate(self._messages):
            message.header.vectors, message.header.vector_count = address + _VECTOR * number, 1
        self.address = ctypes.addressof(self._messages)
        words = memoryview(self._messages).cast("B").cast("I")
        self._lengths = words[_Message.length.offset // 4 :: ctypes.sizeof(_Message) // 4]

    def lengths(self, number: int) -> list[int]:
        """What the kernel has noted of each of so many."""
        return self._lengths[:number].tolist()


class ManyReceived:
    """Room for frames that are received at once.

    most     frames
    largest  octets of a frame
    """

    def __init__(self, most: int, largest: int) -> None:
        # An odd number of cache lines apart: at the same place of every page they would push each other out.
        apart = (largest // _CACHE_LINE // 2 * 2 + 1) * _CACHE_LINE + 2 * _CACHE_LINE
        self._most = most
        self._starts = tuple(apart * number for number in range(most))
        self._room = mmap.mmap(-1, apart * most)
        self._messages = _Messages(most)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
        self._messages.vectors[0::2] = array("L", [address + start for start in self._starts])
        self._messages.vectors[1::2] = array("L", [largest] * most)

    def receive(self, descriptor: int, most: int) -> list[bytes]:
        """Frames that wait, at most so many and as many as there is room for. Raises OSError."""
        number = _libc.recvmmsg(descriptor, self._messages.address, min(most, self._most), _MSG_DONTWAIT, None)
        if number < 0:
            if ctypes.get_errno() == errno.EAGAIN:
                return []
            raise _error()
        room, lengths = self._room, self._messages.lengths(number)
        return [room[start : start + length] for start, length in zip(self._starts, lengths, strict=False)]


class ManySent:
    """Sends up to so many frames at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages = _Messages(most)

    def send(self, descriptor: int, frames: Sequence[bytes]) -> int:
        """Send frames in order, not all of them perhaps; how many. Raises OSError if the first can't be sent."""
        number = min(len(frames), self._most)
        frames = frames[:number]
        vectors, octets = self._messages.vectors, (ctypes.c_char_p * number)(*frames)
        vectors[0 : 2 * number : 2] = array("L", bytes(octets))
        vectors[1 : 2 * number : 2] = array("L", map(len, frames))
        sent = int(_libc.sendmmsg(descriptor, self._messages.address, number, _MSG_DONTWAIT))
        if sent < 0:
            raise _error()
        return sent


def _error() -> OSError:
    """The right subclass for what went wrong."""
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
