"""`ipos-spec export`: every format to a file or to standard output; what it can't do is said in one line."""

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
    assert result.stderr == f"ipos-spec: {tmp_path}/no-folder/x.json can't be written: No such file or directory\n"
