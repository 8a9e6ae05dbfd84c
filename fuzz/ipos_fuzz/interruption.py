"""What ends a campaign from outside (Ctrl-C, SIGTERM, a terminal that is closed), and where that has to wait."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDS_US = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what is done here as Ctrl-C does, by KeyboardInterrupt. For the main thread."""
    with _handled_by(_interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let them wait until what is done here is done: it is interrupted then. For the main thread."""
    came: list[bool] = []
    with _handled_by(lambda: came.append(True)):
        yield
    if came:
        raise KeyboardInterrupt


def _interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def _handled_by(handle: Callable[[], None]) -> Iterator[None]:
    # Whoever started us may have had them ignored, as nohup does.
    numbers = [number for number in _ENDS_US if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: handle()) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
