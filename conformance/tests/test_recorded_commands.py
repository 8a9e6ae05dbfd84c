"""What a person does with a results file: show, replay, minimise, export, baseline, diff; and what goes wrong."""

import json
import re
import subprocess
import sys

import pytest
from ipos_conformance import cli
from ipos_conformance.findings.results import read, write
from ipos_conformance.verdicts import Verdict
from kernel import MISSING
from test_baseline import NAME, NOISE, case, run

needs_kernel = pytest.mark.skipif(bool(MISSING), reason=MISSING)
WRONG = "{python} -m ipos_defects wrong-checksum-accepted run {configuration}"
RIGHT = "{python} -m ipos_reference run {configuration}"
FAILING = "checksum/connection-packet-with-a-wrong-checksum-is-discarded/one-more"
PASSING = "neighbours/arp-is-answered-with-the-mac-of-its-lan/first-lan"


def call(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["ipos-conformance", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr()
    return end.value.code or 0, told.out, told.err


def suite(*arguments):
    words = [sys.executable, "-m", "ipos_conformance", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A run in which one case failed and another passed."""
    folder = tmp_path_factory.mktemp("recorded")
    status, _ = suite("run", "-q", FAILING, PASSING, "--output", folder, "--launch", WRONG)
    assert status == 1
    return folder


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("show", "checksum/both-zeros-verify/0001", "--results", "{file}"), 2, f"did you mean {NAME}?"),
        (("show", PASSING, "--results", "{file}"), 2, "not in these results"),
        (("show", NAME), 2, "no results file; `ipos-conformance run` makes one"),
        (("show", NAME, "--results", "{folder}/nothing.json"), 2, "nothing.json: No such file"),
        (("show", NAME, "--results", "{old}"), 2, "version 1 of the results, expected 2"),
        (("replay", NAME, "--results", "{file}"), 2, f"{NAME}: it passed, expected a case that did not"),
        (("replay", "ENX-7", "--results", "{file}"), 5, "did you mean ENC-6?"),
        (("replay", "a.toml", "b.toml", "--results", "{file}"), 2, "found a.toml and b.toml, expected one target file"),
        (("export", NAME, "--results", "{file}", "--output", "{folder}"), 2, "PASS, expected a failure"),
        (("minimise", NAME, "--results", "{file}"), 2, "PASS, expected a failure"),
        (("baseline", "{file}", "--link", "x", "--reason", "y", "--expires", "soon"), 2, "expected a day such as"),
        (("diff", "{file}", "{folder}/nothing.json"), 2, "nothing.json: No such file"),
        (("run", "NBR-1", "--baseline", "{folder}/nothing.toml"), 2, "nothing.toml: No such file"),
    ],
)
def test_mistake_is_told_in_one_line(monkeypatch, capsys, tmp_path, arguments, status, says):
    file, old = tmp_path / "run.json", tmp_path / "old.json"
    write(run(case(Verdict.PASS)), file)
    old.write_text(file.read_text().replace('"version": 2', '"version": 1'))
    monkeypatch.chdir(tmp_path)
    words = [word.format(file=file, folder=tmp_path, old=old) for word in arguments]
    code, _, errors = call(monkeypatch, capsys, *words)
    assert code == status
    assert says in errors
    assert errors.count("\n") == 1


def test_show_without_a_case_tells_all_that_did_not_pass(monkeypatch, capsys, tmp_path):
    file = tmp_path / "run.json"
    write(run(case(Verdict.FAIL, NOISE), case(Verdict.PASS, name="another/case")), file)
    code, told, _ = call(monkeypatch, capsys, "show", "--results", file)
    assert code == 0
    assert f"FAIL ENC-6 MUST  {NAME}" in told
    assert "another/case" not in told
    assert "1 of 2 cases did not pass, 1 did." in told


def test_what_a_router_sent_does_not_steer_the_terminal(monkeypatch, capsys, tmp_path):
    file = tmp_path / "run.json"
    write(run(case(Verdict.FAIL, "got \x1b[31mred\x1b[0m [bold]and[/] more")), file)
    _, told, _ = call(monkeypatch, capsys, "show", NAME, "--results", file)
    assert "\x1b" not in told
    assert "[bold]and[/] more" in told


def test_diff_tells_what_became_worse_to_people_and_programs(monkeypatch, capsys, tmp_path):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    write(run(case(Verdict.PASS)), old)
    write(run(case(Verdict.FAIL, NOISE)), new)
    code, told, _ = call(monkeypatch, capsys, "diff", old, new)
    assert (code, "worse" in told, "PASS -> FAIL" in told) == (1, True, True)
    code, told, _ = call(monkeypatch, capsys, "diff", new, old, "--json")
    assert code == 0
    assert [change["kind"] for change in json.loads(told)["changes"]] == ["better"]


@needs_kernel
@pytest.mark.kernel
def test_show_marks_what_was_changed_and_finds_the_difference_from_the_reference(recorded):
    status, told = suite("show", FAILING, "--results", recorded, "--against-reference")
    assert status == 0
    assert "header.checksum: 0x1235   (usually" in told
    assert re.search(r"\[12\]|\[35\]", told)  # one octet may be as usual
    assert "answer 1 is the first that differs from the reference router's (PASS)" in told


@needs_kernel
@pytest.mark.kernel
def test_replay_tells_how_often_it_still_fails_and_when_it_is_fixed(recorded, tmp_path):
    status, told = suite("replay", FAILING, "--results", recorded, "--times", 2, "--output", tmp_path / "again")
    assert (status, told) == (1, f"STILL  {FAILING}, failed 2 of 2 times\n")
    mended = read(recorded)
    identity = mended.target.model_copy(update={"launch": tuple(RIGHT.split())})
    write(mended.model_copy(update={"target": identity}), tmp_path / "mended.json")
    status, told = suite("replay", "--results", tmp_path / "mended.json", "--output", tmp_path / "again")
    assert (status, told) == (0, f"FIXED  {FAILING}\n")


@needs_kernel
@pytest.mark.kernel
def test_expected_failure_is_told_with_the_verdict(recorded, tmp_path):
    file = tmp_path / "baseline.toml"
    status, _ = suite("baseline", recorded, "--link", "https://example.org/7", "--reason", "old chip", "--output", file)
    assert status == 0
    words = ("run", "-q", FAILING, PASSING, "--baseline", file, "--output", tmp_path / "run")
    status, told = suite(*words, "--launch", WRONG)
    assert (status, "conformant in everything that was tested but for 1 expected failure" in told) == (0, True)
    status, told = suite(*words, "--launch", RIGHT)
    assert (status, "1 XPASS" in told) == (1, True)


@needs_kernel
@pytest.mark.kernel
def test_minimised_failure_is_one_frame_and_fails_by_its_script(recorded, tmp_path):
    status, told = suite("minimise", FAILING, "--results", recorded, "--output", tmp_path, "--tries", 6)
    assert status == 0, told
    assert told.startswith("1 of 4 sent frames are left")
    (less,) = read(tmp_path).cases
    assert [frame.direction for frame in less.frames if frame.changes] == ["sent"]
    assert {file.name for file in tmp_path.iterdir()} >= {"results.json", "reproduce.py", "case.pcapng", "README.md"}


@needs_kernel
@pytest.mark.kernel
def test_missing_answer_is_not_minimised(tmp_path):
    name, launch = "neighbours/echo-is-answered", "{python} -m ipos_defects echo-unanswered run {configuration}"
    suite("run", "-q", name, "--output", tmp_path, "--launch", launch)
    status, told = suite("minimise", name, "--results", tmp_path)
    assert (status, told.count("\n")) == (2, 1)
    assert "an answer is missing" in told
