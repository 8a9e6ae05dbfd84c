"""The documentation: it builds without a warning, and all that it leads to is there."""

import html
import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from built_pages import ROOT, built, ids

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo")), reason="Sphinx or Furo is not installed"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """All pages, built as `nox -s docs` does."""
    output = tmp_path_factory.mktemp("docs") / "html"
    finished = built(ROOT / "docs", output)
    assert (finished.returncode, finished.stderr) == (0, "")
    return output


def test_every_requirement_has_one_anchor(site):
    from ipos_spec.requirements import registry

    anchors = [id_ for file in sorted((site / "requirements").glob("*.html")) for id_ in ids(file)]
    found = [id_ for id_ in anchors if id_.startswith("req-")]
    assert sorted(found) == sorted(f"req-{slug.lower()}" for slug in registry())


def test_no_page_has_an_id_twice(site):
    for file in site.rglob("*.html"):
        found = ids(file)
        assert len(found) == len(set(found)), (file, sorted({id_ for id_ in found if found.count(id_) > 1}))


def test_links_inside_lead_somewhere(site):
    there = {file: set(ids(file)) for file in site.rglob("*.html")}
    links = 0
    for file in there:
        for link in re.findall(r'<a [^>]*?href="([^"]+)"', file.read_text(encoding="utf-8")):
            path, _, anchor = unquote(html.unescape(link)).partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = (file.parent / path).resolve() if path else file
            assert target.exists(), (file.name, link)
            assert not anchor or anchor in there[target], (file.name, link)
            links += 1
    assert links > 1000


def test_options_can_be_copied(site):
    """Two hyphens are not made a dash."""
    for file in site.rglob("*.html"):
        assert re.findall("\N{EN DASH}[a-z][a-z-]+", file.read_text(encoding="utf-8")) == [], file


def test_an_entry_tells_cases_defects_and_who_cites_it(site):
    text = (site / "requirements" / "wire.html").read_text(encoding="utf-8")
    entry = text[text.index('id="req-enc-7"') : text.index('id="req-enc-8"')]
    said = re.sub(r"<[^>]+>", "", entry)
    assert "checksum/connection-packet-damaged-on-the-way-is-discarded" in said
    assert "wrong-checksum-accepted" in said
    assert 'href="../specification/wire-formats.html#the-checksum"' in entry


def test_what_is_not_observable_stands_there_with_its_reason(site):
    from ipos_spec.requirements import requirement

    text = (site / "requirements" / "not-observable.html").read_text(encoding="utf-8")
    said = " ".join(re.sub(r"<[^>]+>", "", text).split())
    for slug in ("ENC-1", "TAB-2", "SEC-2"):
        assert requirement(slug).reason.partition(":")[0].partition("'")[0] in said


def test_the_picture_of_the_readme_is_the_one_that_is_generated():
    """`ipos-spec exchanges migration -o docs/_static/migration.svg` makes it anew."""
    from ipos_spec.exchanges import EXCHANGES
    from ipos_spec.sequence import exchange_svg

    picture = ROOT / "docs" / "_static" / "migration.svg"
    assert picture.read_text(encoding="utf-8").strip() == exchange_svg(EXCHANGES["migration"]).strip()
    assert "(docs/_static/migration.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_what_the_readme_leads_to_is_there():
    links = re.findall(r"\]\(([^):#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_walk_through_tells_every_octet(site):
    from ipos_spec.vectors import all_vectors

    frame = next(vector.frame for vector in all_vectors() if vector.slug == "udp-connection/example")
    text = (site / "by-hand" / "udp.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    cells = [
        re.sub(r"<[^>]+>", "", cell).split() for row in rows for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)[1:2]
    ]
    assert bytes.fromhex("".join(octet for cell in cells for octet in cell)) == frame


def test_a_capture_is_drawn_with_the_names_of_the_lab(site):
    text = (site / "explanation" / "why.html").read_text(encoding="utf-8")
    drawn = text[text.index('id="capture-kept-open-title"') :]
    drawn = drawn[: drawn.index("</svg>")]
    said = re.sub(r"<[^>]+>", " ", drawn)
    assert all(name in said for name in ("client 1", "edge router A", "server 1", "server 2", "server 3"))
    assert drawn.count(">TCP connection packet</text>") == 2  # it moves twice


def test_python_s_signatures_fit_and_leave_the_object_itself_out(site):
    for file in (site / "reference").glob("python-*.html"):
        blocks = re.findall(r"<pre>(.*?)</pre>", file.read_text(encoding="utf-8"), re.DOTALL)
        lines = [line for block in blocks for line in html.unescape(re.sub(r"<[^>]+>", "", block)).splitlines()]
        assert len(lines) > 50
        assert [line for line in lines if len(line) > 88 or re.search(r"\bself\b", line)] == []


def test_python_s_names_stand_there_with_signature_and_docstring(site):
    text = (site / "reference" / "python-spec.html").read_text(encoding="utf-8")
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
    assert "internet_checksum(octets: bytes) -> int What a sender puts into the checksum field" in said
    assert "EXCHANGES: Mapping[str, Exchange] All exchanges by name." in said
    assert "decode(frame: bytes, ether_type: int = 7) -> Packet Read one" in said  # no union of five
    assert "for frame in captures.read(file): print(" in said
