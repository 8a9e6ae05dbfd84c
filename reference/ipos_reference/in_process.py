"""The router with applications that answer at once, all in one object: for tests and fuzzers that bring their own time.

Nothing is started and no socket opened: whoever handles it hands in frames and times, and takes frames out.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from ipos_spec.encapsulation import Protocol

from ipos_reference.configuration.reading import read
from ipos_reference.events import Attached, Changed, Datagram, Detached, Event
from ipos_reference.request import RequestKind
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_AT_ONCE = 1 << 16
_SEED = 1
"""Of cookies and initial sequence numbers: the same frames at the same times get the same answers."""


def router(configuration: Path) -> "InProcess":
    """Make the router of a configuration file; ports and applications in it are left alone."""
    return InProcess(read(configuration).settings())


class InProcess:
    """A router, an HTTP server with one answer, and echo services. A LAN is a `Lan`, or its text."""

    def __init__(self, settings: Settings) -> None:
        self.router = Router(settings, random.Random(_SEED))  # noqa: S311 - repeatable on purpose
        self._listeners = settings.listeners
        self._ports: dict[int, int] = {}

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        """Take a frame, without frame check sequence, as a driver hands it in: on the fast path, too."""
        self.router.receive_all(Lan(lan), (frame,), now)
        self._serve(now)

    def frames_to_send(self) -> Sequence[tuple[Lan, bytes]]:
        """Give all that waits to be sent, in order."""
        return self.router.frames_to_send()

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due; None if nothing is."""
        return self.router.next_timeout()

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        self.router.handle_timeout(now)
        self._serve(now)

    def _serve(self, now: float) -> None:
        while (event := self.router.next_event()) is not None:
            self._answer(event, now)

    def _answer(self, event: Event, now: float) -> None:
        match event:
            case Attached(number, port, Protocol.TCP):
                self._ports[number] = port
                self._answer_stream(number, now)
            case Changed(number):
                self._answer_stream(number, now)
            case Datagram(number, octets):
                self.router.datagram(number, octets, now)
            case Detached(number):
                self._ports.pop(number, None)

    def _answer_stream(self, number: int, now: float) -> None:
        octets = self.router.read(number, _AT_ONCE, now)
        if octets:
            is_http = self._listeners.get(self._ports.get(number, 0)) is RequestKind.HTTP
            self.router.write(number, _ANSWER if is_http else octets, now)
