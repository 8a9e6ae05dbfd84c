"""The router's side of the control socket, in the driver's loop: nobody who asks can hold the router up."""

import contextlib
import selectors
import socket
import struct
from collections.abc import Callable

from ipos_reference.control.answers import LONGEST_REQUEST

MOST_ASKERS = 8
"""Connections at a time; for one more, that which was silent longest is closed."""

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): process, user, group
_ROOT = 0


class ControlServer:
    """Accepts askers, and closes them with itself.

    owner   user who may ask, besides root
    answer  makes the answer of a request, both without end of line
    """

    def __init__(
        self, selector: selectors.BaseSelector, listener: socket.socket, owner: int, answer: Callable[[bytes], bytes]
    ) -> None:
        self._selector = selector
        self._listener = listener
        self._owner = owner
        self._answer = answer
        self._askers: list[_Asker] = []
        selector.register(listener, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        """Stop answering; the listener stays its maker's."""
        self._selector.unregister(self._listener)
        for asker in self._askers:
            asker.close()

    def _accept(self, _mask: int, now: float) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away again, or no descriptor is left: then it waits
            return
        # The file's mode keeps others out already, unless somebody has changed it.
        if _user(connection) not in (self._owner, _ROOT):
            connection.close()
            return
        self._askers = [asker for asker in self._askers if not asker.closed]
        if len(self._askers) >= MOST_ASKERS:
            longest_silent = min(self._askers, key=lambda asker: asker.heard_at)
            longest_silent.close()
            self._askers.remove(longest_silent)
        self._askers.append(_Asker(self._selector, connection, self._answer, now))


class _Asker:
    """One connection. While an answer waits for its reader no request is read, so both are bounded."""

    def __init__(
        self, selector: selectors.BaseSelector, connection: socket.socket, answer: Callable[[bytes], bytes], now: float
    ) -> None:
        connection.setblocking(False)
        self._selector = selector
        self._socket = connection
        self._answer = answer
        self._requests = b""
        self._pending = b""
        self._over = False  # nothing more is read, what is pending is all that is left
        self.heard_at = now
        selector.register(connection, selectors.EVENT_READ, self._ready)

    @property
    def closed(self) -> bool:
        return self._socket.fileno() < 0

    def close(self) -> None:
        if not self.closed:
            self._selector.unregister(self._socket)
            self._socket.close()

    def _ready(self, mask: int, now: float) -> None:
        if self.closed:  # in the same turn, to make room for another
            return
        self.heard_at = now
        try:
            with contextlib.suppress(BlockingIOError):
                if mask & selectors.EVENT_READ:
                    self._receive()
                else:
                    self._pending = self._pending[self._socket.send(self._pending) :]
        except OSError:
            self._over, self._pending = True, b""
        self._proceed()

    def _receive(self) -> None:
        octets = self._socket.recv(LONGEST_REQUEST)
        self._requests += octets
        self._over = not octets

    def _proceed(self) -> None:
        """Answer one request, if none is being answered: the next has its turn when this one's answer is away."""
        if not self._pending:
            line, end, rest = self._requests.partition(b"\n")
            if end:
                self._requests, self._pending = rest, self._answer(line) + b"\n"
            elif len(line) > LONGEST_REQUEST:
                self._over, self._requests, self._pending = True, b"", self._answer(line) + b"\n"
        if self._pending:
            self._selector.modify(self._socket, selectors.EVENT_WRITE, self._ready)
        elif self._over:
            self.close()
        else:
            self._selector.modify(self._socket, selectors.EVENT_READ, self._ready)


def _user(connection: socket.socket) -> int:
    octets = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(octets)[1])
