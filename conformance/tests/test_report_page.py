"""The HTML report: what stands in it, and how it looks in a browser."""

import re

import pytest
from browser import CONTRAST, OPEN_ALL, PROGRAM, WIDER, browser
from ipos_conformance.findings.results import Results
from ipos_conformance.reports import html
from ipos_conformance.verdicts import Verdict
from ipos_spec.requirements import registry
from lxml import etree
from made_results import HOSTILE, case, failed, mixed, results


def page(found: Results):
    return etree.fromstring(html.render(found), etree.HTMLParser())


def texts(root, path):
    return [" ".join(" ".join(element.itertext()).split()) for element in root.xpath(path)]


def test_verdict_and_formula_come_first():
    root = page(results(failed()))
    assert texts(root, "//h1") == ["a router is not conformant; exit status 1."]
    assert texts(root, "//header/p[@class='formula']") == ["FAIL + XPASS = 1 + 0 = 1 > 0, so not conformant."]


def test_counts_are_by_verdict_and_level():
    root = page(results(failed(), case(Verdict.PASS, "a/b"), case(Verdict.PASS, "a/c", "TGT-8")))
    assert texts(root, "//section[@id='counts']//tr") == [
        "Verdict MUST SHOULD all",
        "PASS 1 1 2",
        "FAIL 1 1",
    ]


def test_every_requirement_is_there_with_its_cases_or_why_it_has_none():
    root = page(results(failed()))
    rows = {
        row.get("id"): " ".join(" ".join(row.itertext()).split()) for row in root.xpath("//*[@id='matrix']//tbody/tr")
    }
    assert list(rows) == [f"req-{name}" for name in registry()]
    assert "1 FAIL FAIL checksum/wrong-is-discarded/one-more" in rows["req-ENC-7"]
    assert "None of its cases was selected." in rows["req-ENC-8"]
    assert "By construction. A router that took or sent any multi-octet field" in rows["req-ENC-1"]


def test_every_case_is_there_with_its_requirement():
    root = page(results(failed(), case(Verdict.PASS, "handshake/syn", "ORG-1")))
    rows = texts(root, "//*[@id='case-list']//tbody/tr")
    assert rows[1].startswith("PASS handshake/syn")
    assert "ORG-1 MUST" in rows[1]


def test_failure_shows_the_stimulus_with_exactly_the_changed_octets_marked():
    root = page(results(failed()))
    octets = root.xpath("(//*[@class='frame']//*[@class='octets'])[1]")[0]
    assert [mark.text for mark in octets.iter("mark")] == ["12", "34"]
    assert {mark.get("title") for mark in octets.iter("mark")} == {"header.checksum"}
    assert texts(root, "//*[@class='changes']/li")[0].startswith("header.checksum: 0x1234, usually 0x")


def test_failure_shows_what_was_due_what_came_and_the_first_field_that_differs():
    root = page(results(failed()))
    article = texts(root, "//details[@class='case']")[0]
    assert "Acceptable outcomes silence on both LANs resets" in article
    assert "The first field that differs is header.checksum" in article
    assert root.xpath("count(//*[@class='sides'][2]//mark)") == 2  # not the padding, which is free
    assert "Why it matters. A frame damaged on the way" in article
    assert "second attempt 0.4100 s 0.1500 to 0.2500 s -0.1600 s" in article
    assert "Run it again ipos-conformance run 'my router.toml' checksum/wrong-is-discarded/one-more --seed 7" in article


def test_frame_that_broke_a_silence_is_spelled_out():
    broken = failed().model_copy(update={"comparison": None})
    root = page(results(broken))
    headings = texts(root, "//*[@class='frame']/p/b")
    assert headings == ["Frame 2.", "Frame 4."]
    assert "header.type 0x03 ACKNOWLEDGEMENT" in texts(root, "(//*[@class='frame'])[2]//table")[0]


def test_timeline_has_both_lans_and_points_at_what_was_wrong():
    root = page(results(failed()))
    rows = root.xpath("//table[@class='lanes']//tbody/tr")
    lanes = [["".join(cell.itertext()) for cell in row[1:3]] for row in rows]
    assert lanes == [["→", ""], ["", "→"], ["", "→"], ["", "←"]]
    assert [row.get("class").split() for row in rows] == [["neighbour"], ["case"], ["case"], ["case", "wrong"]]
    assert [row[0].text for row in rows] == ["0.000", "1.000", "2.000", "3.000"]


def test_every_link_within_the_page_leads_somewhere():
    root = page(mixed())
    anchors = {element.get("id") for element in root.xpath("//*[@id]")}
    links = {element.get("href")[1:] for element in root.xpath("//a[starts-with(@href, '#')]")}
    assert links <= anchors


def test_what_comes_from_outside_is_text():
    root = page(mixed())
    assert [element.text.strip()[:2] for element in root.xpath("//script")] == ["//"]
    assert "<script src='https://evil" in texts(root, "//h1")[0]
    assert HOSTILE not in html.render(mixed())


def test_page_names_nothing_outside_itself():
    root = page(results(failed()))
    places = [value for name in ("src", "href", "action", "data", "poster") for value in root.xpath(f"//@{name}")]
    assert {value.partition(":")[0] if not value.startswith("#") else "#" for value in places} == {"#", "data"}
    assert not re.search(r"@import|url\(", "".join(texts(root, "//style")))


def test_router_that_is_wrong_everywhere_has_findings_of_every_requirement_and_says_how_many_more():
    many = [failed(f"a/{number}") for number in range(250)]
    root = page(results(*many, case(Verdict.FAIL, "b/1", "TGT-1")))
    assert len(root.xpath("//details[@class='case']")) == 200
    assert root.xpath("//details[@id='case-b/1']")
    assert "51 more findings have no room here" in texts(root, "//section[@id='findings']")[0]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    if not PROGRAM:
        pytest.skip("Chromium (package chromium) is not there")
    folder = tmp_path_factory.mktemp("page")
    file = folder / "report.html"
    html.write(mixed(), file)
    with browser(folder / "profile") as page:
        yield page, file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800, 1400])
def test_nothing_is_wider_than_the_window_and_nothing_is_loaded(shown, width, scheme):
    page, file = shown
    page.show(file, width, scheme)
    page.value(OPEN_ALL)
    assert page.value("document.documentElement.scrollWidth") == width
    assert page.value(WIDER) == []
    assert page.requests == [file.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(shown, scheme):
    """Every text has a contrast of 4.5 to 1 or more to what is behind it (WCAG 2.1 1.4.3)."""
    page, file = shown
    page.show(file, 800, scheme)
    page.value(OPEN_ALL)
    poor = page.value(CONTRAST)
    assert poor == []


def test_without_scripts_all_of_it_can_be_read(shown):
    page, file = shown
    page.show(file, 800, scripts=False)
    assert page.value("document.querySelectorAll('#case-list tbody tr').length") == len(mixed().cases)
    assert page.value("[...document.querySelectorAll('.filter')].every((one) => one.hidden)")


def test_filter_leaves_the_rows_that_have_all_words(shown):
    page, file = shown
    page.show(file, 800)
    page.value(
        "const box = document.querySelector('[data-filter=case-list]');"
        "box.value = 'FAIL checksum'; box.dispatchEvent(new Event('input'))"
    )
    rows = "[...document.querySelectorAll('#case-list tbody tr')]"
    assert page.value(f"{rows}.filter((one) => one.checkVisibility()).map((one) => one.id)") == [
        "row-checksum/wrong-is-discarded/one-more"
    ]
    assert page.value("box.closest('.filter').querySelector('output').textContent") == "1 of 10"


def test_link_to_a_case_opens_it(shown):
    page, file = shown
    page.show(file, 800)
    page.value("document.getElementById('case-other/dark').open = false")
    page.value("document.querySelector('#case-list a[href$=\"other/dark\"]').click()")
    assert page.value("document.getElementById('case-other/dark').open")
