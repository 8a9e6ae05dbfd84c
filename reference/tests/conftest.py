"""What every test of the reference is run with."""

import signal
from collections.abc import Iterator

import pytest

_SET_BY_A_ROUTER = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """A router that was run within this process must not leave its own: a fork of another test would go on with it."""
    before = {number: signal.getsignal(number) for number in _SET_BY_A_ROUTER}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
