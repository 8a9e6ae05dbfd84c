"""Every example of the README and of the commands' help works. Runs that last hours there last seconds here."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from campaigns import call, run, target_file
from ipos_fuzz.cli import app
from kernel import MISSING
from typer.main import get_command
from typer.testing import CliRunner

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
README = Path(__file__).parents[1] / "README.md"
COMMANDS = tuple(get_command(app).commands)
STATUSES = {"run": {0, 1, 3}, "replay": {0, 1}}
"""What else than 0 the commands may end with: findings are no mistake."""
QUICKLY = ("--seed", 1, "--source", "volume", "--findings", 1, "--time", "60s")


def of_readme() -> Iterator[str]:
    for line in README.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"    (ipos-fuzz .+?)(?:\s+#.*)?$", line):
            yield found[1]


def of_help() -> Iterator[str]:
    for command in COMMANDS:
        told = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "400"}).stdout
        yield from (line.strip() for line in re.findall(r"^ (ipos-fuzz .+)", told, re.MULTILINE))


EXAMPLES = tuple(dict.fromkeys((*of_readme(), *of_help())))


@pytest.fixture(scope="module")
def bench(routers, tmp_path_factory) -> Path:
    """A folder with two target files, and the campaigns of which the examples speak."""
    folder = tmp_path_factory.mktemp("examples") / "bench"
    shutil.copytree(routers, folder)
    mine, firmware = folder / "my-router.toml", folder / "new-firmware.toml"
    mine.write_text(target_file(folder, "short-acknowledgement").read_text())
    firmware.write_text(target_file(folder, "none").read_text())
    ended = run(folder / "night", mine, *QUICKLY)
    assert ended.status == 1, ended.output + ended.errors
    shutil.copytree(folder / "night", folder / "ipos-fuzz-results")
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_works(example, bench, tmp_path, monkeypatch):
    words = shlex.split(example)
    assert words.pop(0) == "ipos-fuzz"
    monkeypatch.chdir(bench)
    words = [word if words[at - 1] != "--time" else "3s" for at, word in enumerate(words)]
    if words[0] == "run":
        # Its own folder, and so its own campaign, for some seconds.
        words += ["--output", str(tmp_path / "out")] + ([] if "--time" in words else ["--time", "3s"])
    elif "--html" in words or words[0] in ("export", "afl", "minimise", "report"):
        copy = shutil.copytree(bench, tmp_path / "copy")
        monkeypatch.chdir(copy)
    done = call(tmp_path / "called", *words)
    assert done.status in STATUSES.get(words[0], {0}), done.output + done.errors
    assert done.output
    assert done.errors == ""


def test_each_command_has_examples():
    shown = {example.split()[1] for example in EXAMPLES}
    assert shown == set(COMMANDS)
    assert len(set(of_readme())) >= 15


def test_readme_names_every_file_that_a_run_leaves(bench):
    text = README.read_text(encoding="utf-8")
    left = [file.relative_to(bench / "night") for file in (bench / "night").rglob("*") if file.is_file()]
    named = re.findall(r"`([\w.*-]+\.\w+)`", text)
    unnamed = [str(file) for file in left if not any(file.match(pattern) for pattern in named)]
    assert unnamed == []


def test_readme_names_every_room():
    rooms = README.read_text(encoding="utf-8").partition("## What is where")[2]
    there = {
        path.stem
        for path in (README.parent / "ipos_fuzz").iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.stem.startswith("_")
    }
    assert there - set(re.findall(r"`(\w+)`", rooms)) <= {"errors", "violation", "interruption", "py"}


def test_export_is_complete(bench, tmp_path):
    """What the README promises of a finding's folder is what somebody else gets."""
    done = call(tmp_path / "called", "export", "--results", bench / "night", "--output", tmp_path / "given")
    assert done.status == 0
    (folder,) = (tmp_path / "given").iterdir()
    promised = README.read_text(encoding="utf-8").partition("in a finding's folder:")[2].partition("## ")[0]
    assert {file.name for file in folder.iterdir()} == set(re.findall(r"^\| `([\w.]+)` \|", promised, re.MULTILINE))
