"""Between one TCP endpoint and its application: octets over a local socket, both ways, with back-pressure."""

import contextlib
import selectors
import socket
import struct

from ipos_reference.local_address import LocalAddress
from ipos_reference.router import Router
from ipos_reference.service import Service

_CHUNK = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class Attachment:
    """One connection to the application; none yet as long as the service has not called `connect`.

    Nothing is read from either side that the other has no room for: the endpoint's window closes when the application
    does not read, or is not there yet, and the application's socket fills when the client does not read.
    """

    def __init__(self, router: Router, number: int, service: Service, selector: selectors.BaseSelector) -> None:
        self._router = router
        self._number = number
        self._service = service
        self._selector = selector
        self._pending = b""
        self._connecting = True
        self._endpoint_done = False  # the endpoint has left or ended in order, `_pending` is all that is left of it
        self._client_done = False  # the client's end of stream has been passed on
        self._application_done = False
        self._closed = False
        self._registered = 0
        self._socket: socket.socket | None = None

    def connect(self, address: LocalAddress, now: float) -> None:
        """The application is there."""
        try:
            self._socket = address.connect()
        except OSError:  # no descriptor or local port is left, or nobody has a Unix socket there
            self.fail(now)
        else:
            with contextlib.suppress(OSError):  # not yet, or it never will be: `ready` is told
                # An application on this host accepts at once: the request need not wait for the selector's word.
                self._socket.getpeername()
                self._connecting = False
            self.pump(now)

    def ready(self, mask: int, now: float) -> None:
        """The local socket can be read or written."""
        if self._socket is None:
            return
        if self._connecting and mask & selectors.EVENT_WRITE:
            if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.fail(now)
                return
            self._connecting = False
        try:
            if mask & selectors.EVENT_READ:
                self._from_application(self._socket, now)
            self.pump(now)
        except OSError:
            self.fail(now)

    def pump(self, now: float) -> None:
        """Pass on what the client sent, as far as the application takes it; for when the endpoint may have changed."""
        if self._socket is None:
            return
        try:
            while not self._connecting and not self._client_done and self._to_application(self._socket, now):
                pass
        except OSError:
            self.fail(now)
            return
        if self._client_done and self._application_done:
            self.close(now, reset=False)
        else:
            self._watch(self._socket)

    def finish(self, unread: bytes, now: float) -> None:
        """The endpoint has left or ended in order; what the application has not read yet follows, whenever it reads."""
        self._pending += unread
        self._endpoint_done = self._application_done = True
        self.pump(now)

    def fail(self, now: float) -> None:
        """The application is gone, or was never there: the client is told by an RST."""
        if not self._endpoint_done:  # else its number may be that of an endpoint that came back
            self._router.abort(self._number, now)
        self.close(now, reset=False)

    def lose(self, now: float) -> None:
        """The application has ended: the local socket will say so, behind what it has sent before."""

    def close(self, now: float, *, reset: bool) -> None:
        """Close the local socket; ``reset`` where the client broke off, so that the application learns of it."""
        if self._closed:
            return
        self._closed = True
        local, self._socket = self._socket, None
        if local is not None:
            if self._registered:
                self._selector.unregister(local)
            if reset:
                with contextlib.suppress(OSError):
                    local.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            local.close()
        self._service.left(self, now)

    def _to_application(self, local: socket.socket, now: float) -> bool:
        """Pass on one chunk or the end of the stream; False if there is nothing, or no room."""
        endpoint = self._router.endpoint(self._number)
        if not self._pending and not self._endpoint_done and endpoint is not None and endpoint.readable:
            self._pending = self._router.read(self._number, _CHUNK, now)
        if self._pending:
            try:
                sent = local.send(self._pending)
            except BlockingIOError:
                return False
            self._pending = self._pending[sent:]
            return True
        if self._endpoint_done or (endpoint is not None and endpoint.end_of_stream):
            self._client_done = True
            local.shutdown(socket.SHUT_WR)
        return False

    def _from_application(self, local: socket.socket, now: float) -> None:
        room = self._room()
        if not room:
            return
        with contextlib.suppress(BlockingIOError):
            octets = local.recv(min(room, _CHUNK))
            if local.family == socket.AF_INET:
                # An application that writes header and body apart waits for our kernel's ACK in between (Nagle), which
                # would be delayed by 40 ms. The option lasts for one ACK only.
                local.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if octets:
                self._router.write(self._number, octets, now)
            else:
                self._application_done = True
                self._router.close(self._number, now)

    def _room(self) -> int:
        return self._router.room(self._number)

    def _watch(self, local: socket.socket) -> None:
        """Ask the selector only for what can be done, so that it does not spin."""
        wanted = selectors.EVENT_WRITE if self._connecting or self._pending else 0
        if not self._connecting and not self._application_done and self._room():
            wanted |= selectors.EVENT_READ
        if wanted == self._registered:
            return
        if not self._registered:
            self._selector.register(local, wanted, self.ready)
        elif wanted:
            self._selector.modify(local, wanted, self.ready)
        else:
            self._selector.unregister(local)
        self._registered = wanted
