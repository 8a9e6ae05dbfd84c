"""Runs a router on real ports with real applications: one loop, one thread."""

import selectors
import socket
import time
from collections.abc import Callable, Mapping

from ipos_reference.applications import LocalAddress
from ipos_reference.attachment import Attachment
from ipos_reference.events import Attached, Changed, Detached
from ipos_reference.ports import Port
from ipos_reference.router import Lan, Router

_BUDGET = 64
"""Frames taken from one port before the other gets its turn."""


class Driver:
    """Moves frames between ports and router, octets between router and applications, and keeps the time."""

    def __init__(self, router: Router, ports: Mapping[Lan, Port], applications: Mapping[int, LocalAddress]) -> None:
        self._router = router
        self._ports = ports
        self._applications = applications
        self._attachments: dict[int, Attachment] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self.frames_not_sent = 0
        # A signal handler's word would not end a select that is under way; an octet in this pair does.
        self._bell, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, lambda _mask, _now: self._woken.recv(1))
        for lan, port in ports.items():
            self._selector.register(port, selectors.EVENT_READ, self._receiver(lan, port))

    def run(self) -> None:
        """Run until `stop` is called, by a signal handler for instance."""
        while not self._stopping:
            for key, mask in self._selector.select(self._wait()):
                key.data(mask, time.monotonic())
            self._turn(time.monotonic())

    def stop(self) -> None:
        """Let `run` return after the present turn."""
        self._stopping = True
        self._bell.send(b"!")

    def close(self) -> None:
        """Close the ports and the connections to the applications."""
        for attachment in self._attachments.values():
            attachment.close(reset=True)
        for port in self._ports.values():
            port.close()
        self._selector.close()
        self._bell.close()
        self._woken.close()

    def _receiver(self, lan: Lan, port: Port) -> Callable[[int, float], None]:
        def receive(_mask: int, now: float) -> None:
            for frame in port.receive(now, _BUDGET):
                self._router.receive(lan, frame, now)

        return receive

    def _wait(self) -> float | None:
        """Seconds until something is due."""
        due = [self._router.next_timeout(), *(port.next_timeout() for port in self._ports.values())]
        first = min((when for when in due if when is not None), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _turn(self, now: float) -> None:
        """Everything that follows from what just came in."""
        self._router.handle_timeout(now)
        for lan, port in self._ports.items():
            port_due = port.next_timeout()
            if port_due is not None and port_due <= now:
                port.flush(now)
                self._receiver(lan, port)(selectors.EVENT_READ, now)
        self._tell_applications(now)
        for lan, frame in self._router.frames_to_send():
            if not self._ports[lan].send(frame, now):
                self.frames_not_sent += 1

    def _tell_applications(self, now: float) -> None:
        while (event := self._router.next_event()) is not None:
            match event:
                case Attached(number, listening_port):
                    self._attach(number, self._applications[listening_port], now)
                case Changed(number):
                    if number in self._attachments:
                        self._attachments[number].pump(now)
                case Detached(number, failure, unread):
                    attachment = self._attachments.pop(number, None)
                    if attachment is not None and failure is None:
                        attachment.finish(unread, now)
                    elif attachment is not None:
                        attachment.close(reset=True)

    def _attach(self, number: int, address: LocalAddress, now: float) -> None:
        try:
            self._attachments[number] = Attachment(self._router, number, address, self._selector)
        except OSError:  # no descriptor or local port is left, or nobody has a Unix socket there
            self._router.abort(number, now)
