"""The wires of the forwarding benchmark: bursts that go out in few system calls, and what comes out, with its time.

Nobody reads while a contestant works: frames gather in the catching socket, stamped by the kernel, and are looked
through when no more come.
"""

import ctypes
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence

_ETH_P_ALL, _SOL_PACKET, _PACKET_STATISTICS, _PACKET_IGNORE_OUTGOING = 3, 263, 6, 23
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 32, 33, 35
_BUFFER = 256 << 20
_AT_ONCE = 1024  # UIO_MAXIOV, of which sendmmsg takes no more
_LARGEST = 2048
_STAMP = struct.Struct("qq")
_libc = ctypes.CDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """<sys/socket.h>: struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """<sys/socket.h>: struct mmsghdr."""

    _fields_ = (("header", _Header), ("sent", ctypes.c_uint))


class Burst:
    """Frames that are ready to be sent, again and again."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self.frames = frames
        self._vectors = (_Vector * len(frames))(*((frame, len(frame)) for frame in frames))
        self._messages = (_Message * len(frames))()
        for message, vector in zip(self._messages, self._vectors, strict=True):
            message.header.vectors, message.header.count = ctypes.pointer(vector), 1

    def send(self, out: socket.socket) -> None:
        """All of them, in order. Raises OSError if the interface does not take one."""
        done, size = 0, ctypes.sizeof(_Message)
        while done < len(self.frames):
            number = min(_AT_ONCE, len(self.frames) - done)
            sent = _libc.sendmmsg(out.fileno(), ctypes.byref(self._messages, done * size), number, 0)
            if sent < 0:
                raise OSError(ctypes.get_errno(), "sendmmsg")
            done += sent


def opened(interface: str) -> socket.socket:
    """A packet socket with room for a burst, whose frames bear the time of their arrival."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    for option in (_SO_SNDBUFFORCE, _SO_RCVBUFFORCE):
        wire.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    wire.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    wire.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    wire.bind((interface, _ETH_P_ALL))
    wire.setblocking(False)
    return wire


def await_frames(wire: socket.socket, number: int, quiet: float, nap: float = 0.002) -> None:
    """Sleep until so many have come, or none for ``quiet`` seconds. Raises OverflowError if the socket lost one."""
    come, since = 0, time.monotonic()
    while come < number and time.monotonic() - since < quiet:
        time.sleep(nap)
        fresh, lost = struct.unpack("II", wire.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        if lost:
            raise OverflowError(f"{lost} frames did not fit the catching socket")
        if fresh:
            come, since = come + fresh, time.monotonic()


def caught(wire: socket.socket) -> tuple[Counter[bytes], float]:
    """The frames that have come since, and when the last one did, in seconds of the wall clock."""
    frames: Counter[bytes] = Counter()
    seconds, nanoseconds = 0, 0
    while True:
        try:
            frame, ((_, _, stamp),), _, _ = wire.recvmsg(_LARGEST, 64)
        except BlockingIOError:
            return frames, seconds + nanoseconds / 1e9
        frames[frame] += 1
        seconds, nanoseconds = _STAMP.unpack(stamp)
