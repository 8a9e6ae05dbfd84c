"""A bad wire around any port: seeded loss, corruption, duplication and reordering, in both directions."""

import random
from dataclasses import dataclass

from ipos_reference.ports.port import Port

KEPT_BACK = 0.005
"""Seconds after which a frame that was to be overtaken goes on by itself, if no other came to overtake it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """Probabilities, 0 to 1, that a frame is lost, has one bit flipped, is sent twice, or overtaken; and the seed."""

    loss: float = 0.0
    corruption: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    seed: int = 0


class _Direction:
    """One direction of the wire: puts in one frame, gets out those that arrive now."""

    def __init__(self, impairment: Impairment, purpose: str) -> None:
        self._impairment = impairment
        self._random = random.Random(f"{impairment.seed} {purpose}")  # noqa: S311 - repeatable on purpose
        # Chance of its own: what a seed loses, doubles and reorders is the same with corruption and without.
        self._bits = random.Random(f"{impairment.seed} {purpose} bits")  # noqa: S311
        self._kept: bytes | None = None
        self.due: float | None = None

    def pass_on(self, frame: bytes, now: float) -> list[bytes]:
        if self._random.random() < self._impairment.loss:
            return []
        frame = self._corrupted(frame)
        frames = [frame, frame] if self._random.random() < self._impairment.duplication else [frame]
        if self._kept is None and self._random.random() < self._impairment.reordering:
            self._kept, self.due = frame, now + KEPT_BACK
            return frames[1:]
        return frames + self._release()

    def _corrupted(self, frame: bytes) -> bytes:
        if not frame or self._bits.random() >= self._impairment.corruption:
            return frame
        bit = self._bits.randrange(8 * len(frame))
        octet = frame[bit // 8] ^ 1 << bit % 8
        return frame[: bit // 8] + bytes([octet]) + frame[bit // 8 + 1 :]

    def release_due(self, now: float) -> list[bytes]:
        return self._release() if self.due is not None and self.due <= now else []

    def _release(self) -> list[bytes]:
        kept, self._kept, self.due = self._kept, None, None
        return [kept] if kept is not None else []


class ImpairedPort(Port):
    """A port whose frames are lost, damaged, doubled and reordered by chance, the same chance for the same seed."""

    def __init__(self, port: Port, impairment: Impairment) -> None:
        self._port = port
        self._in = _Direction(impairment, "in")
        self._out = _Direction(impairment, "out")

    def fileno(self) -> int:
        """The inner port's descriptor."""
        return self._port.fileno()

    def receive(self, now: float, budget: int) -> list[bytes]:
        """Receive through the bad wire; up to twice the budget, since frames may be doubled."""
        arrived = self._in.release_due(now)
        for frame in self._port.receive(now, budget):
            arrived += self._in.pass_on(frame, now)
        return arrived

    def send(self, frame: bytes, now: float) -> bool:
        """Send through the bad wire; what is lost there counts as sent."""
        return self._send_all(self._out.pass_on(frame, now), now)

    def next_timeout(self) -> float | None:
        """When a frame that was kept back goes on by itself."""
        return min((way.due for way in (self._in, self._out) if way.due is not None), default=None)

    def flush(self, now: float) -> None:
        """Send what was kept back long enough."""
        self._send_all(self._out.release_due(now), now)

    def close(self) -> None:
        """Close the inner port."""
        self._port.close()

    def _send_all(self, frames: list[bytes], now: float) -> bool:
        sent = [self._port.send(frame, now) for frame in frames]  # each is tried, whatever becomes of the others
        return all(sent)
