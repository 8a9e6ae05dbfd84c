"""Both LANs on one interface (section 1): its frames told apart by EtherType alone."""

import os
from collections import deque
from collections.abc import Sequence

from ipos_reference import ethernet
from ipos_reference.ports.port import Port

_MOST_WAITING = 256
"""Frames read for the second LAN that it has not taken yet; more are left to the device, which bounds its own queue."""


class _FirstHalf(Port):
    """Reads the device for both; what is not ipOS is its own.

    ARP for the router's address so comes in once, and is answered once, with the first LAN's MAC.
    """

    def __init__(self, port: Port, second: "_SecondHalf", ether_type: int) -> None:
        self._port = port
        self._second = second
        self._ether_type = ether_type

    def fileno(self) -> int:
        return self._port.fileno()

    def receive(self, now: float, budget: int) -> list[bytes]:
        own = []
        for octets in self._port.receive(now, min(budget, self._second.room)):
            frame = ethernet.parse(octets)
            if frame is not None and frame.type == self._ether_type:
                self._second.put(octets)
            else:
                own.append(octets)
        return own

    def send(self, frame: bytes, now: float) -> bool:
        return self._port.send(frame, now)

    def send_all(self, frames: Sequence[bytes], now: float) -> int:
        return self._port.send_all(frames, now)

    def next_timeout(self) -> float | None:
        return self._port.next_timeout()

    def flush(self, now: float) -> None:
        self._port.flush(now)

    def close(self) -> None:
        self._port.close()


class _SecondHalf(Port):
    """Has the ipOS frames that its other half has read, and a descriptor that is readable as long as there are any."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._waiting: deque[bytes] = deque()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    @property
    def room(self) -> int:
        return _MOST_WAITING - len(self._waiting)

    def put(self, frame: bytes) -> None:
        if not self._waiting:
            os.eventfd_write(self._bell, 1)
        self._waiting.append(frame)

    def fileno(self) -> int:
        return self._bell

    def receive(self, now: float, budget: int) -> list[bytes]:  # noqa: ARG002 - a queue needs no clock
        frames = [self._waiting.popleft() for _ in range(min(budget, len(self._waiting)))]
        if frames and not self._waiting:
            os.eventfd_read(self._bell)
        return frames

    def send(self, frame: bytes, now: float) -> bool:
        return self._port.send(frame, now)

    def send_all(self, frames: Sequence[bytes], now: float) -> int:
        return self._port.send_all(frames, now)

    def close(self) -> None:
        os.close(self._bell)


def halves(port: Port, ether_type: int) -> tuple[Port, Port]:
    """What the first and the second LAN see of one interface; closing the first half closes ``port``.

    ether_type  of ipOS; frames of this type are the second LAN's (ENC-11), all others the first's
    """
    second = _SecondHalf(port)
    return _FirstHalf(port, second, ether_type), second
