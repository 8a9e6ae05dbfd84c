"""The documentation: it builds without a warning, and does not build where it would say something that is not so."""

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("spec", "reference", "conformance", "defects", "fuzz")

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo")), reason="Sphinx or Furo is not installed"
)


def built(
    pages: Path, output: Path, *options: str, instead: Mapping[str, Path] | None = None
) -> subprocess.CompletedProcess[str]:
    """Sphinx on a folder of pages; `instead` has a room's copy for some of the rooms."""
    rooms = {room: ROOT / room for room in ROOMS} | dict(instead or {})
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", *options, pages, output],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, rooms.values()))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """All pages, built as `nox -s docs` does."""
    output = tmp_path_factory.mktemp("docs") / "html"
    finished = built(ROOT / "docs", output)
    assert (finished.returncode, finished.stderr) == (0, "")
    return output


@pytest.fixture
def pages(tmp_path) -> Path:
    """A folder with one page, which a test writes."""
    folder = tmp_path / "pages"
    folder.mkdir()
    shutil.copytree(ROOT / "docs" / "_static", folder / "_static")
    configuration = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    extension = f"Path({str(ROOT / 'docs')!r})"
    assert configuration.count("Path(__file__).parent") == 3
    text = configuration.replace("Path(__file__).parent", extension) + "ipos_complete = False\n"
    (folder / "conf.py").write_text(text, encoding="utf-8")
    return folder


def room_with(tmp_path: Path, room: str, file: str, old: str, new: str) -> dict[str, Path]:
    """A copy of a room in which every `old` in a file, or in all files that match, is `new`."""
    copy = tmp_path / room
    shutil.copytree(ROOT / room, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    changed = 0
    for path in copy.glob(file):
        text = path.read_text(encoding="utf-8")
        changed += text.count(old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert changed
    return {room: copy}


def page(folder: Path, text: str) -> Path:
    """Write the one page."""
    (folder / "index.rst").write_text(f"Page\n====\n\n{text}\n", encoding="utf-8")
    return folder


def complaint(finished: subprocess.CompletedProcess[str]) -> str:
    """What a build that failed said, on one line."""
    assert finished.returncode != 0
    return " ".join(finished.stderr.split())


# What is built


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.ids += [value for name, value in attrs if name == "id" and value is not None]


def ids(file: Path) -> list[str]:
    """Every id of a page, in order."""
    parser = _Ids()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser.ids


def test_every_requirement_has_one_anchor(site):
    from ipos_spec.requirements import registry

    anchors = [id_ for file in sorted((site / "requirements").glob("*.html")) for id_ in ids(file)]
    found = [id_ for id_ in anchors if id_.startswith("req-")]
    assert sorted(found) == sorted(f"req-{slug.lower()}" for slug in registry())


def test_no_page_has_an_id_twice(site):
    for file in site.rglob("*.html"):
        # Furo gives the frame around a table with a caption the table's own id, such as id1.
        found = [id_ for id_ in ids(file) if not re.fullmatch(r"id\d+", id_)]
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


def test_python_s_names_stand_there_with_signature_and_docstring(site):
    text = (site / "reference" / "python-spec.html").read_text(encoding="utf-8")
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
    assert "internet_checksum(octets: bytes) -> int What a sender puts into the checksum field" in said
    assert "EXCHANGES: mappingproxy All exchanges by name." in said
    assert "for frame in captures.read(file): print(" in said


def test_a_module_of_which_only_the_docstring_is_shown_need_not_be_importable(pages, tmp_path):
    """As a plugin of pytest is not, where only what the pages need is installed."""
    (tmp_path / "needs_more.py").write_text('"""Plugs in."""\nimport nobody_has_this\n', encoding="utf-8")
    right = page(pages, ".. python-module:: needs_more\n   :names:")
    finished = built(right, tmp_path / "html", instead={"more": tmp_path})
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Plugs in." in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")


# What is not built


def test_a_page_of_nothing_wrong_is_built(pages, tmp_path):
    case = "checksum/connection-packet-damaged-on-the-way-is-discarded"
    right = page(pages, f":req:`ENC-7` :field:`control-block.snd_nxt` :case:`{case}`")
    finished = built(right, tmp_path / "html")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_links_of_the_page_for_printing_lead_somewhere(pages, tmp_path):
    text = ".. toctree::\n\n   other\n\n:ref:`there`, :req:`ENC-7`, and not :req:`ENC-6`"
    (pages / "other.rst").write_text(
        "Other\n=====\n\n.. _there:\n\nThere\n-----\n\n.. requirements:: ENC-7\n", encoding="utf-8"
    )
    finished = built(page(pages, text), tmp_path / "print", "-b", "singlehtml")
    assert (finished.returncode, finished.stderr) == (0, "")
    written = (tmp_path / "print" / "index.html").read_text(encoding="utf-8")
    led_to = set(re.findall(r'href="#([^"]+)"', written))
    assert {"there", "req-enc-7"} <= led_to <= set(ids(tmp_path / "print" / "index.html"))


def test_sections_of_one_name_are_told_apart_on_the_page_for_printing(pages, tmp_path):
    for name in ("one", "two"):
        text = f"{name.title()}\n===\n\nAlike\n-----\n\n`Alike`_, says {name}.\n"
        (pages / f"{name}.rst").write_text(text, encoding="utf-8")
    finished = built(page(pages, ".. toctree::\n\n   one\n   two"), tmp_path / "print", "-b", "singlehtml")
    assert (finished.returncode, finished.stderr) == (0, "")
    written = (tmp_path / "print" / "index.html").read_text(encoding="utf-8")
    found = ids(tmp_path / "print" / "index.html")
    assert (found.count("one-alike"), found.count("two-alike"), found.count("alike")) == (1, 1, 0)
    assert re.findall(r'href="#([^"]+)">Alike</a>, says (\w+)', written) == [("one-alike", "one"), ("two-alike", "two")]


WRONG_NAMES = (
    (":req:`ENC-99`", "no requirement 'ENC-99' in the registry"),
    (":field:`control-block.snd_last`", "no field 'control-block.snd_last' in the schemas"),
    (":case:`checksum/gone`", "no case 'checksum/gone' in the suite"),
    (":defect:`nobody-planted-it`", "no defect 'nobody-planted-it' is planted"),
    (".. requirements:: ENC-99", "no requirement 'ENC-99' in the registry"),
    (".. sentences:: ENC-7 QQQ", "no requirement 'QQQ' in the registry"),
    (".. schema:: control-blok", "no packet or structure is called 'control-blok'; there are tcp-connection,"),
    (".. router-table:: backward", "no table is called 'backward'; there are forward,"),
    (".. states:: client", "no state table is called 'client'; there are origin, target, forwarding"),
    (".. exchange:: romance", "no exchange is called 'romance'; there are migration,"),
    (".. walk-through:: udp-connection/none", "no vector is called 'udp-connection/none'; there are udp-"),
    (".. command:: ls", "'ls': expected a command of ipos-spec,"),
    (".. command:: ipos-spec show nobody", "'ipos-spec show nobody' ended with 2: "),
    (".. program:: ls", "no program is called 'ls'; there are ipos-spec,"),
    (".. keys:: nothing", "no document is called 'nothing'; there are target, results"),
    (".. capture:: nowhere.pcapng", "nowhere.pcapng can't be drawn: "),
    (".. capture:: conf.py", "conf.py can't be drawn: octet 0: begins with "),
    (".. python-module:: ipos_spec.nothing", "no module 'ipos_spec.nothing'"),
    (".. python-module:: ipos_spec.codec\n   :names: decipher", "no name 'decipher' in ipos_spec.codec"),
    (".. walk-through:: tcp/example", "tcp/example can't be walked through: expected a valid connection packet"),
)
"""What a page says, and what the build says to that."""


def test_names_that_are_nobodys_are_told(pages, tmp_path):
    said = complaint(built(page(pages, "\n\n".join(text for text, _ in WRONG_NAMES)), tmp_path / "html"))
    assert [message for _, message in WRONG_NAMES if message not in said] == []


def test_entries_tell_how_their_cases_ended(pages, tmp_path):
    stem = "checksum/connection-packet-damaged-on-the-way-is-discarded"
    cases = [{"id": f"{stem}/first", "verdict": "PASS"}, {"id": f"{stem}/last", "verdict": "FAIL"}]
    file = tmp_path / "results.json"
    found = {"target": {"name": "A router"}, "started": "2030-01-02T03:04:05+00:00", "cases": cases}
    file.write_text(json.dumps(found), encoding="utf-8")
    finished = built(page(pages, ".. requirements:: ENC-7"), tmp_path / "html", "-D", f"ipos_results={file}")
    assert (finished.returncode, finished.stderr) == (0, "")
    said = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "last run (A router, 2030-01-02): 1 PASS, 1 FAIL" in said
    assert said.count("1 PASS, 1 FAIL") == 2


@pytest.mark.parametrize("text", ["", "{}", None])
def test_what_is_no_run_is_told_in_a_line(pages, tmp_path, text):
    file = tmp_path / "results.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    said = complaint(built(page(pages, "Nothing."), tmp_path / "html", "-D", f"ipos_results={file}"))
    assert f"{file} is no results.json of ipos-conformance" in said or f"No such file or directory: '{file}'" in said


def test_what_no_page_shows_is_told(pages, tmp_path):
    text = complaint(built(page(pages, ".. requirements:: ENC-7"), tmp_path / "html", "-D", "ipos_complete=1"))
    assert "no page shows the req 'ENC-6'" in text
    assert "no page shows the req 'ENC-7'" not in text
    assert "no page shows the states 'target'" in text


def test_a_must_without_disposition_is_told(pages, tmp_path):
    instead = room_with(tmp_path, "spec", "ipos_spec/requirements.toml", 'disposition = "by construction"\n', "")
    text = complaint(built(page(pages, "Nothing."), tmp_path / "html", instead=instead))
    assert "requirements.toml: ENC-1: found no disposition, expected one of tested," in text


def test_a_case_that_is_gone_is_told(pages, tmp_path):
    """SEC-1's only function is called otherwise, so that no case is left of it."""
    instead = room_with(
        tmp_path, "conformance", "ipos_conformance/cases/*.py", '@requirement("SEC-1")\n', '@requirement("ENC-7")\n'
    )
    text = complaint(built(page(pages, "Nothing."), tmp_path / "html", instead=instead))
    assert "SEC-1 is tested, but no case judges it" in text
    assert "is listed for SEC-1, but judges ENC-7" in text


def test_a_case_that_is_gone_is_told_by_its_name_though_its_requirement_has_others(pages, tmp_path):
    """Under its new name it is a case that nobody has listed."""
    instead = room_with(
        tmp_path,
        "conformance",
        "ipos_conformance/cases/*.py",
        "test_connection_packet_damaged_on_the_way_is_discarded",
        "test_connection_packet_is_discarded",
    )
    text = complaint(built(page(pages, "Nothing."), tmp_path / "html", instead=instead))
    gone = "case checksum/connection-packet-damaged-on-the-way-is-discarded of ENC-7 is listed, but not in the suite; "
    assert gone + "if that is meant, list it: PYTHONPATH=docs/extension python -m ipos_sphinx docs/cases.txt" in text
    assert "case checksum/connection-packet-is-discarded of ENC-7 is in the suite, but not listed; if that" in text
    assert "is tested, but no case judges it" not in text


@pytest.mark.parametrize("text", ["ENC-7\n", None])
def test_what_is_no_list_of_cases_is_told_in_a_line(pages, tmp_path, text):
    file = tmp_path / "cases.txt"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    said = complaint(built(page(pages, "Nothing."), tmp_path / "html", "-D", f"ipos_cases={file}"))
    assert f"{file}:1: found 'ENC-7', expected" in said or f"No such file or directory: '{file}'" in said


def test_a_renamed_field_that_no_page_names_is_told(pages, tmp_path):
    instead = room_with(tmp_path, "spec", "ipos_spec/control_block.py", "    t_iobc:", "    t_octet_out_of_band:")
    text = complaint(built(page(pages, "Nothing."), tmp_path / "html", instead=instead))
    assert "field control-block.t_iobc is listed, but not in the schemas; if that is meant, list it: PYTHON" in text
    assert "field control-block.t_octet_out_of_band is in the schemas, but not listed; if that" in text


@pytest.mark.parametrize("text", ["control-block\n", None])
def test_what_is_no_list_of_fields_is_told_in_a_line(pages, tmp_path, text):
    file = tmp_path / "fields.txt"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    said = complaint(built(page(pages, "Nothing."), tmp_path / "html", "-D", f"ipos_fields={file}"))
    assert f"{file}:1: found 'control-block', expected" in said or f"No such file or directory: '{file}'" in said


def test_a_renamed_field_is_told(pages, tmp_path):
    instead = room_with(tmp_path, "spec", "ipos_spec/**/*.py", "t_oobflags", "t_flags_out_of_band")
    text = complaint(built(page(pages, ":field:`control-block.t_oobflags`"), tmp_path / "html", instead=instead))
    assert "no field 'control-block.t_oobflags' in the schemas" in text
