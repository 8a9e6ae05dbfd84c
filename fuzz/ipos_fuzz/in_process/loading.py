"""The router that a user names as MODULE:FACTORY."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ipos_fuzz.errors import FuzzError


@runtime_checkable
class SansIo(Protocol):
    """A router without sockets and clock. A LAN is "first LAN" or "second LAN"; times are seconds of one clock."""

    def receive(self, lan: str, frame: bytes, now: float) -> None:
        """Take a frame, without frame check sequence."""

    def frames_to_send(self) -> Sequence[tuple[str, bytes]]:
        """Give all that waits to be sent, in order."""

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due; None if nothing is."""

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""


def load(name: str, configuration: Path) -> Callable[[], SansIo]:
    """What makes new routers: FACTORY(configuration) of MODULE. Raises FuzzError if that gives none."""
    module, _, factory = name.partition(":")
    if not module or not factory:
        raise FuzzError(f"found {name!r}, expected MODULE:FACTORY, such as my_router.in_process:router")
    if os.getcwd() not in sys.path:  # noqa: PTH109 - as it stands there
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        made = getattr(importlib.import_module(module), factory)
        router = made(configuration)
    except (Exception, SystemExit) as error:
        raise FuzzError(f"{name}: {type(error).__name__}: {error}, expected a function that makes a router") from error
    if not isinstance(router, SansIo):
        methods = "receive, frames_to_send, next_timeout and handle_timeout"
        raise FuzzError(f"{name}: it made {type(router).__name__}, expected something with {methods}")
    return lambda: made(configuration)
