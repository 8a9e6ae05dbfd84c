"""What changed between two registries: told by entry and word, with the rules for revisions and the cases touched."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from ipos_spec.cli import app
from ipos_spec.requirement_changes import Change, Difference, Fate, Kind, changes, words
from ipos_spec.requirements import Requirement, registry
from typer.testing import CliRunner, Result

ENTRY = {
    "id": "ENC-1",
    "revision": 1,
    "level": "MUST",
    "role": "any",
    "source": ["decision"],
    "sentence": "A frame is discarded silently.",
    "observed": "Silence.",
    "disposition": "tested",
}
CASES = [
    {"id": "frames/frame-is-discarded/short", "requirement": "ENC-1"},
    {"id": "frames/frame-is-discarded/long", "requirement": "ENC-1"},
    {"id": "frames/another", "requirement": "ENC-1"},
    {"id": "answers/answer", "requirement": "ENC-2"},
]


def only(**values: object) -> Mapping[str, Requirement]:
    """A registry of one entry."""
    entry = Requirement(**{**ENTRY, "source": ("decision",), **values})  # type: ignore[arg-type]
    return {entry.id: entry}


def change(**values: object) -> Change:
    (found,) = changes(only(), only(**values))
    return found


def test_nothing_changed() -> None:
    assert changes(registry(), registry()) == []


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"level": "SHOULD", "revision": 2}, Kind.CHANGED),
        ({"links": ("ENC-2",)}, Kind.CHANGED),
        ({"disposition": "not yet tested", "reason": "No case."}, Kind.CHANGED),
        ({"disposition": "retired", "reason": "ENC-2 says it."}, Kind.RETIRED),
    ],
)
def test_changed_entry_names_what_differs(values: dict[str, object], kind: Kind) -> None:
    found = change(**values)
    assert (found.kind, found.warning) == (kind, "")
    assert {name: pair.new for name, pair in found.differences.items()} == values


def test_sentence_of_a_retired_entry_may_still_be_mended() -> None:
    retired = {"disposition": "retired", "reason": "Old."}
    (found,) = changes(only(**retired), only(**retired, sentence="Frames are.", revision=2))
    assert found.kind is Kind.CHANGED


def test_added_and_removed_entries() -> None:
    added, removed = changes(only(), only(id="ENC-2"))
    assert (added.id, added.kind, added.warning) == ("ENC-2", Kind.ADDED, "")
    assert added.differences["level"] == Difference(None, "MUST")
    assert "note" not in added.differences
    assert (removed.id, removed.kind) == ("ENC-1", Kind.REMOVED)
    assert removed.warning == "an id is never given up: its entry stays, as retired"


@pytest.mark.parametrize(
    "values", [{"level": "SHOULD"}, {"role": "target"}, {"sentence": "A frame is kept."}, {"note": "So."}]
)
def test_revision_that_was_not_raised_is_a_warning(values: dict[str, object]) -> None:
    (name,) = values
    assert change(**values).warning == f"{name} changed, but the revision is 1 as before"
    assert change(**values, revision=2).warning == ""


def test_revision_that_went_back_is_a_warning() -> None:
    (found,) = changes(only(revision=3), only(revision=2, sentence="A frame is kept."))
    assert found.warning == "the revision went back from 3 to 2"


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ("a frame is kept", "a frame is kept", [(Fate.KEPT, "a frame is kept")]),
        (
            "a frame is kept",
            "a frame is not kept",
            [(Fate.KEPT, "a frame is"), (Fate.ADDED, "not"), (Fate.KEPT, "kept")],
        ),
        ("so it is kept", "it is kept", [(Fate.REMOVED, "so"), (Fate.KEPT, "it is kept")]),
        ("one two", "three", [(Fate.REMOVED, "one two"), (Fate.ADDED, "three")]),
        ("", "new", [(Fate.ADDED, "new")]),
        ("", "", []),
    ],
)
def test_words(old: str, new: str, runs: list[tuple[Fate, str]]) -> None:
    assert list(words(old, new)) == runs


def toml(**values: object) -> str:
    """Texts, numbers and lists are written in JSON as in TOML."""
    entry = {**ENTRY, **values}
    return "\n".join(["[[requirement]]", *(f"{name} = {json.dumps(value)}" for name, value in entry.items())])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two registries that differ, and a list of cases."""
    (tmp_path / "old.toml").write_text(toml())
    (tmp_path / "new.toml").write_text(toml(sentence="A short frame is discarded.", level="SHOULD", revision=2))
    (tmp_path / "cases.json").write_text(json.dumps(CASES))
    return tmp_path


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["diff", *map(str, arguments)], input=stdin)


def told(files: Path, *arguments: str | Path) -> Result:
    return run(files / "old.toml", files / "new.toml", "--cases", files / "cases.json", *arguments)


def test_diff_tells_words_and_cases(files: Path) -> None:
    result = told(files)
    assert (result.exit_code, result.stderr) == (1, "")
    assert [line.strip() for line in result.stdout.splitlines()] == [
        "ENC-1  changed",
        "revision: [-1-] {+2+}",
        "level: [-MUST-] {+SHOULD+}",
        "sentence: A {+short+} frame is [-discarded silently.-] {+discarded.+}",
        "Cases: frames/frame-is-discarded (2), frames/another",
        "",
        "1 changed; 3 cases touched",
    ]


def test_diff_prints_json(files: Path) -> None:
    (found,) = json.loads(told(files, "--json").stdout)["changes"]
    assert (found["id"], found["kind"], found["warning"]) == ("ENC-1", "changed", "")
    assert found["differences"]["level"] == {"old": "MUST", "new": "SHOULD"}
    assert found["cases"] == [case["id"] for case in CASES[:3]]


def test_diff_prints_warnings(files: Path) -> None:
    (files / "new.toml").write_text(toml(level="MAY"))
    assert "  Warning: level changed, but the revision is 1 as before" in told(files).stdout


def test_diff_of_the_same_is_silent(files: Path) -> None:
    result = run(files / "old.toml", files / "old.toml")
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads(run(files / "old.toml", files / "old.toml", "--json").stdout) == {"changes": []}


def test_diff_reads_standard_input_and_the_packaged_registry(files: Path) -> None:
    cases = ("--cases", files / "cases.json")
    assert run("-", files / "old.toml", *cases, stdin=toml()).exit_code == 0
    assert run(files / "old.toml", "-", *cases, stdin=toml()).exit_code == 0
    packaged = run("-", *cases, stdin=toml()).stdout
    assert packaged.rstrip().endswith(f"1 changed, {len(registry()) - 1} added; 4 cases touched")


def test_diff_asks_the_installed_suite(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = files / "ipos-conformance"
    suite.write_text(f"#!/bin/sh\n[ \"$*\" = 'list --json' ] && cat {files / 'cases.json'}\n")
    suite.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(files / "python3"))
    assert "3 cases touched" in run(files / "old.toml", files / "new.toml").stdout


def test_diff_without_a_suite_says_so(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(files / "python3"))
    monkeypatch.setenv("PATH", str(files))
    result = run(files / "old.toml", files / "new.toml", "--json")
    assert result.exit_code == 1
    assert result.stderr.startswith("ipos-spec: which cases are touched is not told: found no ipos-conformance in ")
    assert json.loads(result.stdout)["changes"][0]["cases"] is None
    assert "cases touched" not in run(files / "old.toml", files / "new.toml").stdout


def test_diff_with_a_suite_that_fails_says_what_it_said(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = files / "ipos-conformance"
    suite.write_text("#!/bin/sh\necho oh >&2\necho 'no requirement ENC-1' >&2\nexit 1\n")
    suite.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(files / "python3"))
    result = run(files / "old.toml", files / "new.toml")
    assert result.exit_code == 2
    assert result.stderr == "ipos-spec: `ipos-conformance list --json` ended with 1 and said: no requirement ENC-1\n"


def test_examples_of_the_help_work(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files)
    monkeypatch.setenv("COLUMNS", "400")
    for name in ("old", "new"):
        (files / f"{name}.toml").rename(f"{name}-requirements.toml")
    examples = re.findall(r"ipos-spec diff (\S.*)", run("--help").stdout.partition("Examples:")[2])
    assert len(examples) == 3
    for example in examples:
        assert run(*example.split(), stdin=toml()).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "stdin", "complaint"),
    [
        (("missing.toml",), None, "missing.toml can't be read: no such file or directory"),
        ((".",), None, ". can't be read: is a directory"),
        (("-",), b"\xff", "standard input: this is no text in UTF-8"),
        (("-",), "[[requirement]]", "standard input: entry 1: found no id"),
        (("-", "-"), "", "both registries from standard input"),
        (("old.toml", "--cases", "missing.json"), None, "missing.json can't be read: no such file or directory"),
        (("old.toml", "--cases", "old.toml"), None, "old.toml: expected the output of `ipos-conformance list --json`"),
        (("old.toml", "--cases", "odd.json"), None, "odd.json: expected the output of"),
        (("old.toml", "--cases", "octets.json"), None, "octets.json: this is no text in UTF-8"),
    ],
)
def test_trouble_is_told_in_one_line(
    files: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: str | bytes | None, complaint: str
) -> None:
    monkeypatch.chdir(files)
    (files / "odd.json").write_text('[{"id": 1, "requirement": "ENC-1"}]')
    (files / "octets.json").write_bytes(b"\xff")
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert (result.stderr.count("\n"), "Traceback" in result.stderr) == (1, False)
