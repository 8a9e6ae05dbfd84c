"""`ipos-spec vectors`: what it prints and writes."""

import io
import json
import re
import shlex
from pathlib import Path

import pytest
from ipos_spec import captures
from ipos_spec.cli import app
from ipos_spec.vectors import all_vectors
from ipos_spec.vectors.document import document, schema
from typer.testing import CliRunner, Result


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["vectors", *arguments])


def test_a_line_for_each_vector() -> None:
    lines = [line.split() for line in run().stdout.splitlines()]
    assert lines == [[str(v.number), v.result, v.slug, v.frame.hex()] for v in all_vectors()]


def test_json_is_the_document() -> None:
    assert json.loads(run("--json").stdout) == json.loads(json.dumps(document(all_vectors())))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--packet", "udp"], [v for v in all_vectors() if v.packet == "udp"]),
        (["--result", "Acceptable"], [v for v in all_vectors() if v.result == "acceptable"]),
        (["--flag", "vlantag"], [v for v in all_vectors() if "VlanTag" in [flag.title for flag in v.flags]]),
        (
            ["--packet", "tcp", "--result", "invalid", "--flag", "ClientFragment"],
            [v for v in all_vectors() if v.slug.startswith("tcp/inner-fragment=") and v.result == "invalid"],
        ),
    ],
)
def test_only_some(arguments: list[str], expected: list[object]) -> None:
    chosen = json.loads(run("--json", *arguments).stdout)
    slugs = [test["slug"] for group in chosen["testGroups"] for test in group["tests"]]
    assert slugs == [vector.slug for vector in expected]  # type: ignore[attr-defined]
    assert chosen["numberOfTests"] == len(expected) > 0


def test_to_a_file_that_is_there_already(tmp_path: Path) -> None:
    file = tmp_path / "vectors.json"
    file.write_text("old")
    result = run("--json", "--packet", "udp", "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(file.read_text())["protocol"] == "ipOS"


def test_schema_is_that_of_the_document() -> None:
    result = run("--schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == schema()


def test_capture_has_every_frame_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "vectors.pcapng"
    result = run("--packet", "acknowledgement", "--pcapng", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    expected = [vector for vector in all_vectors() if vector.packet == "acknowledgement"]
    captured = list(captures.read(io.BytesIO(file.read_bytes())))
    frames = [frame for frame in captured if "what the next frame acknowledges" not in frame.comments[0]]
    assert [frame.octets for frame in frames] == [vector.frame for vector in expected]
    before = [frame.octets for frame in captured if frame not in frames]
    assert before == [vector.acknowledges for vector in expected if vector.acknowledges is not None]
    (late,) = (f for f, v in zip(frames, expected, strict=True) if v.slug.endswith("of-udp-connection-late"))
    assert re.fullmatch(r"\d+ acknowledgement/of-udp-connection-late: acceptable\. The ack.+", late.comments[0])
    assert late.comments[1] == "AcknowledgementLate; ENC-7, ENC-6, ORG-6"


def test_coverage_counts_fields_and_rules() -> None:
    lines = run("--coverage").stdout.splitlines()
    assert lines[-1].endswith(" 0 without")
    assert any(
        re.search(r"udp +inner\.ihl +at least 5 words of 4 octets \(ENC-10\) +\d+ +[1-9]", line) for line in lines
    )
    assert "without" in (last := run("--coverage", "--packet", "udp").stdout.splitlines()[-1])
    assert not last.endswith(" 0 without")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--packet", "x"], "packet 'x' is not one of tcp-connection, udp-connection, tcp, udp, acknowledgement"),
        (["--flag", "VlanTag", "--result", "valid"], "no vector has this flag and result"),
        (["-o", "/no/such/folder/file"], "/no/such/folder/file can't be written: no such file or directory"),
        (["--pcapng", "/no/such/folder/file"], "can't be written: no such file or directory"),
        (["--coverage", "-o", "coverage.txt"], "--coverage is a table for people, expected neither --json nor -o"),
        (["--coverage", "--json"], "--coverage is a table for people, expected neither --json nor -o"),
        (["--packet", "udp", "check", "--", "true"], "options of check stand behind it"),
    ],
)
def test_what_is_not_understood_is_one_line(arguments: list[str], complaint: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_examples_of_the_help_of_check_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    examples = re.findall(r"^ ipos-spec vectors (check .+)", run("check", "--help").stdout, re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        assert run(*shlex.split(example)).exit_code == 0
