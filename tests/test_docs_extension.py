"""The documentation's extension: it does not build pages that would say something that is not so."""

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from built_pages import ROOT, built, complaint, empty_pages, ids, page, room_with

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


def test_an_acknowledgement_is_summed_up_with_what_it_acknowledges():
    from ipos_spec.vectors import all_vectors
    from ipos_sphinx.sources import sources
    from ipos_sphinx.walk import WalkError, walk_text

    example = next(vector for vector in all_vectors() if vector.slug == "acknowledgement/example")
    said = " ".join(walk_text(example, sources().protocol))
    assert "octets 30 to 175 of that (:ref:`TCP connection packet <ipos-tcp-connection>`), as 81 words" in said
    of_another = example.acknowledges[:-1] + b"\x00"
    with pytest.raises(WalkError, match=r"the sum folds to 0x.*, expected 0xffff"):
        walk_text(replace(example, acknowledges=of_another), sources().protocol)


def test_double_ids_and_dead_links_of_the_page_for_printing_are_told(pages, tmp_path):
    text = '.. raw:: html\n\n   <p id="twice"><a href="#nowhere">There</a></p><p id="twice"></p>'
    said = complaint(built(page(pages, text), tmp_path / "print", "-b", "singlehtml"))
    assert "on the page for printing 2 places have the id 'twice'" in said
    assert "on the page for printing a link leads to 'nowhere', which is nowhere" in said
    assert said.count("on the page for printing") == 2


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


# Verdicts


CASE = "checksum/connection-packet-damaged-on-the-way-is-discarded"


def results(file: Path, *cases: tuple[str, str], **target: tuple[str, ...]) -> Path:
    """A results.json of a run: ids of instances, each with its verdict."""
    from ipos_conformance.findings import results

    judged = [
        {"id": id_, "requirement": "ENC-7", "level": "MUST", "sentence": "-", "shows": "-", "verdict": verdict}
        for id_, verdict in cases
    ]
    found = {
        "target": {"name": "A router", "firmware": "", "router": "", "command": [], **target},
        "started": "2030-01-02T03:04:05+00:00",
        "seconds": 1,
        "seed": 7,
        "known": 2,
        "cases": judged,
    }
    results.write(results.Results.model_validate(found), file)
    return file


def test_entries_tell_how_their_cases_ended(pages, tmp_path):
    file = results(tmp_path / "results.json", (f"{CASE}/first", "PASS"), (f"{CASE}/last", "FAIL"))
    text = ".. last-run::\n\n.. requirements:: ENC-7"
    finished = built(page(pages, text), tmp_path / "html", "-D", f"ipos_results={file}")
    assert (finished.returncode, finished.stderr) == (0, "")
    said = " ".join(re.sub(r"<[^>]+>", "", (tmp_path / "html" / "index.html").read_text(encoding="utf-8")).split())
    assert "run of 2030-01-02, which ended in 1 PASS, 1 FAIL (seed 7)." in said
    assert re.search(r"last run \(A router, 2030-01-02\): 1 PASS, 1 FAIL, \d+ not run since 2030-01-02", said)
    assert f"{CASE} (" in said
    assert re.search(r"makes the packet void\. 1 PASS, 1 FAIL, \d not run since 2030-01-02", said)
    assert re.search(r"and makes no endpoint\. \d+ not run since 2030-01-02", said)


def test_a_record_says_what_its_run_said(tmp_path):
    from ipos_sphinx import verdicts

    run = verdicts.whole_run(
        str(results(tmp_path / "results.json", (f"{CASE}/1", "PASS"), (f"{CASE}/2", "NOT APPLICABLE")))
    )
    (tmp_path / "verdicts.toml").write_text(verdicts.record_text(run), encoding="utf-8")
    assert verdicts.of_record(str(tmp_path / "verdicts.toml")) == run
    assert run.verdicts == {CASE: {"PASS": 1, "NOT APPLICABLE": 1}}


def test_a_record_is_made_of_nothing_but_a_whole_run_of_the_router_itself(tmp_path):
    from ipos_sphinx import verdicts

    part = results(tmp_path / "part.json", (f"{CASE}/1", "PASS"))
    with pytest.raises(ValueError, match="found 1 of 2 cases, expected a whole run"):
        verdicts.whole_run(str(part))
    other = results(tmp_path / "other.json", (f"{CASE}/1", "PASS"), (f"{CASE}/2", "PASS"), launch=("other-router",))
    with pytest.raises(ValueError, match="found a run with --launch 'other-router', expected"):
        verdicts.whole_run(str(other))


def test_a_case_of_the_record_that_is_gone_is_told(pages, tmp_path):
    from ipos_sphinx import verdicts

    run = verdicts.of_results(str(results(tmp_path / "results.json", ("checksum/gone/1", "PASS"))))
    file = tmp_path / "verdicts.toml"
    file.write_text(verdicts.record_text(run), encoding="utf-8")
    said = complaint(built(page(pages, "Nothing."), tmp_path / "html", "-D", f"ipos_verdicts={file}"))
    assert "case checksum/gone is in the record of verdicts, but not in the suite; if that is meant, take its" in said


@pytest.mark.parametrize("kind", ["of_results", "of_record"])
@pytest.mark.parametrize("text", ["", "{}", None])
def test_what_is_no_run_is_told_in_a_line(tmp_path, kind, text):
    from ipos_sphinx import verdicts

    file = tmp_path / "file"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises((ValueError, OSError), match=str(file)) as told:
        getattr(verdicts, kind)(str(file))
    assert "\n" not in str(told.value)


# What does not fit together


def test_what_no_page_shows_is_told(pages, tmp_path):
    text = complaint(built(page(pages, ".. requirements:: ENC-7"), tmp_path / "html", "-D", "ipos_complete=1"))
    assert "no page shows the req 'ENC-6'" in text
    assert "no page shows the req 'ENC-7'" not in text
    assert "no page shows the states 'target'" in text


def test_a_must_without_disposition_is_told(pages, tmp_path):
    instead = room_with(tmp_path, "spec", "ipos_spec/requirements.toml", 'disposition = "by construction"\n', "")
    finished = built(page(pages, "Nothing."), tmp_path / "html", instead=instead)
    assert finished.returncode == 1
    told = "The pages can't be made: requirements.toml: ENC-1: found no disposition, expected one of tested,"
    assert finished.stderr.startswith(told)
    assert finished.stderr.count("\n") == 1


def test_a_case_that_is_gone_is_told(pages, tmp_path):
    """SEC-1's only function is called otherwise, so that no case is left of it; another one has a new name."""
    cases = "ipos_conformance/cases/*.py"
    instead = room_with(tmp_path, "conformance", cases, '@requirement("SEC-1")\n', '@requirement("ENC-7")\n')
    for file in instead["conformance"].glob(cases):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("test_connection_packet_damaged_on_the_way_", "test_damaged_packet_"), "utf-8")
    text = complaint(built(page(pages, "Nothing."), tmp_path / "html", instead=instead))
    assert "SEC-1 is tested, but no case judges it" in text
    assert "is listed under SEC-1, but stands under ENC-7" in text
    assert f"case {CASE} (under ENC-7) is listed, but not in the suite; if that is meant, list it: PYTHONPATH=" in text
    assert "case checksum/damaged-packet-is-discarded (under ENC-7) is in the suite, but not listed; if that" in text
    assert f"case {CASE} is in the record of verdicts, but not in the suite" in text


RENAMED = (
    ("encapsulation.py", "    source_ip:", "    client_ip:", "encapsulation-header.source_ip", "client_ip"),
    ("advertisement.py", "    header:", "    head:", "table-advertisement.header", "head"),
    ("packets.py", "    inner:", "    client_packet:", "tcp.inner", "client_packet"),
    ("control_block.py", "    t_iobc:", "    t_out_of_band:", "control-block.t_iobc", "t_out_of_band"),
    ("tables/records.py", "    cookie_id:", "    session_id:", "table-cookie-map.cookie_id", "session_id"),
)
"""File of the schemas, what stands there, what stands there instead, the field, its new name."""


@pytest.mark.parametrize(("file", "old", "new", "field", "name"), RENAMED, ids=[case[3] for case in RENAMED])
def test_a_field_renamed_in_one_file_is_told_in_a_line(pages, tmp_path, file, old, new, field, name):
    """Whether or not anything can be imported then."""
    instead = room_with(tmp_path, "spec", f"ipos_spec/{file}", old, new)
    finished = built(page(pages, "Nothing."), tmp_path / "html", instead=instead)
    assert finished.returncode == 1
    renamed = f"{field.partition('.')[0]}.{name}"
    told = f"The pages can't be made: expected field {field}, found {renamed} in its place; rename it back, or use the "
    assert told in finished.stderr
    assert all(line.startswith("The pages can't be made: expected field ") for line in finished.stderr.splitlines())


def test_what_can_t_be_imported_is_told_with_its_place(pages, tmp_path):
    instead = room_with(tmp_path, "spec", "ipos_spec/exchanges/__init__.py", "EXCHANGES", "EXCHANGED")
    finished = built(page(pages, "Nothing."), tmp_path / "html", instead=instead)
    assert finished.returncode == 1
    assert re.fullmatch(r"The pages can't be made: \w+Error: .*EXCHANGES.* \(.+:\d+\)\n", finished.stderr)


# Lists


def test_the_fields_that_are_written_are_those_that_are_described():
    from ipos_sphinx import schemas

    described = schemas.names()
    assert schemas.written(described) == described
    assert [name for name in schemas.written({"control-block.x": "field"}) if name.endswith("snd_una")]


def test_how_a_list_differs_is_told():
    from ipos_sphinx.listed import CASES, FIELDS, differences

    assert differences(FIELDS, {"a.b": "field"}, {"a.b": "field"}) == []
    assert "expected field a.b, found a.c in its place; " in differences(FIELDS, {"a.b": "key"}, {"a.c": "key"})[0]
    assert "field a.b is listed under key, but stands" in differences(FIELDS, {"a.b": "key"}, {"a.b": "field"})[0]
    listed, there = {"x/1": "ENC-1", "x/2": "ENC-1"}, {"x/1": "ENC-1", "x/3": "ENC-2", "x/2": "ENC-1"}
    assert [told[:50] for told in differences(CASES, listed, there)] == [
        "case x/3 (under ENC-2) is in the suite, but not list"[:50]
    ]
    assert [told[:50] for told in differences(CASES, there, listed)] == [
        "case x/3 (under ENC-2) is listed, but not in the s"
    ]


@pytest.mark.parametrize("kind", ["CASES", "FIELDS"])
def test_what_is_no_list_is_told_in_a_line(tmp_path, kind):
    from ipos_sphinx import listed

    file = tmp_path / "list.txt"
    file.write_text("# A list\n\nalone\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{file}:3: found 'alone', expected "):
        listed.read(getattr(listed, kind), file)


def test_a_list_that_is_not_there_is_told_in_a_line(pages, tmp_path):
    finished = built(page(pages, "Nothing."), tmp_path / "html", "-D", f"ipos_cases={tmp_path}/cases.txt")
    assert finished.returncode == 1
    assert finished.stderr.startswith("The pages can't be made: [Errno 2] No such file")
    assert finished.stderr.count("\n") == 1


def test_what_is_kept_beside_the_pages_is_what_is_written(tmp_path):
    lists = [sys.executable, "-m", "ipos_sphinx", "--folder", tmp_path, "lists"]
    subprocess.run(lists, check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    for name in ("cases.txt", "fields.txt"):
        assert (tmp_path / name).read_text("utf-8") == (ROOT / "docs" / name).read_text("utf-8")
