"""Runs a target's command, and ends it with all its children when the suite ends, however that ends.

    python -m ipos_conformance.bench.warden [--own-namespace INTERFACE=MTU,...] COMMAND...

With --own-namespace the command gets a network namespace of its own; the warden says `ready` on its standard output,
waits for a line on its standard input (by then the interfaces are there), and sets them up.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True)
_PATIENCE = 2.0
_ENDS_US = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""The suite's end, and what a terminal sends when it is closed."""


def main(arguments: list[str]) -> int:
    """Run the command; its exit status is ours."""
    # The suite may die by SIGKILL: then we get SIGTERM, and the command's process group must go.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # Ctrl-C is the suite's business. A handler, unlike SIG_IGN, is not inherited by the command.
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in _ENDS_US:
        signal.signal(number, _leave)
    if arguments[:1] == ["--own-namespace"]:
        _own_namespace(arguments[1])
        arguments = arguments[2:]
    try:
        # Standard output is for our "ready" alone: what the command prints goes into the log, beside its errors.
        child = subprocess.Popen(  # noqa: S603
            arguments, start_new_session=True, stdin=subprocess.DEVNULL, stdout=sys.stderr
        )
    except OSError as error:
        sys.stderr.write(f"{arguments[0]}: {error.strerror}\n")
        return 127
    try:
        return child.wait()
    except _Leaving:
        _leave_once()
        return _end(child)
    finally:
        _leave_once()
        _end_descendants(child.pid)


class _Leaving(Exception):  # noqa: N818 - a signal, no error
    """One of the signals that end us."""


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of signal handlers
    raise _Leaving


def _leave_once() -> None:
    """A second signal must not break off what the first has begun."""
    for number in _ENDS_US:
        signal.signal(number, signal.SIG_IGN)


def _end(child: "subprocess.Popen[bytes]") -> int:
    child.terminate()
    try:
        return child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL


def _end_descendants(group: int) -> None:
    """What the command left behind is in its process group, or has become our child by its parent's death."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    while children := _children():
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _children() -> list[int]:
    try:
        return [int(number) for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


def _own_namespace(interfaces: str) -> None:
    from ipos_conformance.bench.ethtool import switch_offloads_off
    from ipos_conformance.bench.namespaces import CLONE_NEWNET, bring_up, unshare

    unshare(CLONE_NEWNET)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    bring_up("lo")
    for interface, mtu in (part.split("=") for part in interfaces.split(",")):
        switch_offloads_off(interface)
        bring_up(interface, int(mtu))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
