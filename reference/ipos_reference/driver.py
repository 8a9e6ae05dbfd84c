"""Runs a router on real ports with real applications: one loop, one thread."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from ipos_reference.event_log import EventLog, silent
from ipos_reference.ports import Port
from ipos_reference.router import Lan, Router
from ipos_reference.services import Services

_BUDGET = 128
"""Frames taken from one port before the other gets its turn."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what does not tell of itself."""


class Driver:
    """Moves frames between ports and router, events from the router to the applications, and keeps the time.

    services  the applications, which are called back by the same selector
    look      called every second, with the time: for what is only seen by looking at it
    grace     seconds in which live connections may end by themselves after `stop`; what is left then is reset
    """

    def __init__(
        self,
        router: Router,
        ports: Mapping[Lan, Port],
        services: Services,
        selector: selectors.BaseSelector,
        *,
        look: Callable[[float], None] | None = None,
        log: EventLog | None = None,
        grace: float = 0.0,
    ) -> None:
        self._router = router
        self._ports = ports
        self._services = services
        self._log = log or silent()
        self._look = look
        self._next_look = 0.0 if look is not None else None
        self._grace = grace
        self._stops = 0
        self._ends_at: float | None = None
        self._selector = selector
        self.traffic = services.traffic
        # A signal handler's word would not end a select that is under way; an octet in this pair does.
        self._bell, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, lambda _mask, _now: self._woken.recv(1))
        for lan, port in ports.items():
            self._selector.register(port, selectors.EVENT_READ, self._receiver(lan, port))

    def run(self) -> None:
        """Run until `stop` is called, by a signal handler for instance, and what follows from it is done."""
        while not self._is_over(time.monotonic()):
            for key, mask in self._selector.select(self._wait()):
                key.data(mask, time.monotonic())
            self._turn(time.monotonic())
        now = time.monotonic()
        self._router.end_all(now)
        self._turn(now)
        self._log.summarise(self._router.discards, now)

    def stop(self) -> None:
        """Take no one new, and return from `run` as soon as no connection is under way; called again, at once."""
        self._stops += 1
        self._bell.send(b"!")

    def _is_over(self, now: float) -> bool:
        if not self._stops:
            return False
        if self._ends_at is None:
            self._ends_at = now + self._grace
            self._router.stop_listening()
            self._log.note("stopping", endpoints=len(self._router.tables), grace_seconds=self._grace)
        return self._stops > 1 or now >= self._ends_at or not self._router.busy

    def close(self) -> None:
        """Close the ports and the connections to the applications; the selector is its maker's."""
        self._services.close()
        for port in self._ports.values():
            self._selector.unregister(port)
            port.close()
        self._selector.unregister(self._woken)
        self._bell.close()
        self._woken.close()

    def _receiver(self, lan: Lan, port: Port) -> Callable[[int, float], None]:
        def receive(_mask: int, now: float) -> None:
            frames = port.receive(now, _BUDGET)
            self.traffic.received[lan] += len(frames)
            self._router.receive_all(lan, frames, now)

        return receive

    def _wait(self) -> float | None:
        """Seconds until something is due."""
        due = [self._router.next_timeout(), self._services.next_timeout(), self._log.next_summary()]
        due += [self._next_look, self._ends_at]
        due += [port.next_timeout() for port in self._ports.values()]
        first = min((when for when in due if when is not None), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _turn(self, now: float) -> None:
        """Everything that follows from what just came in."""
        if self._look is not None and self._next_look is not None and self._next_look <= now:
            self._next_look = now + LOOK_EVERY
            self._look(now)
        self._router.handle_timeout(now)
        for lan, port in self._ports.items():
            port_due = port.next_timeout()
            if port_due is not None and port_due <= now:
                port.flush(now)
                self._receiver(lan, port)(selectors.EVENT_READ, now)
        self._services.handle_timeout(now)
        self._tell_applications(now)
        for lan, frames in _by_lan(self._router.frames_to_send()):
            sent = self._ports[lan].send_all(frames, now)
            self.traffic.sent[lan] += sent
            self.traffic.not_sent += len(frames) - sent
        if self._log.next_summary() <= now:
            self._log.summarise(self._router.discards, now)

    def _tell_applications(self, now: float) -> None:
        while (event := self._router.next_event()) is not None:
            self._services.handle(event, now)


def _by_lan(frames: Sequence[tuple[Lan, bytes]]) -> Iterator[tuple[Lan, Sequence[bytes]]]:
    """What may be sent at once; of each LAN in order."""
    if not frames:
        return
    lans, octets = zip(*frames, strict=True)
    if lans.count(lans[0]) == len(lans):  # what a forwarder sends, for the price of no loop
        yield lans[0], octets
        return
    for lan in Lan:
        yield lan, [frame for its, frame in frames if its is lan]
