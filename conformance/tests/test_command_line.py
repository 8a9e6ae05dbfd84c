"""What a user gets wrong ends in one line and the right exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ipos_conformance import cli
from ipos_conformance.case import all_cases
from ipos_conformance.target import DEFAULT_TARGET


def call(monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["ipos-conformance", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code, capsys.readouterr().err


LONG = "x" * 300
"""What no file can be called: asked about it, the kernel refuses, as about a folder that is another user's."""


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("run", "missing.toml"), 2, "missing.toml: No such file"),
        (("run", "ENX-7"), 5, "did you mean ENC-7?"),
        (("run", "no such thing at all"), 5, "`ipos-conformance list` shows all"),
        (("list", "handshak/"), 5, "did you mean handshake?"),
        (("run", "ENC-7", "--launch", "'"), 2, "--launch: No closing quotation"),
        (("run", "ENC-7", "--launch", " "), 2, "--launch: nothing"),
        (("run", "ENC-7", "--output", "/dev/null/x"), 2, "/dev/null/x: Not a directory, expected a folder"),
        (("run", "ENC-7", "my.toml"), 2, "found my.toml behind a selection, expected the target file first"),
        (("run", ""), 5, "an empty selection; leave it out"),
        (("run", "/dev/null"), 5, "'/dev/null', and it is no target file either, whose name ends with .toml"),
        (("run", LONG), 5, "`ipos-conformance list` shows all"),
        (("run", f"{LONG}.toml"), 2, "File name too long"),
        (("doctor", f"{LONG}.toml"), 2, "File name too long"),
        (("probe", f"{LONG}.toml"), 2, "File name too long"),
        (("report", LONG), 2, "File name too long, expected a results file or a folder with results.json"),
        (("report", "verify", LONG), 2, "File name too long"),
        (("show", "--results", LONG), 2, "File name too long"),
        (("diff", LONG, LONG), 2, "File name too long"),
        (("baseline", LONG, "--link", "x", "--reason", "y"), 2, "File name too long"),
        (("replay", "NBR-1", "--results", LONG), 2, "File name too long"),
        (("minimise", "NBR-1", "--results", LONG), 2, "File name too long"),
        (("export", "NBR-1", "--output", "x", "--results", LONG), 2, "File name too long"),
        (("new", f"{LONG}.toml"), 2, "File name too long, expected a folder that can be written"),
        (("new", "my-router"), 2, "found 'my-router', expected the name of a target file, which ends with .toml"),
    ],
)
def test_mistake_is_told_in_one_line(monkeypatch, capsys, arguments, status, says):
    code, errors = call(monkeypatch, capsys, *arguments)
    assert code == status
    assert says in errors
    assert errors.count("\n") == 1


def test_interface_that_is_missing_is_named(monkeypatch, capsys, tmp_path):
    text = DEFAULT_TARGET.read_text().replace('interfaces = "target"', 'interfaces = "existing"')
    file = tmp_path / "hardware.toml"
    file.write_text(text.replace('"site/', f'"{DEFAULT_TARGET.parent}/site/').replace("ipos-lan1", "nowhere0"))
    code, errors = call(monkeypatch, capsys, "run", str(file), "--output", str(tmp_path))
    assert (code, errors.count("\n")) == (2, 1)
    assert "nowhere0" in errors


def test_list_shows_cases(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ipos-conformance", "list", "ENC-7"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    assert "ENC-7" in capsys.readouterr().out


def test_list_for_programs_names_each_case_and_its_requirement(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ipos-conformance", "list", "--json", "TGT-9"])
    with pytest.raises(SystemExit):
        cli.main()
    assert json.loads(capsys.readouterr().out) == [
        {
            "id": "migrated/answer-does-not-set-df",
            "requirement": "TGT-9",
            "role": "target",
            "level": "SHOULD NOT",
            "tags": [],
            "sentence": "Packets of a migrated endpoint may be fragmented on the way.",
        },
        {
            "id": "datagram-target/dont-fragment-is-not-set",
            "requirement": "TGT-9",
            "role": "target",
            "level": "SHOULD NOT",
            "tags": [],
            "sentence": "A migrated client's answers have no DF: an ICMP error about them would reach the origin.",
        },
    ]


def test_group_selects_all_its_requirements_and_no_id_is_cut(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ipos-conformance", "list", "TGT"])
    with pytest.raises(SystemExit):
        cli.main()
    listed = capsys.readouterr().out.splitlines()
    cases = [case for case in all_cases() if case.requirement.id.startswith("TGT-")]
    assert len(cases) > 50
    assert [line.split()[0] for line in listed] == [case.requirement.id for case in cases]
    assert all(case.id in line for case, line in zip(cases, listed, strict=True))


def test_folder_that_can_t_be_written_is_named(monkeypatch, capsys, tmp_path):
    (tmp_path / "results.json").mkdir()
    code, errors = call(monkeypatch, capsys, "run", "ENC-7", "--output", str(tmp_path))
    assert (code, errors.count("\n")) == (2, 1)
    assert f"{tmp_path}/results.json: Is a directory, expected a folder that can be written" in errors


def test_full_disk_behind_standard_output_is_told_in_one_line():
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "ipos_conformance", "list"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "ipos-conformance: standard output: No space left on device\n")
