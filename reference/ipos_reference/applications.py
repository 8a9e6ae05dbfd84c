"""The processes behind the router: started with it, reached over a local socket, ended with it."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ipos_reference.privileges import Account

START_WITHIN = 15.0
"""Seconds in which an application has to accept connections after it was started."""

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_LIBC = ctypes.CDLL(None)

_TRY_EVERY = 0.02
_END_WITHIN = 3.0


class ApplicationError(Exception):
    """An application can't be started or reached; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """Where an application listens on this host: a TCP address, or a Unix socket (then ``path`` is set)."""

    host: str = ""
    port: int = 0
    path: str = ""

    def connect(self) -> socket.socket:
        """Begin to connect, without waiting. The socket is writable when the connection stands.

        Raises OSError where it is clear at once that it will not.
        """
        local = socket.socket(socket.AF_UNIX if self.path else socket.AF_INET, socket.SOCK_STREAM)
        try:
            local.setblocking(False)
            if not self.path:
                local.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                local.connect(self.path or (self.host, self.port))
        except OSError:
            local.close()
            raise
        return local

    def answers(self) -> bool:
        """Whether somebody accepts connections there."""
        family = socket.AF_UNIX if self.path else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(self.path or (self.host, self.port)) == 0

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"{self.host}:{self.port}"


class Application:
    """One process in a session of its own, so that it can be ended with everything that it started.

    account  whose process it is; the router's own user without
    """

    def __init__(self, command: Sequence[str], address: LocalAddress, account: Account | None = None) -> None:
        if address.answers():
            raise ApplicationError(f"something already listens on {address}; stop it, or leave out `command` to use it")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own command
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_end_with_the_router,
                **_identity(account),
            )
        except OSError as error:
            raise ApplicationError(
                f"{command[0]}: {error.strerror}; is it installed, and is the name right?"
            ) from error
        self._command = list(command)
        self._address = address

    def wait_until_ready(self) -> None:
        """Wait until the application accepts connections. Raises ApplicationError if it ends or takes too long."""
        give_up = time.monotonic() + START_WITHIN
        while not self._address.answers():
            if self._process.poll() is not None:
                raise ApplicationError(f"{self._command[0]} ended at once with status {self._process.returncode}")
            if time.monotonic() > give_up:
                raise ApplicationError(
                    f"{self._command[0]} does not listen on {self._address} after {START_WITHIN:.0f} s"
                )
            time.sleep(_TRY_EVERY)

    def stop(self) -> None:
        """End the process and what it started; firmly, if it does not go by itself."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
        try:
            self._process.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _identity(account: Account | None) -> dict[str, Any]:
    if account is None or os.geteuid() == account.user:
        return {}
    return {"user": account.user, "group": account.group, "extra_groups": []}


def _end_with_the_router() -> None:
    """Have the kernel end the application if the router is killed: nothing would own its port otherwise."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
