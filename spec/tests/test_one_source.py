"""One source: a field's documentation and bound are changed in a copy of the schemas, and all that is made follows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import ipos_spec
import pytest
from ipos_spec.export import FORMATS

SCHEMA = "control_block.py"
OLD_WORDS, NEW_WORDS = "Scale of windows that the client sends.", "Shift of what the client advertises."
OLD_BOUND, NEW_BOUND = "MAXIMUM_SCALE = 14", "MAXIMUM_SCALE = 13"


EXPORTS = [("export", name) for name in FORMATS if name not in ("svg", "json-schema")]
COMMANDS = [
    *EXPORTS,
    ("export", "svg", "--only", "control-block"),
    ("show", "control-block"),
    ("vectors", "--packet", "tcp-connection"),
    ("codec", "ControlBlock"),
]
PROGRAM = """
import json, sys
from ipos_spec.cli import app
from typer.testing import CliRunner
print(json.dumps([CliRunner().invoke(app, words).stdout for words in json.loads(sys.argv[1])]))
"""
Outputs = dict[tuple[str, ...], str]


def outputs_of(root: Path) -> Outputs:
    """What every command prints with the package under a folder, words put on one line."""
    # Without coverage, which would count the lines of the copy as the project's.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, json.dumps(COMMANDS)],
        env={**unmeasured, "PYTHONPATH": str(root), "COLUMNS": "400"},
        capture_output=True,
        timeout=120,
        check=True,
    )
    return dict(zip(COMMANDS, json.loads(done.stdout), strict=True))


@pytest.fixture(scope="module")
def before() -> Outputs:
    return outputs_of(Path(ipos_spec.__file__).parents[1])


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """From a copy of the package with one field worded otherwise and one bound moved."""
    root = tmp_path_factory.mktemp("copy")
    package = root / "ipos_spec"
    shutil.copytree(Path(ipos_spec.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    text = (package / SCHEMA).read_text(encoding="utf-8")
    for old, new in ((OLD_WORDS, NEW_WORDS), (OLD_BOUND, NEW_BOUND)):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (package / SCHEMA).write_text(text, encoding="utf-8")
    return outputs_of(root)


def words_of(text: str) -> str:
    """The text without line breaks and comment marks, since every format folds its lines in its own way."""
    return " ".join(text.replace("*", " ").replace("#", " ").replace("--", " ").split())


IN_CELLS = ("show", "vectors")
"""Commands that fold a text within its column, or don't give it."""


@pytest.mark.parametrize("command", [command for command in COMMANDS if command[0] not in IN_CELLS], ids=" ".join)
def test_new_words_are_said(command: tuple[str, ...], before: Outputs, after: Outputs) -> None:
    assert OLD_WORDS in words_of(before[command])
    assert NEW_WORDS in words_of(after[command])
    assert OLD_WORDS not in words_of(after[command])


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        (("export", "rst"), "0 to 14", "0 to 13"),
        (("export", "wireshark"), "14", "13"),
        (("export", "c"), "14", "13"),
        (("export", "json"), '"high": 14', '"high": 13'),
        (("export", "kaitai"), "0 to 14", "0 to 13"),
        (("show", "control-block"), "0 to 14", "0 to 13"),
    ],
    ids=" ".join,
)
def test_bound_moves(command: tuple[str, ...], old: str, new: str, before: Outputs, after: Outputs) -> None:
    assert before[command].count(old) > after[command].count(old)
    assert after[command].count(new) > before[command].count(new)


def test_vectors_go_along_the_new_bound(before: Outputs, after: Outputs) -> None:
    def results(outputs: Outputs) -> dict[str, str]:
        lines = outputs["vectors", "--packet", "tcp-connection"].splitlines()
        return {line.split()[2]: line.split()[1] for line in lines}

    scale = "tcp-connection/connection.control_block.snd_scale"
    assert (results(before)[f"{scale}=14"], results(before)[f"{scale}=15"]) == ("valid", "acceptable")
    assert (results(after)[f"{scale}=13"], results(after)[f"{scale}=14"]) == ("valid", "acceptable")
