"""Whether a link went away meanwhile, also for a moment: the kernel tells by netlink (RTM_NEWLINK, rtnetlink(7))."""

import socket
import struct

_GROUP_LINK = 1
_NEW, _GONE = 16, 17
_RUNNING = 0x40
_HEADER, _INFORMATION = struct.Struct("IHHII"), struct.Struct("BxHiII")


class LinkWatch:
    """Counts how often an interface has lost its link. Has to be asked in the namespace where it was made."""

    def __init__(self, interface: str) -> None:
        self._index = socket.if_nametoindex(interface)
        self._socket = _listen()
        self._socket.setblocking(False)
        self._has_link = True
        self.losses = 0

    def look(self) -> None:
        """Take in what the kernel has told since the last call."""
        while True:
            try:
                octets = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: more news than the socket holds; a loss may be among them
                self.losses += 1
                continue
            while len(octets) >= _HEADER.size:
                size, kind = _HEADER.unpack_from(octets)[:2]
                self._take(kind, octets[_HEADER.size : size])
                octets = octets[(size + 3) & ~3 :]

    def refused(self) -> None:
        """Take in that the interface has just refused a frame, being down: the kernel tells of that a bit later."""
        before = self.losses
        self.look()
        if self._has_link and self.losses == before:  # else it has told, and perhaps that the link is back
            self._has_link = False
            self.losses += 1

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def _take(self, kind: int, message: bytes) -> None:
        if kind not in (_NEW, _GONE) or len(message) < _INFORMATION.size:
            return
        _, _, index, flags, _ = _INFORMATION.unpack_from(message)
        if index != self._index:
            return
        had, self._has_link = self._has_link, kind == _NEW and bool(flags & _RUNNING)
        self.losses += had and not self._has_link


def _listen() -> socket.socket:
    listening = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    listening.bind((0, _GROUP_LINK))
    return listening
