"""The log: one event a line, for people or for programs.

A frame is never a line of its own: discards are summed up, and an endpoint appears when it gets its application. So
nobody can fill the log, or slow the router down by it, with frames that reach no application.
"""

import json
import os
import select
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ipos_reference.discards import Discard

SUMMARY_EVERY = 60.0
"""Seconds between two summaries of discards."""

_LONGEST = 4096  # PIPE_BUF: so much a pipe takes at once when it is writable


class LogFormat(StrEnum):
    """How a line looks: ``time event key=value ...``, or a JSON object."""

    TEXT = "text"
    JSON = "json"


class EventLog:
    """Writes events.

    form   of the lines
    write  takes one line with its end; False if there was no room for it
    clock  the time of day
    """

    def __init__(
        self,
        form: LogFormat,
        write: Callable[[bytes], bool],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._form = form
        self._write = write
        self._clock = clock
        self._lost = 0
        self._summed: dict[Discard, int] = {}
        self._summary_due = 0.0

    def note(self, event: str, **values: object) -> None:
        """Write one event. Where nobody takes lines they are counted, and the number is told with the next one."""
        if self._lost:
            values["lines_lost"] = self._lost
        if self._write(self._line(event, values)):
            self._lost = 0
        else:
            self._lost += 1

    def next_summary(self) -> float:
        """When `summarise` is due, on the driver's clock."""
        return self._summary_due

    def summarise(self, discards: Mapping[Discard, int], now: float) -> None:
        """What was discarded since the last time, a line for each reason, the most frequent first."""
        self._summary_due = now + SUMMARY_EVERY
        new = {reason: count - self._summed.get(reason, 0) for reason, count in discards.items()}
        self._summed = dict(discards)
        for reason, count in sorted(new.items(), key=lambda one: -one[1]):
            if count:
                self.note("discarded", count=count, reason=reason)

    def _line(self, event: str, values: Mapping[str, Any]) -> bytes:
        time = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._form is LogFormat.JSON:
            line = json.dumps({"time": time, "event": event, **values}, default=str)
        else:
            line = " ".join([time, event, *(f"{name}={_text(value)}" for name, value in values.items())])
        return line.encode()[: _LONGEST - 1] + b"\n"


def to_descriptor(descriptor: int) -> Callable[[bytes], bool]:
    """Writes whole lines to a descriptor, never waiting for who reads them."""

    def write(line: bytes) -> bool:
        try:
            _, writable, _ = select.select([], [descriptor], [], 0)
            return bool(writable) and os.write(descriptor, line) == len(line)
        except (OSError, ValueError):  # nobody reads any more; that is no reason to end
            return False

    return write


def silent() -> EventLog:
    """A log that nobody reads."""
    return EventLog(LogFormat.TEXT, lambda _line: True)


def _text(value: object) -> str:
    """A value that holds no blank or quote as it is, any other as a JSON string: a line can always be taken apart."""
    text = str(value)
    return text if text.isascii() and text.isprintable() and not set(text) & set(' "=') and text else json.dumps(text)
