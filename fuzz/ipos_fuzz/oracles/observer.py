"""What watches every frame that passes, and says which of the target's is wrong."""

from collections.abc import Iterable
from typing import Protocol

from ipos_conformance.frames import Direction, Frame

from ipos_fuzz.violation import Violation


class Observer(Protocol):
    """Told of all frames in the order in which they passed."""

    def sent(self, frame: Frame) -> None:
        """We have sent this one."""

    def received(self, frame: Frame) -> Violation | None:
        """The target has sent this one; what is wrong with it, if anything is."""


class Blind:
    """Where nobody is asked to watch."""

    def sent(self, frame: Frame) -> None:
        """Forget it."""

    def received(self, frame: Frame) -> None:
        """Nothing is wrong with it."""


def observe(observer: Observer, frames: Iterable[Frame]) -> list[Violation]:
    """What is wrong among these frames."""
    found = []
    for frame in frames:
        if frame.direction is Direction.SENT:
            observer.sent(frame)
        elif (violation := observer.received(frame)) is not None:
            found.append(violation)
    return found
