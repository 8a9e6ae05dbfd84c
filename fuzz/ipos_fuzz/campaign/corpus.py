"""Sessions that did something new: kept, so that others can be made of them, in this campaign and the next."""

import json
from collections.abc import Iterator
from pathlib import Path

from ipos_fuzz.errors import FuzzError
from ipos_fuzz.sessions.session import Session

_AT_MOST = 2000


class Corpus:
    """The kept sessions, a line of JSON each in a file that only grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._torn = False
        self.sessions = list(self._read())

    def keep(self, session: Session) -> None:
        """Remember one. What can't be written is remembered for this campaign alone: it is no finding."""
        if len(self.sessions) >= _AT_MOST:
            return
        self.sessions.append(session)
        try:
            if self._torn:
                self._file.write_text("".join(map(_line, self.sessions[:-1])), encoding="utf-8")
                self._torn = False
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(_line(session))
        except OSError:
            return

    def _read(self) -> Iterator[Session]:
        try:
            lines = self._file.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FuzzError(f"{self._file}: {error.strerror}, expected a corpus, or no such file") from error
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                self._torn = True  # the power failed, or the disk was full, while it was written
                return
            try:
                yield Session.of(json.loads(line))
            except FuzzError as error:
                raise FuzzError(f"{self._file}:{number}: {error}") from error
            except ValueError as error:
                raise FuzzError(f"{self._file}:{number}: {error}, expected a session as JSON") from error


def _line(session: Session) -> str:
    return json.dumps(session.document()) + "\n"
