"""What surrounds a command: standard streams that are closed, full, read no more, or know few characters."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ipos_spec.cli.common import reason, refuse


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Make the standard streams usable, and tell what can't be written in the one line of all bad input."""
    _open_what_is_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head -1` is no error, and nobody's exit code
    try:
        yield
    except OSError as error:
        _give_up_output()
        try:
            refuse(f"output can't be written ({reason(error)})")
        except typer.Exit as refused:
            sys.exit(refused.exit_code)


def _open_what_is_closed() -> None:
    """Python has None for a stream that is closed: input is empty then, and output is an error only if there is any."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _give_up_output() -> None:
    """Where nothing can be written, Python must not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
