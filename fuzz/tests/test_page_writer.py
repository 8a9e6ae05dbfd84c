"""When the page of a campaign that is under way is written."""

from pathlib import Path

import made_campaign
import pytest
from ipos_fuzz.campaign.events import Finished, Found, Progressed, Started
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.reports import html
from ipos_fuzz.reports.account import Account
from ipos_fuzz.reports.page_writer import PageWriter

RECORD = made_campaign.record()
STARTED = Started(RECORD, 60.0, None, resumed=True)
PROGRESSED = Progressed(RECORD, 1.0, 1.0, 0)


class Pages:
    """Stands for the writing of pages, which takes its time. told: how many findings were in each."""

    def __init__(self) -> None:
        self.now = 0.0
        self.takes = 0.1
        self.told: list[int] = []

    def clock(self) -> float:
        return self.now

    def write(self, account: Account, _path: Path) -> None:
        self.told.append(len(account.findings))
        self.now += self.takes


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    made = Pages()
    monkeypatch.setattr(html, "write", made.write)
    return made


def another(number: int) -> Finding:
    return made_campaign.crash(signature=f"process/number {number}")


def test_page_is_written_with_each_finding_and_at_the_end(pages: Pages, tmp_path: Path) -> None:
    folder = made_campaign.folder(tmp_path / "out", made_campaign.wrong_answer())
    writer = PageWriter(folder, pages.clock)
    writer(STARTED)
    pages.now = 5.0
    writer(Found(another(1)))
    pages.now = 9.0
    writer(Found(another(2)))
    writer(PROGRESSED)
    assert pages.told == [2, 3]
    writer(Finished(RECORD, "time", (), 0))
    assert pages.told == [2, 3, 3]


def test_page_is_written_each_minute_where_nothing_is_found(pages: Pages, tmp_path: Path) -> None:
    writer = PageWriter(tmp_path, pages.clock)
    writer(STARTED)
    for pages.now in (1.0, 59.0, 61.0, 62.0, 120.0, 125.0):
        writer(PROGRESSED)
    assert pages.told == [0, 0]


def test_pages_take_a_twentieth_of_the_time_at_most(pages: Pages, tmp_path: Path) -> None:
    writer = PageWriter(tmp_path, pages.clock)
    pages.takes = 2.0
    writer(STARTED)
    pages.now = 1.0
    writer(Found(another(0)))
    for number in range(1, 40):
        pages.now += 1.0
        writer(Found(another(number)))
    assert len(pages.told) == 1
    pages.now += 1.0
    writer(PROGRESSED)
    pages.now += 1.0
    writer(PROGRESSED)
    assert pages.told == [1, 40]


def test_page_that_can_t_be_written_ends_nothing(tmp_path: Path) -> None:
    folder = made_campaign.folder(tmp_path / "out")
    (folder / ".report.html.new").mkdir()
    writer = PageWriter(folder)
    writer(STARTED)
    writer(Found(another(1)))
    writer(Finished(RECORD, "time", (), 0))
    assert not (folder / "report.html").exists()
