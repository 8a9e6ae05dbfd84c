"""The processes behind the router: each in a session of its own, ended with everything that it started."""

import contextlib
import ctypes
import errno
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from typing import Any

from ipos_reference.descriptors import restore_limit
from ipos_reference.privileges import Account

END_WITHIN = 3.0
"""Seconds that an application has to end by itself when it is asked to."""

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_LIBC = ctypes.CDLL(None)


class ApplicationError(Exception):
    """An application can't be started or reached; the text says which and what to do."""


class Application:
    """One process, and what it starts.

    account  whose process it is; the router's own user without

    Raises ApplicationError if it can't be started.
    """

    def __init__(self, command: Sequence[str], account: Account | None = None) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own command
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_in_the_child,
                **_identity(account),
            )
        except OSError as error:
            advice = "is it installed, and is the name right?"
            if error.errno == errno.EACCES:
                who = repr(account.name) if account is not None else "this user"
                advice = f"may {who} run it, and reach it through its directories?"
            elif account is not None and error.errno in (errno.EPERM, errno.EINVAL):  # of setgroups, setuid (2)
                advice = f"can't become {account.name!r}; in a user namespace leave out run.user"
            raise ApplicationError(f"{command[0]}: {error.strerror}; {advice}") from error
        self.name = command[0]
        self._ended = os.pidfd_open(self._process.pid)

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """A descriptor that is readable once the process has ended."""
        return self._ended

    def has_ended(self, within: float = 0.0) -> bool:
        """Whether the process has ended, or does within these seconds."""
        return bool(select.select([self._ended], [], [], within)[0])

    def ask_to_end(self) -> None:
        """SIGTERM, to it and what it started."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, to it and what it started."""
        self._signal(signal.SIGKILL)

    def close(self) -> int:
        """End what is left of it, so that nobody holds its port; returns the exit status, or minus its signal."""
        self.kill()  # before it is waited for: until then the number of its group is nobody else's
        status = self._process.wait()
        os.close(self._ended)
        return status

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def end_all(applications: Iterable[Application]) -> None:
    """Ask all of them to end, wait for them, and end the rest firmly."""
    left = list(applications)
    for application in left:
        application.ask_to_end()
    give_up = time.monotonic() + END_WITHIN
    for application in left:
        application.has_ended(max(0.0, give_up - time.monotonic()))
        application.close()


def _identity(account: Account | None) -> dict[str, Any]:
    if account is None or os.geteuid() == account.user:
        return {}
    return {"user": account.user, "group": account.group, "extra_groups": []}


def _in_the_child() -> None:
    # Have the kernel end the application if the router is killed: nothing would own its port otherwise.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    restore_limit()
