"""The log: one event a line, whatever stands in it, and never waited for."""

import fcntl
import json
import os
from datetime import UTC, datetime

import pytest
from ipos_reference.discards import Discard, Discards
from ipos_reference.event_log import SUMMARY_EVERY, EventLog, LogFormat, to_descriptor

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Reader:
    """Takes lines, unless it has no room."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.room = True

    def log(self, form: LogFormat = LogFormat.TEXT) -> EventLog:
        return EventLog(form, self._take, lambda: NOON)

    def _take(self, line: bytes) -> bool:
        if self.room:
            self.lines.append(line.decode())
        return self.room


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_a_line_of_text(reader: Reader) -> None:
    reader.log().note("ended", endpoint=7, how="reset by peer")
    assert reader.lines == ['2026-07-01T12:00:00.000Z ended endpoint=7 how="reset by peer"\n']


def test_a_line_of_json(reader: Reader) -> None:
    reader.log(LogFormat.JSON).note("ended", endpoint=7, how="reset by peer")
    (line,) = reader.lines
    assert json.loads(line) == {
        "time": "2026-07-01T12:00:00.000Z",
        "event": "ended",
        "endpoint": 7,
        "how": "reset by peer",
    }


@pytest.mark.parametrize("value", ["a\nb", "\x1b[2J", 'a"b', "a=b", "", "\N{LINE SEPARATOR}"])
@pytest.mark.parametrize("form", LogFormat)
def test_no_value_breaks_its_line(reader: Reader, form: LogFormat, value: str) -> None:
    reader.log(form).note("event", value=value)
    (line,) = reader.lines
    assert line[:-1].isprintable()
    found = json.loads(line)["value"] if form is LogFormat.JSON else json.loads(line.split("value=")[1])
    assert found == value


def test_discards_are_summed_up_the_most_frequent_first(reader: Reader) -> None:
    log, discards = reader.log(), Discards()
    discards[Discard.CHECKSUM] += 1
    discards[Discard.SHORT_FRAME] += 1000
    log.summarise(discards, 0.0)
    assert [line.split(" ")[2] for line in reader.lines] == ["count=1000", "count=1"]
    assert log.next_summary() == SUMMARY_EVERY
    discards.because(Discard.CHECKSUM)
    log.summarise(discards, SUMMARY_EVERY)
    assert reader.lines[2:] == [f'2026-07-01T12:00:00.000Z discarded count=1 reason="{Discard.CHECKSUM}"\n']


def test_lines_without_room_are_counted_and_told(reader: Reader) -> None:
    log = reader.log()
    reader.room = False
    log.note("one")
    log.note("two")
    reader.room = True
    log.note("three")
    log.note("four")
    assert [line.split(" ", 1)[1] for line in reader.lines] == ["three lines_lost=2\n", "four\n"]


def test_a_pipe_that_nobody_reads_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    write = to_descriptor(writing)
    taken = 0
    while write(b"x" * 99 + b"\n"):
        taken += 1
    assert 0 < taken <= 4096
    os.close(reading)
    assert not write(b"nobody\n")
    os.close(writing)
