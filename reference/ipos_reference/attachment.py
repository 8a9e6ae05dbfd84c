"""Between one endpoint and its application: octets over a local socket, both ways, with back-pressure."""

import contextlib
import selectors
import socket
import struct

from ipos_reference.applications import LocalAddress
from ipos_reference.router import Router

_CHUNK = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class Attachment:
    """One connection to the application.

    Nothing is read from either side that the other has no room for: the endpoint's window closes when the application
    does not read, and the application's socket fills when the client does not.
    """

    def __init__(self, router: Router, number: int, address: LocalAddress, selector: selectors.BaseSelector) -> None:
        self._router = router
        self._number = number
        self._selector = selector
        self._pending = b""
        self._connecting = True
        self._endpoint_done = False  # the endpoint has ended in order, `_pending` is all that is left of it
        self._client_done = False  # the client's end of stream has been passed on
        self._application_done = False
        self._registered = 0
        self._socket = address.connect()
        self._watch()

    def ready(self, mask: int, now: float) -> None:
        """The local socket can be read or written."""
        if self._connecting and mask & selectors.EVENT_WRITE:
            if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._fail(now)
                return
            self._connecting = False
        try:
            if mask & selectors.EVENT_READ:
                self._from_application(now)
            self.pump(now)
        except OSError:
            self._fail(now)

    def pump(self, now: float) -> None:
        """Pass on what the client sent, as far as the application takes it; for when the endpoint may have changed."""
        if self._socket.fileno() < 0:
            return
        try:
            while not self._connecting and not self._client_done and self._to_application(now):
                pass
        except OSError:
            self._fail(now)
            return
        if self._client_done and self._application_done:
            self.close(reset=False)
        else:
            self._watch()

    def finish(self, unread: bytes, now: float) -> None:
        """The endpoint has ended in order; what the application has not read yet is passed on, whenever it reads."""
        self._pending += unread
        self._endpoint_done = self._application_done = True
        self.pump(now)

    def close(self, *, reset: bool) -> None:
        """Close the local socket; ``reset`` where the client broke off, so that the application learns of it."""
        if self._socket.fileno() < 0:
            return
        if self._registered:
            self._selector.unregister(self._socket)
            self._registered = 0
        if reset:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._socket.close()

    def _to_application(self, now: float) -> bool:
        """Pass on one chunk or the end of the stream; False if there is nothing, or no room."""
        if not self._pending:
            self._pending = self._router.read(self._number, _CHUNK, now)
        if self._pending:
            try:
                sent = self._socket.send(self._pending)
            except BlockingIOError:
                return False
            self._pending = self._pending[sent:]
            return True
        endpoint = self._router.endpoint(self._number)
        if self._endpoint_done or (endpoint is not None and endpoint.end_of_stream):
            self._client_done = True
            self._socket.shutdown(socket.SHUT_WR)
        return False

    def _from_application(self, now: float) -> None:
        room = self._room()
        if not room:
            return
        with contextlib.suppress(BlockingIOError):
            octets = self._socket.recv(min(room, _CHUNK))
            if self._socket.family == socket.AF_INET:
                # An application that writes header and body apart waits for our kernel's ACK in between (Nagle), which
                # would be delayed by 40 ms. The option lasts for one ACK only.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if octets:
                self._router.write(self._number, octets, now)
            else:
                self._application_done = True
                self._router.close(self._number, now)

    def _room(self) -> int:
        return self._router.room(self._number)

    def _fail(self, now: float) -> None:
        """The application is gone, or was never there: the client is told by an RST."""
        self._router.abort(self._number, now)
        self.close(reset=False)

    def _watch(self) -> None:
        """Ask the selector only for what can be done, so that it does not spin."""
        wanted = selectors.EVENT_WRITE if self._connecting or self._pending else 0
        if not self._connecting and not self._application_done and self._room():
            wanted |= selectors.EVENT_READ
        if wanted == self._registered:
            return
        if not self._registered:
            self._selector.register(self._socket, wanted, self.ready)
        elif wanted:
            self._selector.modify(self._socket, wanted, self.ready)
        else:
            self._selector.unregister(self._socket)
        self._registered = wanted
