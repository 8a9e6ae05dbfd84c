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
        self.sessions = list(self._read())

    def keep(self, session: Session) -> None:
        """Remember one. What can't be written is remembered for this campaign alone: it is no finding."""
        if len(self.sessions) >= _AT_MOST:
            return
        self.sessions.append(session)
        try:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(session.document()) + "\n")
        except OSError:
            return

    def _read(self) -> Iterator[Session]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except OSError as error:
            raise FuzzError(f"{self._file}: {error.strerror}, expected a corpus, or no such file") from error
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                yield Session.of(json.loads(line))
            except json.JSONDecodeError as error:
                if number == len(text.splitlines()):
                    return  # the power failed while it was written
                raise FuzzError(f"{self._file}:{number}: {error}, expected a session as JSON") from error
