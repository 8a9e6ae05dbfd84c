"""Does what the doctor advises, and takes it back: what was before stands in a file until then."""

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from pydantic import BaseModel, ConfigDict, ValidationError

from ipos_conformance.doctor.settings import Change, read, write
from ipos_conformance.errors import BenchError

_ENDS_US = (signal.SIGTERM, signal.SIGHUP)


class Journal(BaseModel):
    """How to take back what was done, the first first.

    boot, namespace  where it was done: after a restart, or in another network namespace, there is nothing to take back
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    boot: str
    namespace: int
    undo: tuple[Change, ...]


def journal_file() -> Path:
    """Where it is kept: beside what other programs remember of a user's machine."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ipos-conformance" / "undo.json"


def repair(changes: Sequence[Change]) -> Iterator[Change]:
    """Do each and note down how to take it back, before it is done; yields what takes it back. Raises BenchError."""
    for change in changes:
        before = read(change.setting)
        if before == change.value:
            continue
        back = Change(setting=change.setting, value=before)
        noted = _noted()
        if back.setting not in [one.setting for one in noted]:  # what was before the first repair counts
            _note((*noted, back))
        write(change)
        yield back


def undo() -> Iterator[Change]:
    """Take everything back, the last first; yields each. Raises BenchError if there is nothing, or if it is refused."""
    left = list(_noted())
    if not left:
        raise BenchError(f"nothing to take back: {journal_file()} knows of no repair since this machine was started")
    while left:
        write(left[-1])
        yield left.pop()
        _note(tuple(left))


@contextlib.contextmanager
def for_a_run(changes: Sequence[Change]) -> Iterator[None]:
    """Done while a run lasts, and taken back after it; where we are killed, `undo` knows how. Raises BenchError."""
    done: list[Change] = []
    before = {number: signal.signal(number, _leave) for number in _ENDS_US}
    try:
        done += repair(changes)
        yield
    finally:
        _take_back(done)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of signal handlers
    raise SystemExit(128 + number)


def _take_back(done: list[Change]) -> None:
    for change in reversed(done):
        write(change)
    _note(tuple(one for one in _noted() if one not in done))


def _noted() -> tuple[Change, ...]:
    try:
        journal = Journal.model_validate_json(journal_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise BenchError(f"{journal_file()}: can't be read; remove it if nothing is to be taken back") from error
    return journal.undo if (journal.boot, journal.namespace) == _here() else ()


def _note(undo: tuple[Change, ...]) -> None:
    file, (boot, namespace) = journal_file(), _here()
    try:
        if not undo:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        journal = Journal(boot=boot, namespace=namespace, undo=undo)
        file.write_text(journal.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise BenchError(
            f"{file}: {error.strerror}; without it nothing could be taken back, so nothing is done"
        ) from error


def _here() -> tuple[str, int]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return boot, Path("/proc/self/ns/net").stat().st_ino
