"""The page of a campaign that is under way, written again whenever there is something to tell."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ipos_fuzz.campaign.events import Event, Finished, Found, Progressed, Started
from ipos_fuzz.campaign.record import Record
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.reports import html
from ipos_fuzz.reports.account import PAGE, Account, account

_WRITTEN_EVERY = 60.0
"""Seconds, where nothing is found."""
_SHARE = 0.05
"""Of the campaign's time, at most, for pages: one of a hundred findings takes seconds."""


class PageWriter:
    """A listener. folder: of the campaign."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._record: Record | None = None
        self._findings: dict[str, Finding] = {}
        self._written, self._took, self._is_due = clock(), 0.0, False

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Started():
                self._record = event.record
                self._findings = {one.slug: one for one in account(self._folder, event.record).findings}
            case Found():
                self._findings[event.finding.slug] = event.finding
                self._is_due = True
            case Progressed():
                self._is_due = self._is_due or self._clock() - self._written > _WRITTEN_EVERY
            case Finished():
                self._write()
                return
        if self._is_due and self._clock() - self._written > self._took / _SHARE:
            self._write()

    def _write(self) -> None:
        """What can't be written now is written later, at the latest by `ipos-fuzz report`: it is no finding."""
        began = self._clock()
        if self._record is not None:
            told = Account(self._folder, self._record, tuple(self._findings.values()))
            with suppress(OSError, FuzzError):
                html.write(told, self._folder / PAGE)
        self._written = self._clock()
        self._took, self._is_due = self._written - began, False
