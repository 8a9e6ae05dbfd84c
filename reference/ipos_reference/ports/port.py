"""What the driver asks of a port."""

from abc import ABC, abstractmethod
from collections.abc import Sequence


class PortError(Exception):
    """A port can't be opened, or is gone; the text says what to do about it."""


class Port(ABC):
    """One interface of the router. Frames are without frame check sequence; times are seconds of the driver's clock."""

    @abstractmethod
    def fileno(self) -> int:
        """A descriptor that becomes readable when frames wait."""

    @abstractmethod
    def receive(self, now: float, budget: int) -> list[bytes]:
        """Take frames that wait, at most ``budget``; never blocks. Raises PortError if the interface is gone."""

    @abstractmethod
    def send(self, frame: bytes, now: float) -> bool:
        """Send a frame; False if the device had no room for it, as a full queue on a wire would."""

    def send_all(self, frames: Sequence[bytes], now: float) -> int:
        """Send frames in order; returns how many of them the device took."""
        return sum(self.send(frame, now) for frame in frames)

    def next_timeout(self) -> float | None:
        """When `receive` or `flush` should be called even if nothing becomes readable."""
        return None

    def flush(self, now: float) -> None:  # noqa: B027 - most ports keep nothing back
        """Send what was kept back and is due."""

    @abstractmethod
    def close(self) -> None:
        """Give the interface back."""
