"""Between one UDP endpoint and its application: datagrams over a local socket of its own, so that answers find it."""

import selectors
import socket
from collections import deque

from ipos_reference.local_address import LocalAddress
from ipos_reference.router import Router
from ipos_reference.service import Service
from ipos_reference.traffic import Traffic

MOST_WAITING = 64
"""Datagrams of one client that wait for an application; more are lost, as on any wire."""

MOST_WAITING_IN_ALL = 8192
"""Of all clients together: whoever forges addresses has as many clients as he likes."""

_LARGEST = 65536
_BUDGET = 16
"""Datagrams taken from the application before others get their turn."""


class DatagramAttachment:
    """A client's socket at the application.

    An application that is gone loses datagrams, no more. A datagram that comes later looks for it again, by a new
    socket: a Unix socket of a new process is another, and one on demand has to be started.
    """

    def __init__(
        self, router: Router, number: int, service: Service, selector: selectors.BaseSelector, traffic: Traffic
    ) -> None:
        self._router = router
        self._number = number
        self._service = service
        self._selector = selector
        self._traffic = traffic
        self._waiting: deque[bytes] = deque()
        self._asked = False  # the service has been asked for the application, and has not answered
        self._registered = 0
        self._socket: socket.socket | None = None

    def connect(self, address: LocalAddress, now: float) -> None:
        """The application is there."""
        self._asked = False
        try:
            self._socket = address.connect()
        except OSError:  # no descriptor or local port is left, or nobody has a Unix socket there
            self.fail(now)
        else:
            self._send(now)

    def fail(self, now: float) -> None:
        """The application is not there."""
        del now
        self._asked = False
        self._count_lost(len(self._waiting))
        while self._waiting:
            self._forget()

    def lose(self, now: float) -> None:
        """The application has ended; the next datagram looks for it again, rather than get lost in telling so."""
        del now
        self._disconnect()

    def deliver(self, octets: bytes, now: float) -> None:
        """A client's datagram for the application."""
        if len(self._waiting) >= MOST_WAITING or self._traffic.waiting >= MOST_WAITING_IN_ALL:
            self._count_lost(1)
            return
        self._waiting.append(octets)
        self._traffic.waiting += 1
        self._send(now)

    def ready(self, mask: int, now: float) -> None:
        """The local socket can be read or written."""
        if self._socket is not None and mask & selectors.EVENT_READ:
            self._receive(self._socket, now)
        if self._socket is not None and mask & selectors.EVENT_WRITE:
            self._send(now)

    def close(self, now: float) -> None:
        """The endpoint has ended, and with it what still waits."""
        self.fail(now)
        self._disconnect()
        self._service.left(self, now)

    def _send(self, now: float) -> None:
        """Send what waits, as far as the application takes it; where it has gone, look for it once more."""
        while self._waiting and self._socket is not None:
            try:
                self._socket.send(self._waiting[0])
            except BlockingIOError:
                break
            except ConnectionError:  # of UDP an earlier datagram's; of a Unix socket this one's, which is kept
                self._count_lost(1 if self._socket.family == socket.AF_INET else 0)
                self._disconnect()
            except OSError:  # larger than what a local socket takes
                self._count_lost(1)
                self._forget()
            else:
                self._forget()
        if self._socket is not None:
            self._watch(self._socket)
        elif self._waiting and not self._asked:
            self._asked = True
            self._service.serve(self, now)

    def _receive(self, local: socket.socket, now: float) -> None:
        try:
            for _ in range(_BUDGET):
                self._router.datagram(self._number, local.recv(_LARGEST), now)
        except BlockingIOError:
            pass
        except OSError:  # nobody was there for an earlier datagram
            self._count_lost(1)
            self._disconnect()

    def _forget(self) -> None:
        """The first that waits is done with."""
        self._waiting.popleft()
        self._traffic.waiting -= 1

    def _count_lost(self, datagrams: int) -> None:
        self._traffic.not_delivered += datagrams

    def _disconnect(self) -> None:
        local, self._socket = self._socket, None
        if local is not None:
            if self._registered:
                self._selector.unregister(local)
                self._registered = 0
            local.close()

    def _watch(self, local: socket.socket) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._waiting else 0)
        if not self._registered:
            self._selector.register(local, wanted, self.ready)
        elif wanted != self._registered:
            self._selector.modify(local, wanted, self.ready)
        self._registered = wanted
