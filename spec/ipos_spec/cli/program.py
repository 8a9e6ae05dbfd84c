"""Asking another program: lines to its standard input, lines from its standard output, and never a wait without end."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

_TICK = 0.1
"""Seconds between looks at how far it came."""

_LAST_WORDS = 2.0
"""Seconds in which an ended program's pipes have to be read to their end."""

_MOST_OCTETS = 1 << 24
"""Of output, far more than any right program has to say."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a program said.

    lines       of its standard output, without their ends; at most one more than it was given
    unfinished  what it printed behind them, if it broke in the middle of a line
    errors      its standard error
    broken      why it did not come to a good end by itself; empty if it did
    """

    lines: tuple[bytes, ...]
    unfinished: bytes
    errors: bytes
    broken: str


def ask(command: Sequence[str], lines: Sequence[str], timeout: float) -> Said:
    """Start a program, give it lines and the end of its input, and take what it prints until it ends.

    timeout  seconds in which it has to print something more, or to end; else it is ended, with its children

    Raises OSError where it can't be started.
    """
    with tempfile.TemporaryFile() as given:  # a file holds up nobody, however late the program reads it
        given.write("".join(f"{line}\n" for line in lines).encode())
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    try:
        broken = _listen(process, timeout)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    output, errors = _last_words(process)
    return _said(output, errors, broken or _end(process.returncode), len(lines) + 1)


def _listen(process: "subprocess.Popen[bytes]", timeout: float) -> str:
    """Read until the program ends, says no more, or does not stop; why it has to be ended, if it has."""
    said, silence = 0, 0.0
    while silence < timeout:
        try:
            process.communicate(timeout=_TICK)
        except subprocess.TimeoutExpired as still:
            printed = len(still.stdout or b"") + len(still.stderr or b"")
        else:
            return ""
        if printed > _MOST_OCTETS:
            return f"it prints without end: {printed} octets so far"
        silence = silence + _TICK if printed == said else 0.0
        said = printed
    return f"it hangs: nothing more in {timeout:g} s"


def _last_words(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=_LAST_WORDS)
    except subprocess.TimeoutExpired as held:  # by a child that left the group
        return held.stdout or b"", held.stderr or b""


def _said(output: bytes, errors: bytes, broken: str, most: int) -> Said:
    """Take at most so many lines apart: of one that prints without end, the rest is nobody's answer."""
    *lines, last = output.split(b"\n", most)
    if last and not broken:
        return Said((*lines, last), b"", errors, broken)
    return Said(tuple(lines), last, errors, broken)


def _end(status: int | None) -> str:
    if not status:
        return ""
    return f"it was ended by {signal.Signals(-status).name}" if status < 0 else f"it ended with status {status}"
