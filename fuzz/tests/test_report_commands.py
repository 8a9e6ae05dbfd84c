"""`ipos-fuzz report`, `show` and `schema`: what they tell of a campaign that was, and what goes wrong."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import made_campaign
import pytest
from campaigns import call
from ipos_fuzz import cli
from ipos_fuzz.cli import app
from ipos_fuzz.findings.store import FINDINGS
from ipos_fuzz.schemas import SCHEMAS
from typer.testing import CliRunner, Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    monkeypatch.setattr("sys.argv", ["ipos-fuzz", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr()
    assert end.value.code == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    findings = (made_campaign.crash(), made_campaign.wrong_answer())
    return made_campaign.folder(tmp_path / "ipos-fuzz-results", *findings)


def test_report_tells_the_end_again_and_writes_the_page(folder: Path) -> None:
    result = run("report", folder)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("FOUND")] == [
        "FOUND  process/ended with status 1",
        "FOUND  model/TGT-1/an acknowledgement of what no router takes",
    ]
    assert any(line.startswith("2 findings in a router") for line in lines)
    assert f"report:             {folder}/report.html" in lines
    assert "<!DOCTYPE html>" in (folder / "report.html").read_text()


def test_report_puts_the_page_elsewhere(folder: Path, tmp_path: Path) -> None:
    result = run("report", folder, "--html", tmp_path / "one.html")
    assert f"report:             {tmp_path}/one.html" in result.stdout.splitlines()
    assert (tmp_path / "one.html").exists()
    assert not (folder / "report.html").exists()


def test_show_tells_a_finding_octet_for_octet(folder: Path) -> None:
    result = run("show", "process-ended-with-status-1", "--results", folder)
    assert result.exit_code == 0
    assert "header.checksum: 0x1234   (usually 0x" in result.stdout
    assert "[12][34]" in result.stdout
    assert "model/TGT-1" not in result.stdout
    assert "\x1b" not in result.stdout


def test_show_marks_the_answer_that_is_wrong(folder: Path) -> None:
    result = run("show", folder / FINDINGS / made_campaign.wrong_answer().slug, "--results", folder)
    (line,) = [line for line in result.stdout.splitlines() if "<-" in line and " ! " in line]
    assert line.split()[0] == "4"


def test_show_without_a_name_tells_all(folder: Path) -> None:
    told = run("show", "--results", folder).stdout
    assert told.index("process/ended") < told.index("model/TGT-1") or "model/TGT-1" in told
    assert told.count("see it again") == 2


def test_schemas_are_printed() -> None:
    for name in SCHEMAS:
        assert json.loads(run("schema", name).stdout)["title"].startswith(name.capitalize())


def test_mistakes_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    says = refused(monkeypatch, capsys, "report", tmp_path)
    assert f"{tmp_path}: no campaign.json in it, expected a folder that `ipos-fuzz run" in says
    assert "nowhere: no campaign.json" in refused(monkeypatch, capsys, "report", "nowhere")
    assert "/dev/null/x.html: Not a directory" in refused(
        monkeypatch, capsys, "report", folder, "--html", "/dev/null/x.html"
    )
    assert "no finding; expected a finding's folder" in refused(
        monkeypatch, capsys, "show", "nothing", "--results", folder
    )
    assert "no schema 'x', expected one of: finding, campaign" in refused(monkeypatch, capsys, "schema", "x")
    (folder / "campaign.json").write_text("{")
    assert "campaign.json: the file: Invalid JSON" in refused(monkeypatch, capsys, "report", folder)


def test_damaged_finding_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / FINDINGS / "process-ended-with-status-1" / "finding.json").write_text("[]")
    for command in (("report", folder), ("show", "--results", folder)):
        assert "process-ended-with-status-1/finding.json: " in refused(monkeypatch, capsys, *command)


@pytest.mark.parametrize("command", ["report", "show", "schema"])
def test_examples_of_the_help_work(command: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(folder.parent)
    (folder.parent / "night").symlink_to(folder.name)
    examples = re.findall(r"^ (ipos-fuzz .+)", run(command, "--help").stdout, re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        words = shlex.split(example)
        assert words.pop(0) == "ipos-fuzz"
        assert run(*words).exit_code == 0


@pytest.mark.parametrize("command", ["show", "report", "operators", "mutate"])
def test_full_disk_behind_standard_output_is_told_in_one_line(command: str, folder: Path) -> None:
    words = {"show": ("--results", folder), "report": (folder,), "mutate": ("udp",)}.get(command, ())

    def fill() -> None:
        os.dup2(os.open("/dev/full", os.O_WRONLY), sys.stdout.fileno())

    ended = call(folder / "called", command, *words, prepare=fill)
    assert (ended.status, ended.errors) == (3, "ipos-fuzz: standard output: No space left on device\n")
