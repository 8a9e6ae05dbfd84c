"""What ends a campaign from outside (Ctrl-C, SIGTERM, a terminal that is closed), and where that has to wait."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_AGAIN = signal.SIGALRM
_ENDS_US = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, _AGAIN)
_A_MOMENT = 0.01
"""Seconds."""


@dataclass
class Interruption:
    """Whether one came, for loops around what may swallow the KeyboardInterrupt."""

    came: bool = False


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let SIGTERM and SIGHUP end what is done here as Ctrl-C does, by KeyboardInterrupt. For the main thread.

    A signal may come while Python calls what nothing can be raised out of: a finaliser, or what the garbage collector
    calls (Hypothesis has it call something). It comes again then.
    """
    interruption = Interruption()

    def interrupt(_: int) -> None:
        interruption.came = True
        raise KeyboardInterrupt

    with _handled_by(interrupt), _swallowed_come_again():
        yield interruption


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let them wait until what is done here is done or has failed: they come then. For the main thread."""
    came: list[int] = []
    try:
        with _handled_by(came.append):
            yield
    finally:
        if came:
            signal.raise_signal(came[-1])


@contextmanager
def _handled_by(handle: Callable[[int], None]) -> Iterator[None]:
    # Whoever started us may have had them ignored, as nohup does.
    numbers = [number for number in _ENDS_US if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, _: handle(number)) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextmanager
def _swallowed_come_again() -> Iterator[None]:
    former = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)
        else:
            former(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # nobody handles it any more
        sys.unraisablehook = former
