"""The documentation's extension: it does not build pages that would say something that is not so."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from built_pages import built, complaint, empty_pages, ids, page, room_with

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo")), reason="Sphinx or Furo is not installed"
)


@pytest.fixture
def pages(tmp_path) -> Path:
    """A folder with one page, which a test writes."""
    return empty_pages(tmp_path / "pages")


def test_a_module_of_which_only_the_docstring_is_shown_need_not_be_importable(pages, tmp_path):
    """As a plugin of pytest is not, where only what the pages need is installed."""
    (tmp_path / "needs_more.py").write_text('"""Plugs in."""\nimport nobody_has_this\n', encoding="utf-8")
    right = page(pages, ".. python-module:: needs_more\n   :names:")
    finished = built(right, tmp_path / "html", instead={"more": tmp_path})
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Plugs in." in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")


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
