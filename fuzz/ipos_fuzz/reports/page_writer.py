"""The page of a campaign that is under way, written again whenever there is something to tell."""

import time
from contextlib import suppress
from pathlib import Path

from ipos_fuzz.campaign.events import Event, Finished, Found, Progressed, Started
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.reports import html
from ipos_fuzz.reports.account import PAGE, account

_WRITTEN_EVERY = 60.0
"""Seconds, where nothing is found."""


class PageWriter:
    """A listener. folder: of the campaign."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record: Record | None = None
        self._written = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Started():
                self._record = event.record
            case Found() | Finished():
                self._write()
            case Progressed() if time.monotonic() - self._written > _WRITTEN_EVERY:
                self._write()

    def _write(self) -> None:
        """What can't be written now is written later, at the latest by `ipos-fuzz report`: it is no finding."""
        self._written = time.monotonic()
        if self._record is not None:
            with suppress(OSError, FuzzError):
                html.write(account(self._folder, self._record), self._folder / PAGE)
