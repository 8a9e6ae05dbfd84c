"""`ipos-spec export`: every format to a file or to standard output; what it can't do is said in one line."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from ipos_spec.cli import app
from ipos_spec.description import describe
from ipos_spec.export import FORMATS
from typer.testing import CliRunner

RUN = CliRunner()


@pytest.mark.parametrize("name", ["json", "json-schema"])
def test_to_standard_output_as_to_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"ipos{FORMATS[name].suffix}"
    file.write_text("what was there before")
    assert RUN.invoke(app, ["export", name, "-o", str(file)]).exit_code == 0
    assert file.read_text(encoding="utf-8") == FORMATS[name].render(describe())
    assert RUN.invoke(app, ["export", name]).stdout == file.read_text(encoding="utf-8")


def test_unknown_format_is_refused_with_the_list() -> None:
    result = RUN.invoke(app, ["export", "cobol"])
    assert result.exit_code == 2
    assert result.stderr == f"ipos-spec: format 'cobol' is not one of {', '.join(FORMATS)}\n"


def test_file_that_cannot_be_written(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["export", "json", "-o", str(tmp_path / "no-folder" / "x.json")])
    assert result.exit_code == 2
    assert result.stderr == f"ipos-spec: {tmp_path}/no-folder/x.json can't be written: no such file or directory\n"


def test_format_of_several_files_fills_a_folder(tmp_path: Path) -> None:
    """The folder is made; --only gives one of the files."""
    folder = tmp_path / "new" / "diagrams"
    assert RUN.invoke(app, ["export", "svg", "-o", str(folder)]).exit_code == 0
    rendered = FORMATS["svg"].render(describe())
    assert isinstance(rendered, Mapping)
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == {
        f"{name}.svg": text for name, text in rendered.items()
    }
    file = tmp_path / "one.svg"
    assert RUN.invoke(app, ["export", "svg", "--only", "tcp", "-o", str(file)]).exit_code == 0
    assert (
        file.read_text(encoding="utf-8")
        == rendered["tcp"]
        == RUN.invoke(app, ["export", "svg", "--only", "tcp"]).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["svg"], "expected -o FOLDER or --only NAME: tcp-connection, "),
        (["svg", "--only", "icmp"], "svg has no 'icmp', expected one of tcp-connection, "),
        (["json", "--only", "tcp"], "json is one file, expected no --only"),
        (["svg", "-o", "/dev/null/diagrams"], "/dev/null/diagrams is no folder and can't be made one: not a directory"),
    ],
)
def test_several_files_and_one_are_told_apart(arguments: list[str], complaint: str) -> None:
    result = RUN.invoke(app, ["export", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
