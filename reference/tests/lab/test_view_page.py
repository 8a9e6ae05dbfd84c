"""The page of `lab view` in a browser: what it shows, that it can be read and used, and that text stays text."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from browser import CONTRAST, OPEN_ALL, PROGRAM, Page, browser
from ipos_reference.lab.view import documents, page
from ipos_reference.lab.view.server import ViewServer
from ipos_reference.lab.view.values import Seen
from ipos_spec.exchanges import EXCHANGES
from recorded_lab import HOSTILE, hostile, seen

PACKETS = "[...document.querySelectorAll('#packets button')].map((one) => one.querySelector('.what').textContent)"

TOO_WIDE = """
[...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .filter((one) => !one.parentElement.closest("#diagram, .scrolls"))
  .map((one) => one.outerHTML.slice(0, 80))
"""
"""Beginnings of elements that do not fit into the window, but for those within parts that can be scrolled."""


class Served:
    """Where a page is, for a browser that else opens files."""

    def __init__(self, url: str) -> None:
        self.url = url

    def as_uri(self) -> str:
        return self.url


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if not PROGRAM:
        pytest.skip("Chromium (package chromium) is not there")
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


def written(folder: Path, what: Seen) -> Path:
    file = folder / "lab.html"
    file.write_text(page.render(documents.everything(what)), encoding="utf-8")
    return file


def text(one: Page, selector: str) -> str:
    found = one.value(f"document.querySelector({json.dumps(selector)}).textContent")
    assert isinstance(found, str)
    return " ".join(found.split())


def until(one: Page, condition: str) -> None:
    """Wait for something that the page does by itself."""
    give_up = time.monotonic() + 20
    while not one.value(f"Boolean({condition})"):
        assert time.monotonic() < give_up, condition
        time.sleep(0.02)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800, 1400])
def test_tables_fill_and_the_migration_is_shown(chromium: Page, tmp_path: Path, width: int, scheme: str) -> None:
    file = written(tmp_path, seen())
    chromium.show(file, width, scheme)
    until(chromium, "document.querySelector('#packets button')")
    assert text(chromium, "#status") == "As it was recorded."
    assert text(chromium, "#exchange-title").endswith("GET /video, moved to server 2")
    shown = chromium.value(PACKETS)
    assert len(shown) == len(EXCHANGES["migration"].frames)
    assert shown[3:7] == [
        "HTTP: GET /video HTTP/1.0",
        "TCP connection packet",
        "Acknowledgement",
        "TCP packet: GET /video HTTP/1.0",
    ]
    names = chromium.value("[...document.querySelectorAll('#diagram .strong')].map((one) => one.textContent)")
    assert " ".join(names) == "client 198.51.100.7:49152 edge router 02:00:00:00:01:fe server 1 server 2"
    messages = chromium.value("[...document.querySelectorAll('#diagram .message')].map((one) => one.textContent)")
    assert len(messages) == len(shown)
    assert "server 1 to server 2: TCP connection packet" in messages[4]
    assert "server 2 to server 1: acknowledgement" in messages[5]
    assert text(chromium, "#server-1 [data-table=forward] tbody") == "TCP198.51.100.749152192.0.2.2 (server 2)80"
    assert text(chromium, "#figure-server-1 [data-figure=Forward]") == "1"
    assert chromium.value("document.documentElement.scrollWidth") == width
    assert chromium.value(TOO_WIDE) == []
    assert chromium.value(CONTRAST) == []
    assert chromium.requests == [file.as_uri()]
    picture = tmp_path / "page.png"
    chromium.screenshot(picture, whole=True)
    assert picture.stat().st_size > 50_000, "nothing was drawn"


def test_what_fails_is_seen_in_the_figure(chromium: Page, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, seen()), 1400)
    until(chromium, "document.querySelector('#packets button')")
    assert chromium.value("[...document.querySelectorAll('.wires .cut')].map((one) => one.id)") == ["line-isp-2"]
    assert chromium.value("document.getElementById('cut-isp-2').hasAttribute('hidden')") is False
    assert text(chromium, "#figure-server-2 [data-figure=state]") == "no answer, target"
    assert text(chromium, "#server-2 [data-part=about]") == "server-2: no answer"
    assert text(chromium, "#figure-server-1 [data-figure=state]") == "192.0.2.1, origin"
    assert text(chromium, "#figure-server-3 [data-figure=state]") == "draining"


def test_a_packet_is_spelled_out_when_it_is_chosen_and_closed_by_escape(chromium: Page, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, seen()), 1400)
    until(chromium, "document.querySelector('#packets button')")
    chromium.value("document.getElementById('list').open = true")
    chromium.value("document.querySelectorAll('#packets button')[4].click()")
    until(chromium, "!document.getElementById('frame').hidden")
    assert text(chromium, "#frame-heading") == "Frame 5: TCP connection packet, 176 octets, second LAN"
    rows = chromium.value(
        "[...document.querySelectorAll('#fields tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert next(row[:2] for row in rows if row[2:3] == ["t_timer"]) == ["46", "8"]
    assert ["header"] in rows
    chromium.value("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert chromium.value("document.getElementById('frame').hidden")
    assert chromium.value("document.activeElement.dataset.frame") == "5"


def test_a_message_of_the_diagram_is_chosen_by_enter_and_gets_the_focus_back(chromium: Page, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, seen()), 1400)
    until(chromium, "document.querySelector('#diagram .message')")
    chromium.value("const five = document.querySelectorAll('#diagram .message')[5]; five.focus()")
    assert chromium.value("five.getAttribute('role')") == "button"
    chromium.value("five.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))")
    until(chromium, "!document.getElementById('frame').hidden")
    assert text(chromium, "#frame-heading") == "Frame 6: Acknowledgement, 60 octets, second LAN"
    assert chromium.value("five.classList.contains('chosen')")
    chromium.value("document.getElementById('close').click()")
    assert chromium.value("document.activeElement === five")


def test_what_comes_from_the_network_stays_text(chromium: Page, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, seen(hostile())), 1400)
    until(chromium, "document.querySelector('#packets button')")
    assert HOSTILE in text(chromium, "#exchange-title")
    chromium.value("[...document.querySelectorAll('#packets button')].at(-1).click()")
    until(chromium, "!document.getElementById('frame').hidden")
    assert HOSTILE in text(chromium, "#fields")
    assert chromium.value("document.querySelectorAll('img').length") == 0
    assert chromium.value("document.querySelectorAll('script').length") == 2
    assert chromium.value("document.title") == "ipOS lab"


def test_the_page_runs_no_script_but_its_own(chromium: Page, tmp_path: Path) -> None:
    """Should a string become markup after all, the policy holds."""
    chromium.show(written(tmp_path, seen()), 1400)
    chromium.value(
        "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"document.title=1\">');"
        "const made = document.createElement('script'); made.textContent = 'document.title = 2';"
        "document.body.append(made);"
        "setTimeout(() => { document.body.dataset.later = 1 }, 100)"
    )
    until(chromium, "document.body.dataset.later")
    assert chromium.value("document.title") == "ipOS lab"


class Changing:
    """A lab that is looked at, and that a test changes."""

    def __init__(self) -> None:
        self.seen = seen()

    def look(self) -> Seen:
        return self.seen


@pytest.fixture
def served() -> Iterator[tuple[Changing, ViewServer]]:
    lab = Changing()
    with ViewServer(lab.look, 0) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield lab, server
        server.shutdown()
        thread.join()


def test_what_is_served_follows_the_lab(chromium: Page, served: tuple[Changing, ViewServer]) -> None:
    lab, server = served
    chromium.show(Served(server.url), 1400)  # type: ignore[arg-type]
    until(chromium, "document.querySelector('#packets button')")
    assert text(chromium, "#status") == "Live"
    chromium.value("document.querySelectorAll('#packets button')[4].click()")
    until(chromium, "!document.getElementById('frame').hidden")
    lab.seen = seen(EXCHANGES["migration"], EXCHANGES["udp-migration"])
    until(chromium, "document.getElementById('exchange-title').textContent.startsWith('UDP')")
    assert text(chromium, "#frame-heading").startswith("Frame 5:"), "what was chosen stays"
    assert chromium.value("[...document.getElementById('choice').options].map((one) => one.value)") == [
        "latest",
        "2",
        "1",
    ]
    chromium.value("choice.value = '1'; choice.dispatchEvent(new Event('change'))")
    until(chromium, "document.getElementById('exchange-title').textContent.startsWith('TCP')")
    assert {one.removeprefix(server.url).split("/")[0] for one in chromium.requests} == {
        "",
        "state.json",
        "exchange",
        "frame",
    }


def test_a_pause_lasts_until_it_is_ended_but_an_exchange_can_be_chosen(
    chromium: Page, served: tuple[Changing, ViewServer]
) -> None:
    lab, server = served
    lab.seen = seen(EXCHANGES["migration"], EXCHANGES["udp-migration"])
    chromium.show(Served(server.url), 1400)  # type: ignore[arg-type]
    until(chromium, "document.getElementById('exchange-title').textContent.startsWith('UDP')")
    chromium.value("document.getElementById('pause').click()")
    assert text(chromium, "#status") == "Paused"
    chromium.value("choice.value = '1'; choice.dispatchEvent(new Event('change'))")
    until(chromium, "document.getElementById('exchange-title').textContent.startsWith('TCP')")
    assert text(chromium, "#status") == "Paused"
    chromium.value("document.getElementById('pause').click()")
    until(chromium, "document.getElementById('status').textContent === 'Live'")


def test_what_is_left_out_of_a_long_exchange_is_said_where_it_was(chromium: Page, tmp_path: Path) -> None:
    story = EXCHANGES["migration"]
    many = replace(story, frames=(*story.frames, *story.frames[-1:] * 200))
    chromium.show(written(tmp_path, seen(many)), 1400)
    until(chromium, "document.querySelector('#packets button')")
    items = chromium.value("[...document.querySelectorAll('#packets li')].map((one) => one.textContent)")
    assert [(at, item) for at, item in enumerate(items) if "left out" in item] == [(80, "95 packets left out")]
    assert "95 packets left out" in text(chromium, "#diagram")


def test_the_page_says_that_the_lab_is_gone(chromium: Page, served: tuple[Changing, ViewServer]) -> None:
    lab, server = served
    chromium.show(Served(server.url), 1400)  # type: ignore[arg-type]
    until(chromium, "document.getElementById('status').textContent === 'Live'")
    lab.seen = replace(lab.seen, problem="no lab is up in /run/ipos-lab")
    until(chromium, "document.getElementById('status').textContent.startsWith('no lab is up')")
    server.shutdown()
    server.server_close()  # and the fixture once more, which does nothing
    until(chromium, "document.getElementById('status').textContent.startsWith('Nobody serves')")


def test_everything_can_be_unfolded(chromium: Page, tmp_path: Path) -> None:
    chromium.show(written(tmp_path, seen()), 400)
    chromium.value(OPEN_ALL)
    assert chromium.value(TOO_WIDE) == []
