"""Whatever a user gets wrong is told in one line that says what was found and what is expected; exit status 2."""

import json
import shutil
from pathlib import Path

import pytest
from campaigns import Ended, call
from ipos_conformance.target import DEFAULT_TARGET

USAGE = 2


def mistaken(folder: Path, *words: object) -> Ended:
    """A command that must be refused before anything is sent."""
    return call(folder / "out", *words)


def assert_one_line(ended: Ended, *complaints: str) -> None:
    assert (ended.status, ended.errors.count("\n")) == (USAGE, 1), ended.errors
    assert ended.output == ""
    for complaint in complaints:
        assert complaint in ended.errors


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (["--source", "dreams"], ["--source: found 'dreams'", "sessions"]),
        (["--source", "volume=much"], ["--source: found 'volume=much'", "number"]),
        (["--source", "volume=0"], ["--source: found 'volume=0'", "above 0"]),
        (["--source", "volume=-1"], ["--source: found 'volume=-1'"]),
        (["--source", "volume=nan"], ["--source: found 'volume=nan'"]),
        (["--source", "volume="], ["--source: found 'volume='"]),
        (["--time", "soon"], ["--time: found 'soon'", "5m"]),
        (["--time", "-5s"], ["--time: found '-5s'"]),
        (["--time", "5 parsecs"], ["--time: found '5 parsecs'"]),
        (["--time", ""], ["--time: found ''"]),
        (["--configuration", "slow"], ["--configuration: found 'slow'", "usual"]),
        (["--oracle", "delphi"], ["--oracle: found 'delphi'", "liveness"]),
        (["--launch", "'open"], ["--launch"]),
        (["--launch", ""], ["--launch"]),
        (["nowhere.toml"], ["nowhere.toml"]),
    ],
)
def test_wrong_values_of_run(tmp_path, words, complaints):
    assert_one_line(mistaken(tmp_path, "run", *words, "--output", tmp_path / "out"), *complaints)
    assert not (tmp_path / "out" / "campaign.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--rate", "99"],
        ["--rate", "many"],
        ["--cases", "0"],
        ["--findings", "0"],
        ["--seed", "x"],
        ["--memory", "0"],
        ["--never-heard-of", "1"],
    ],
)
def test_options_out_of_their_range(tmp_path, words):
    """Told by Typer, in a box; no traceback, and the option's name is in it."""
    ended = mistaken(tmp_path, "run", *words, "--output", tmp_path / "out")
    assert (ended.status, ended.output) == (USAGE, "")
    assert words[0] in ended.errors


def test_output_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    ended = mistaken(tmp_path, "run", "--output", tmp_path / "file")
    assert_one_line(ended, "file", "expected a folder")


def test_output_in_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert_one_line(mistaken(tmp_path, "run", "--output", tmp_path / "file" / "out"), "Not a directory")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "campaign.json"),
        ("{", "campaign.json"),
        ("[]", "campaign.json"),
        ("\xff\xfe", "campaign.json"),
        ('{"format": "ipos-campaign", "version": 99}', "campaign.json"),
        ('{"format": "something-else", "version": 1}', "campaign.json"),
    ],
)
def test_damaged_campaign(tmp_path, text, complaint):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "campaign.json").write_bytes(text.encode("latin-1"))
    ended = mistaken(tmp_path, "run", "--output", tmp_path / "out")
    assert_one_line(ended, complaint, "choose another --output")


@pytest.mark.parametrize("name", ["campaign.json", "corpus.ndjson", "target.log"])
def test_folder_where_a_file_should_be(tmp_path, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    ended = mistaken(tmp_path, "run", "--quiet", "--output", tmp_path / "out")
    assert_one_line(ended, name, "Is a directory")


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "{}",
        '{"seed": 1, "steps": []}',
        '{"seed": 1, "steps": [{"event": "no-such-event", "actor": 0, "seed": 1, "operator": ""}]}',
        '{"seed": 1, "steps": [{"event": "connect", "actor": 1000000000, "seed": 1, "operator": ""}]}',
        '{"seed": 1, "steps": [{"event": "connect", "actor": 0, "seed": 1, "operator": "no-such-operator"}]}',
        '{"seed": 1, "steps": [{"event": "connect", "actor": "first", "seed": 1, "operator": ""}]}',
        "\xff",
    ],
)
def test_damaged_corpus(tmp_path, line):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "corpus.ndjson").write_bytes((line + "\n" + line + "\n").encode("latin-1"))
    assert_one_line(mistaken(tmp_path, "run", "--output", tmp_path / "out"), "corpus.ndjson:1")


@pytest.mark.parametrize("command", ["replay", "minimise", "export"])
def test_no_findings(tmp_path, command):
    (tmp_path / "empty").mkdir()
    assert_one_line(mistaken(tmp_path, command, "--results", tmp_path / "empty"), "no findings")
    assert_one_line(mistaken(tmp_path, command, "--results", tmp_path / "nowhere"), "no findings")
    assert_one_line(mistaken(tmp_path, command, tmp_path / "empty"), "no finding")
    assert_one_line(mistaken(tmp_path, command, "nobody", "--results", tmp_path / "empty"), "nobody: no finding")


@pytest.mark.parametrize("command", ["replay", "minimise"])
@pytest.mark.parametrize("text", ["", "{", "[]", "\xff\xfe", '{"format": "ipos-finding", "version": 1}'])
def test_damaged_finding(tmp_path, command, text):
    folder = tmp_path / "findings" / "some"
    folder.mkdir(parents=True)
    (folder / "finding.json").write_bytes(text.encode("latin-1"))
    assert_one_line(mistaken(tmp_path, command, "--results", tmp_path), "finding.json", "expected")


def test_damaged_finding_of_a_campaign_that_is_gone_on_with(tmp_path):
    folder = tmp_path / "out" / "findings" / "some"
    folder.mkdir(parents=True)
    (folder / "finding.json").write_text("{")
    assert_one_line(mistaken(tmp_path, "run", "--output", tmp_path / "out"), "finding.json", "expected")


def test_campaign_of_another_target_or_seed(tmp_path):
    """The folder of a campaign that was never begun in earnest, its target not to be started."""
    target = Path(shutil.copy(DEFAULT_TARGET, tmp_path / "target.toml"))
    target.write_text(target.read_text().replace('"site/', f'"{DEFAULT_TARGET.parent}/site/'))
    out = tmp_path / "out"
    words = ("run", target, "--launch", "false", "--seed", 7, "--output", out)
    assert call(out, *words).status in (3, 4)
    assert json.loads((out / "campaign.json").read_text())["seed"] == 7
    assert_one_line(call(out, "run", target, "--launch", "false", "--seed", 8, "--output", out), "seed 7, not 8")
    assert_one_line(call(out, "run", target, "--launch", "true", "--output", out), "against another target")


def test_output_of_export_that_can_not_be_written(tmp_path):
    folder = tmp_path / "findings" / "some"
    folder.mkdir(parents=True)
    (folder / "finding.json").write_text("{}")
    (tmp_path / "file").write_text("")
    for output in ("file/all.zip", "file", "nowhere/all.zip"):
        ended = mistaken(tmp_path, "export", "--results", tmp_path, "--output", tmp_path / output)
        assert_one_line(ended, "expected a place that can be written")
