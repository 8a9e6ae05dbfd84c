"""A port without a device: two queues, for tests and simulations."""

from collections import deque

from ipos_reference.ports.port import Port


class MemoryPort(Port):
    """What is put into ``incoming`` is received; what is sent is found in ``outgoing``."""

    def __init__(self) -> None:
        self.incoming: deque[bytes] = deque()
        self.outgoing: deque[bytes] = deque()

    def fileno(self) -> int:
        """There is none: this port is polled."""
        return -1

    def receive(self, now: float, budget: int) -> list[bytes]:  # noqa: ARG002 - queues need no clock
        """Take frames from ``incoming``."""
        return [self.incoming.popleft() for _ in range(min(budget, len(self.incoming)))]

    def send(self, frame: bytes, now: float) -> bool:  # noqa: ARG002 - queues need no clock
        """Put a frame into ``outgoing``."""
        self.outgoing.append(frame)
        return True

    def close(self) -> None:
        """Nothing to give back."""
