"""How the pages of docs/build/html look and are searched, in a browser: `nox -s looks`, a minute and a half.

Every page is opened in windows of three widths, light and dark (`pages_seen` says what is asked of it). Pictures of
some pages are left in docs/build/looks, to be looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import PROGRAM, Page, browser
from built_pages import ROOT, built
from pages_seen import COLOURS, SCHEMES, SEARCHED, WIDTHS, Served, complaints, served, until

DOCS = ROOT / "docs"
BUILT, PICTURES = DOCS / "build" / "html", DOCS / "build" / "looks"

PAGE = "<!doctype html><link rel=icon href=data:,><style>body { margin: 0 }</style><article>"
"""The beginning of a page that a test writes."""

PICTURED = (
    "index",
    "tutorial/first-device",
    "specification/wire-formats",
    "specification/target",
    "requirements/wire",
    "by-hand/tcp",
    "guides/farm",
    "reference/ipos-conformance",
    "reference/python-spec",
    "search",
)
"""Pages of which pictures are left; of the search what it finds."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Where the pages are; they are built if they are not there."""
    if not (BUILT / "index.html").exists():
        finished = built(DOCS, BUILT)
        assert (finished.returncode, finished.stderr) == (0, "")
    with served(BUILT) as url:
        yield url


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if not PROGRAM:
        pytest.skip("Chromium (package chromium) is not there")
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


def pages() -> list[str]:
    """All pages, and one of what the search finds."""
    return [*sorted(str(file.relative_to(BUILT)) for file in BUILT.rglob("*.html")), "search.html?q=checksum"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wrong_with_any_page(chromium: Page, site: str, width: int, scheme: str) -> None:
    assert len(pages()) > 40
    assert [each for page in pages() for each in complaints(chromium, site, page, width, scheme)] == []


def test_each_colour_scheme_is_the_same_whether_the_system_or_the_reader_asks_for_it(chromium: Page, site: str) -> None:
    """And the two differ, those of diagrams too."""
    for page in ("index.html", "guides/requirement.html", "specification/target.html"):
        asked = {}
        for scheme, other in (SCHEMES, SCHEMES[::-1]):
            chromium.show(Served(f"{site}/{page}"), 1400, scheme)
            asked[scheme] = chromium.value(COLOURS)
            chromium.show(Served(f"{site}/{page}"), 1400, other)
            chromium.value(f"document.body.dataset.theme = '{scheme}'")
            assert chromium.value(COLOURS) == asked[scheme], page
        texts = [[one for one in asked[scheme] if one.startswith("text ")] for scheme in SCHEMES]
        assert bool(texts[0]) == (page != "guides/requirement.html")
        assert not set(texts[0]) & set(texts[1])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_picture_of_the_readme_can_be_read(chromium: Page, tmp_path: Path, scheme: str) -> None:
    picture = (DOCS / "_static" / "migration.svg").read_text(encoding="utf-8")
    (tmp_path / "picture.html").write_text(f"{PAGE}{picture}", encoding="utf-8")
    with served(tmp_path) as url:
        assert complaints(chromium, url, "picture.html", 800, scheme) == []


@pytest.mark.parametrize("page", PICTURED)
def test_pictures_are_left_to_be_looked_at(chromium: Page, site: str, page: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in SCHEMES:
            searching = page == "search"
            chromium.show(Served(f"{site}/{page}.html{'?q=checksum' if searching else ''}"), width, scheme)
            if searching:
                until(chromium, SEARCHED)
            file = PICTURES / f"{page.replace('/', '-')}-{width}-{scheme}.png"
            chromium.screenshot(file, whole=True)
            assert file.stat().st_size > 5000


# The search


def found(chromium: Page, site: str, query: str) -> list[str]:
    """Where the hits of a query lead, in their order."""
    chromium.show(Served(f"{site}/search.html?q={quote(query)}"), 1400)
    until(chromium, SEARCHED)
    assert chromium.complaints == []
    hits = chromium.value("[...document.querySelectorAll('ul.search > li a:first-of-type')].map((one) => one.href)")
    return [hit.removeprefix(f"{site}/") for hit in hits]


QUERIES = {
    "checksum": "specification/wire-formats.html#the-checksum",
    "ENC-7": "requirements/wire.html#enc-7",
    "org-11": "requirements/origin.html#org-11",
    "t_rtseq": "specification/wire-formats.html",
    "control block": "specification/wire-formats.html#control-block",
    "acknowledgement": "specification/wire-formats.html#acknowledgement",
    "ipos-fuzz minimise": "reference/ipos-fuzz.html#ipos-fuzz-minimise",
    "ipos-router drain": "reference/ipos-router.html#ipos-router-drain",
    "internet_checksum": "reference/python-spec.html#internet-checksum",
    "macsec": "specification/security.html",
}
"""What is looked for, and what has to come first."""


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_looked_for_comes_first(chromium: Page, site: str, query: str) -> None:
    hits = found(chromium, site, query)
    assert hits[:1] == [QUERIES[query]]
    assert all((BUILT / hit.partition("#")[0]).exists() for hit in hits)


def test_what_is_not_there_is_not_found(chromium: Page, site: str) -> None:
    assert found(chromium, site, "xylophone") == []


# Whether what is asked of pages can fail

FAULTS = {
    "2000 px wide": '<div style="width: 2000px; height: 1px"></div>',
    "cut off: <b": '<div style="overflow: hidden"><b style="display: block; width: 2000px">wide</b></div>',
    "contrast: P. 2.02": '<p style="color: #999; background: #666">grey on grey</p>',
    "image: data:image/png;base64,AAAA: 0 by 0": '<img src="data:image/png;base64,AAAA">',
    "300 by 150, 300 wide here": """<div style="width: 200px"><img src="data:image/svg+xml,
        %3Csvg xmlns='http://www.w3.org/2000/svg' width='300' height='150'/%3E"></div>""",
    "small: <p": '<p style="font-size: 9px">tiny</p>',
    "is cut off": '<svg width="90"><rect width="90" height="99" fill="#fff"/><text x="70" y="20">long</text></svg>',
    "overlaps <text>one": '<svg width="90"><rect width="90" height="90" fill="#fff"/><text y="20">one</text>'
    '<text y="22">two</text></svg>',
    "rgb(119, 119, 119) on rgb(51, 51, 51)": '<svg width="90"><rect width="90" height="90" fill="#333"/>'
    '<text y="20" fill="#777">one</text></svg>',
    "stands on nothing": '<svg width="90"><text y="20">one</text></svg>',
    "console: said": "<script>console.error('said')</script>",
    "console: Error: thrown": "<script>throw new Error('thrown')</script>",
    "console: Failed to load resource": '<script src="missing.js"></script>',
    "from outside: http://127.0.0.1:9/": '<script src="http://127.0.0.1:9/"></script>',
}
"""What has to be said of which page."""


@pytest.mark.parametrize("said", FAULTS)
def test_a_fault_is_told(chromium: Page, tmp_path: Path, said: str) -> None:
    (tmp_path / "right.html").write_text(f"{PAGE}<p>Right.</p>", encoding="utf-8")
    (tmp_path / "wrong.html").write_text(PAGE + FAULTS[said], encoding="utf-8")
    with served(tmp_path) as url:
        assert complaints(chromium, url, "right.html", 800, "light") == []
        assert any(said in each for each in complaints(chromium, url, "wrong.html", 800, "light"))
