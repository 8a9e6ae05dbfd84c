"""The page of a campaign: what stands in it, and how it looks in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_campaign
import pytest
from browser import CONTRAST, OPEN_ALL, PROGRAM, WIDER, Page, browser
from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.findings.finding import Finding
from ipos_fuzz.findings.store import FINDINGS
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.reports import html
from ipos_fuzz.reports.account import account, read
from ipos_fuzz.reports.coverage_view import not_reached
from ipos_fuzz.sessions.event import EVENTS
from lxml import etree
from made_results import HOSTILE


def page(folder: Path, *findings: Finding, **more: object) -> Any:
    made_campaign.folder(folder, *findings, **more)
    return etree.fromstring(html.render(account(folder, made_campaign.record(**more)), "."), etree.HTMLParser())


def texts(root: Any, path: str) -> list[str]:
    return [" ".join(" ".join(element.itertext()).split()) for element in root.xpath(path)]


def figures(root: Any) -> dict[str, str]:
    return dict(
        zip(texts(root, "//*[@id='figures']//dt"), texts(root, "//*[@id='figures']//dd"), strict=True),
    )


def test_verdict_comes_first(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash(), target="a router")
    assert texts(root, "//h1") == ["1 finding in a router; exit status 1."]
    assert texts(root, "//*[@class='when']") == [
        "2026-11-28T15:00:00+00:00, 1 h 02 min, seed 7; the last run ended: time"
    ]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"doubts": {}}, "Nothing found in a router by 9,301,200 cases; exit status 0."),
        ({"doubts": {}, "ended": ""}, "Nothing found in a router by 9,301,200 cases, so far."),
        ({}, "Nothing is proved of a router, with 1 doubt; exit status 3."),
        ({"doubts": {}, "cases": {}}, "Nothing was tried at a router; exit status 3."),
        (
            {"doubts": {}, "ended": "the target is lost: no link"},
            "a router is lost, and nothing was found before; exit status 4.",
        ),
    ],
)
def test_verdict_without_findings(tmp_path: Path, state: dict[str, object], sentence: str) -> None:
    root = page(tmp_path, target="a router", **state)
    assert texts(root, "//h1") == [sentence]
    assert not root.xpath("//*[@id='findings']")


def test_figures_are_all_there(tmp_path: Path) -> None:
    assert figures(page(tmp_path, target="a router")) == {
        "Target": "a router",
        "Command": "ipos-fuzz run 'my router.toml'",
        "Cases": "9,301,200: 300,000 from schemas, 1,200 from sessions, 9,000,000 from volume; "
        "2,497 in a second, proofs and set-ups included",
        "Frames": "12,345,678 passed, either way; 5 were withheld",
        "Liveness losses": "3",
        "Set-ups": "12",
        "Coverage": "0 % of states x events, 4 pairs of operator and field",
        "Troubles of our own bench": "our kernel dropped 3 received frames (2 times)",
    }


def test_finding_shows_sentence_proof_and_exactly_the_changed_octets(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash())
    (article,) = texts(root, "//details[@class='case']")
    assert "a router has to survive whatever it is sent" in article
    assert "It was shown again 3 of 3 times by 1 packet, each time on a target that was set up anew." in article
    assert "Fields that were changed at first and need not be: header.type" in article
    assert "It came from volume: wrong-checksum." in article
    assert "met 41 times since" in article
    octets = root.xpath("//details[@class='case']//*[@class='octets']")[0]
    assert [mark.text for mark in octets.iter("mark")] == ["12", "34"]


def test_finding_shows_both_lans_side_by_side_and_the_frame_that_is_wrong(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.wrong_answer())
    rows = root.xpath("//table[@class='lanes']//tbody/tr")
    assert [["".join(cell.itertext()) for cell in row[1:3]] for row in rows] == [
        ["→", ""],
        ["", "→"],
        ["", "→"],
        ["", "←"],
    ]
    assert [row.get("class").split()[1:] for row in rows] == [[], [], [], ["wrong"]]
    (article,) = texts(root, "//details[@class='case']")
    assert "shown again 2 of 3 times by 3 packets, so it is flaky" in article
    assert "header.type 0x03 ACKNOWLEDGEMENT" in article
    assert root.xpath("//details[@class='case']/summary/*[contains(@class, 'warn')]")


def test_links_lead_to_the_finding_s_files_also_from_elsewhere(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "the campaign", tmp_path / "pages" / "one.html"
    made_campaign.folder(folder, made_campaign.crash(), made_campaign.wrong_answer())
    elsewhere.parent.mkdir()
    for file in (folder / "report.html", elsewhere):
        html.write(read(folder), file)
        root = etree.fromstring(file.read_bytes(), etree.HTMLParser())
        links = [link for link in root.xpath("//a/@href") if not link.startswith("#")]
        assert {Path(link).name for link in links} == {
            "reproduce.py",
            "finding.pcapng",
            "first.pcapng",
            "finding.json",
        }
        for link in links:
            assert (file.parent / link.replace("%20", " ")).is_file()


def test_doubts_are_told(tmp_path: Path) -> None:
    (row,) = texts(page(tmp_path), "//*[@id='doubts']//tbody/tr")
    assert row.startswith("liveness/no answer It did not answer")
    assert row.endswith("2")


def test_events_and_operators_have_a_row_each_with_their_counts(tmp_path: Path) -> None:
    root = page(tmp_path)
    events = root.xpath("//*[@id='events']//tbody/tr")
    assert [row.xpath("string(th//summary | th[not(.//summary)])").strip() for row in events] == list(EVENTS)
    (connect,) = root.xpath("//*[@id='events']//tbody/tr[th//summary='connect']")
    (cell,) = connect.xpath("td[@data-label='new']")
    assert (cell.text, cell.get("class")) == ("12k", "heat-4 usual")
    operators = root.xpath("//*[@id='operators']//tbody/tr")
    assert len(operators) == len(OPERATORS) + 1
    (boundary,) = root.xpath("//*[@id='operators']//tbody/tr[th//summary='boundary']")
    assert [cell.get("data-label") for cell in boundary.xpath("td[not(@class='heat-0')]")] == [
        "control block",
        "in sessions",
    ]
    assert "connection.control_block.snd_nxt 7; in hand-over 70" in texts(boundary, "th")[0]


def test_what_was_not_reached_is_said_in_words(tmp_path: Path) -> None:
    told = texts(page(tmp_path), "//*[@id='not-reached']//li")
    (states,) = (one for one in told if one.startswith("States"))
    assert states.startswith("States in which no client was attacked, 9 of 11: opening, half-open")
    (events,) = (one for one in told if one.startswith("Events"))
    assert "syn-again" in events
    assert " syn," not in events
    (fields,) = (one for one in told if one.startswith("Fields"))
    assert "inner.tcp.checksum" in fields
    assert "header.checksum," not in fields.replace("ip.header_checksum", "").replace("table_header.checksum", "")
    (left_out,) = (one for one in told if one.startswith("Left out"))
    assert "wrong-checksum" in left_out


def test_campaign_that_tried_nothing_says_so() -> None:
    told = list(not_reached(made_campaign.record(coverage=Coverage(), cases={})))
    assert f"Events that never happened, {len(EVENTS)} of {len(EVENTS)}: all." in told
    assert f"Operators that were never applied, {len(OPERATORS) + 1} of {len(OPERATORS) + 1}: all." in told


def test_what_comes_from_outside_is_text(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash())
    assert [element.text.strip()[:2] for element in root.xpath("//script")] == ["//"]
    assert "<script src='https://evil" in texts(root, "//h1")[0]


def test_page_names_nothing_that_is_loaded(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash())
    places = [value for name in ("src", "action", "data", "poster") for value in root.xpath(f"//@{name}")]
    assert places == []
    assert root.xpath("//link/@href") == ["data:,"]
    assert not re.search(r"@import|url\(", "".join(texts(root, "//style")))


def test_every_link_within_the_page_leads_somewhere(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash())
    anchors = set(root.xpath("//@id"))
    assert {link[1:] for link in root.xpath("//a/@href") if link.startswith("#")} <= anchors


def test_tables_have_headings_for_those_who_listen(tmp_path: Path) -> None:
    root = page(tmp_path, made_campaign.crash(), made_campaign.wrong_answer())
    assert root.xpath("//html/@lang") == ["en"]
    assert not root.xpath("//th[not(@scope)]")
    assert len(root.xpath("//table[@class='heat']/caption")) == 2
    assert len(root.xpath("//h1")) == 1


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Path]]:
    if not PROGRAM:
        pytest.skip("Chromium (package chromium) is not there")
    folder = tmp_path_factory.mktemp("page")
    made_campaign.folder(folder, made_campaign.crash(), made_campaign.wrong_answer(20))
    file = folder / "report.html"
    html.write(read(folder), file)
    with browser(folder / "profile") as one:
        yield one, file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800, 1400])
def test_nothing_is_wider_than_the_window_and_nothing_is_loaded(
    shown: tuple[Page, Path], width: int, scheme: str
) -> None:
    one, file = shown
    one.show(file, width, scheme)
    one.value(OPEN_ALL)
    assert one.value("document.documentElement.scrollWidth") == width
    assert one.value(WIDER) == []
    assert one.requests == [file.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_colours_can_be_read(shown: tuple[Page, Path], width: int, scheme: str) -> None:
    one, file = shown
    one.show(file, width, scheme)
    one.value(OPEN_ALL)
    assert one.value(CONTRAST) == []


def test_without_scripts_all_of_it_can_be_read(shown: tuple[Page, Path]) -> None:
    one, file = shown
    one.show(file, 800, scripts=False)
    assert one.value("document.querySelectorAll('#operators-table tbody tr').length") == len(OPERATORS) + 1
    assert one.value("[...document.querySelectorAll('.filter')].every((one) => one.hidden)")


def test_narrow_window_leaves_out_what_was_never_tried(shown: tuple[Page, Path]) -> None:
    one, file = shown
    one.show(file, 400)
    cells = "[...document.querySelectorAll('#events td')].filter((one) => one.checkVisibility())"
    assert one.value(f"{cells}.map((one) => one.dataset.label + ' ' + one.textContent)") == [
        "new 12k",
        "new 3",
        "moved 140",
    ]


def test_findings_can_be_reached_by_the_keyboard(shown: tuple[Page, Path]) -> None:
    one, file = shown
    one.show(file, 800)
    assert one.value("document.querySelectorAll('[tabindex]').length") == 0
    reached = "[...document.querySelectorAll('nav a, details.case > summary')]"
    assert one.value(f"{reached}.every((one) => (one.focus(), document.activeElement === one))")


def test_hostile_texts_are_there() -> None:
    """Else the tests above show nothing."""
    assert HOSTILE in made_campaign.crash().what
    assert FINDINGS == "findings"
