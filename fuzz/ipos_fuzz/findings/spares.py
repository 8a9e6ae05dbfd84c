"""Targets that are set up ahead, while another one is tried: to launch one takes longer than to try it."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from socket import socket

from ipos_conformance.errors import BenchError

from ipos_fuzz.campaign.place import Place

_AHEAD = 2


@dataclass(frozen=True)
class Stage:
    """A target that nobody has sent anything yet. sockets: one on each LAN; down: takes it down."""

    stand: Place
    sockets: list[socket]
    down: ExitStack


SetUp = Callable[[int], Stage]
"""Sets one up; the number tells those apart that are there at the same time. Raises BenchError."""


class Spares:
    """The next targets.

    Each is set up by a thread that enters a network namespace of its own for it, and lives as long as the target does:
    a target whose thread has ended ends, too. Where the first spare can't be set up beside another target, none is.
    """

    def __init__(self, set_up: SetUp) -> None:
        self._set_up = set_up
        self._pool = ThreadPoolExecutor(_AHEAD, "spare")
        self._coming: deque[Future[Stage]] = deque()
        self._number = 0
        self._ahead = _AHEAD

    def take(self) -> Stage:
        """The next one, from now on the caller's. Raises BenchError if none can be set up."""
        while len(self._coming) < self._ahead:
            self._number = (self._number + 1) % (2 * _AHEAD)
            self._coming.append(self._pool.submit(self._set_up, self._number))
        if self._coming:
            try:
                return self._coming.popleft().result()
            except BenchError:
                self._drop()
        return self._set_up(2 * _AHEAD)

    def close(self) -> None:
        """Take down what nobody took."""
        self._drop()
        self._pool.shutdown()

    def _drop(self) -> None:
        self._ahead = 0
        while self._coming:
            with suppress(BenchError):
                self._coming.popleft().result().down.close()
