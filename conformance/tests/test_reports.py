"""What is made of results: JUnit, captures, events, bundles."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from ipos_conformance import cli
from ipos_conformance.case import all_cases
from ipos_conformance.errors import ResultsError
from ipos_conformance.findings.results import write
from ipos_conformance.reports import bundle, captures, event_lines, junit
from ipos_conformance.runs.events import CaseFinished, CaseStarted, RunFinished, RunStarted
from ipos_conformance.verdicts import Verdict
from ipos_spec.captures import read
from ipos_spec.description import describe
from ipos_spec.export.wireshark import wireshark
from lxml import etree
from made_results import case, failed, mixed, results

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit.xsd"))


def call(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["ipos-conformance", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


# JUnit


def test_junit_is_valid_by_the_common_schema_whatever_stands_in_it():
    document = etree.fromstring(junit.document(mixed()))
    SCHEMA.assertValid(document)


def test_schema_knows_a_wrong_report():
    wrong = junit.document(mixed()).replace(b'time="0.000010"', b'time="1e-05"')
    assert not SCHEMA.validate(etree.fromstring(wrong))


def test_junit_counts_what_could_not_be_judged_as_errors():
    (suite,) = etree.fromstring(junit.document(mixed()))
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "10",
        "failures": "2",
        "errors": "3",
        "skipped": "3",
    }


# Captures


def test_capture_has_both_lans_and_says_what_was_meant():
    found = list(read(io.BytesIO(captures.capture(failed()))))
    assert [frame.interface for frame in found] == ["first LAN", "second LAN", "second LAN", "second LAN"]
    (stimulus,) = found[1].comments
    assert "ENC-7 MUST (any), checksum/wrong-is-discarded/one-more: FAIL" in stimulus
    assert "changed: header.checksum 0x1234, not 0x" in stimulus
    (answer,) = found[3].comments
    assert answer.endswith("came instead of: silence on both LANs or resets")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark (package tshark) is not there")
def test_capture_is_read_with_the_generated_dissector(tmp_path):
    file, dissector = tmp_path / "case.pcapng", tmp_path / "ipos.lua"
    file.write_bytes(captures.capture(failed()))
    dissector.write_text(wireshark(describe()))
    fields = ["frame.interface_name", "ip_os.header.checksum", "frame.comment", "ip_os.enc_7"]
    words = ["tshark", "-X", f"lua_script:{dissector}", "-r", file, "-T", "json", *(f"-e{name}" for name in fields)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    layers = [packet["_source"]["layers"] for packet in json.loads(done.stdout)]
    assert [one["frame.interface_name"] for one in layers] == [["first LAN"], *[["second LAN"]] * 3]
    assert layers[1]["ip_os.header.checksum"] == ["0x1234"]
    assert "ip_os.enc_7" in layers[1]
    assert "ip_os.enc_7" not in layers[2]


def test_each_case_with_frames_has_its_file_under_its_id(tmp_path):
    assert captures.write_all(results(failed(), case(Verdict.PASS, "handshake/syn")), tmp_path) == 1
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.pcapng")] == [
        "checksum/wrong-is-discarded/one-more.pcapng"
    ]


# Events


def test_events_are_one_versioned_object_a_line():
    found = results(failed())
    events = [RunStarted("a router", 1), CaseStarted(all_cases()[0]), CaseFinished(failed()), RunFinished(found)]
    lines = [event_lines.line(event) for event in events]
    assert all(line.count("\n") == 1 for line in lines)
    objects = [json.loads(line) for line in lines]
    assert {(one["format"], one["version"]) for one in objects} == {("ipos-events", 1)}
    assert [one["event"] for one in objects] == ["run-started", "case-started", "case-finished", "run-finished"]
    assert objects[2]["verdict"] == "FAIL"
    assert objects[3]["outcome"]["exit_status"] == 1


# Bundles


PACKED = results(failed().model_copy(update={"timings": ()}))
"""A failure about a time would have no reproducer."""


@pytest.fixture
def packed(tmp_path):
    (tmp_path / "target.log").write_text("hello")
    bundle.write(PACKED, tmp_path, tmp_path / "run.zip")
    return tmp_path / "run.zip"


def repacked(path, change):
    """The same bundle after somebody has changed its files (by name)."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as new:
        for name, octets in files.items():
            new.writestr(name, octets)
    return path


def refusal(path):
    with pytest.raises(ResultsError) as refused:
        bundle.verify(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_bundle_holds_everything_and_verifies(packed):
    manifest, found = bundle.verify(packed)
    assert {entry.name for entry in manifest.files} == {
        "results.json",
        "junit.xml",
        "report.html",
        "target.log",
        "captures/checksum/wrong-is-discarded/one-more.pcapng",
        "reproducers/checksum/wrong-is-discarded/one-more.py",
    }
    assert found == PACKED


def test_same_run_gives_the_same_bundle(packed, tmp_path):
    bundle.write(PACKED, tmp_path, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.update({"target.log": b"hullo"}), "target.log: SHA-256 "),
        (lambda files: files.pop("junit.xml"), "junit.xml: missing"),
        (lambda files: files.update({"more.txt": b""}), "more.txt: found in the bundle"),
        (lambda files: files.pop("manifest.json"), "found no manifest.json"),
        (lambda files: files.update({"manifest.json": b"{"}), "manifest.json: "),
        (lambda files: files.update({"manifest.json": b'{"version": 2, "files": []}'}), "manifest.json: version: "),
        (lambda files: [files.pop(name) for name in list(files)], "found no manifest.json"),
    ],
)
def test_bundle_that_was_changed_is_refused(packed, change, says):
    assert says in refusal(repacked(packed, change))


def test_damaged_bundle_is_refused(packed):
    with zipfile.ZipFile(packed) as bundled:
        start = bundled.getinfo("report.html").header_offset
    octets = bytearray(packed.read_bytes())
    octets[start + 200] ^= 0xFF  # behind its local header, which nobody reads
    packed.write_bytes(octets)
    assert refusal(packed)
    packed.write_bytes(b"PK no bundle")
    assert "no bundle" in refusal(packed)


# The command


def test_report_writes_what_is_asked_for(monkeypatch, capsys, tmp_path):
    write(results(failed()), tmp_path / "results.json")
    files = {name: tmp_path / file for name, file in (("html", "a.html"), ("junit", "a.xml"), ("bundle", "a.zip"))}
    options = [word for name, file in files.items() for word in (f"--{name}", file)]
    status, said, _ = call(monkeypatch, capsys, "report", tmp_path, *options)
    assert status == 0
    assert said.count("wrote ") == 3
    assert all(file.stat().st_size for file in files.values())
    status, said, _ = call(monkeypatch, capsys, "report", "verify", files["bundle"])
    assert status == 0
    assert "a router is not conformant; exit status 1." in said


def test_report_shows_a_run_again(monkeypatch, capsys, tmp_path):
    write(results(failed()), tmp_path / "results.json")
    status, said, _ = call(monkeypatch, capsys, "report", tmp_path / "results.json")
    assert status == 0
    assert "checksum/wrong-is-discarded/one-more" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "nowhere: No such file or directory"),
        (("{}/old.json",), "version 1 of the results, expected 2"),
        (("{}/cut.json",), "cut.json: Invalid JSON"),
        (
            ("{}", "--html", "/dev/null/x.html"),
            "/dev/null/x.html: Not a directory, expected a place that can be written",
        ),
        (("{}", "--bundle", "{}"), "Is a directory, expected a place that can be written"),
        (("{}", "--captures", "/dev/null/x"), "/dev/null/x"),
        (("{}", "{}"), "expected one folder or results file"),
        (("verify",), "found 0 names, expected that of one bundle"),
        (("verify", "{}/cut.json"), "no bundle"),
        (("verify", "nowhere.zip"), "nowhere.zip: No such file or directory"),
    ],
)
def test_mistake_is_told_in_one_line(monkeypatch, capsys, tmp_path, arguments, says):
    write(results(failed()), tmp_path / "results.json")
    text = (tmp_path / "results.json").read_text()
    (tmp_path / "old.json").write_text(text.replace('"version": 2', '"version": 1', 1))
    (tmp_path / "cut.json").write_text(text[: len(text) // 2])
    words = [word.format(tmp_path) for word in arguments]
    status, _, errors = call(monkeypatch, capsys, "report", *words)
    assert (status, errors.count("\n")) == (2, 1)
    assert says in errors


def test_hostile_texts_reach_no_terminal_as_they_are(monkeypatch, capsys, tmp_path):
    write(mixed(), tmp_path / "results.json")
    _, said, _ = call(monkeypatch, capsys, "report", tmp_path)
    assert "evil.test" in said
    assert not {"\x00", "\x1b"} & set(said)
