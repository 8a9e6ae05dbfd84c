"""What the pages have a reader type: all of it is tried, or listed with the reason why not; each option is one.

`nox -s docs-run` types what takes longer (`docs_run`).
"""

import os
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from bed import needs_kernel
from built_pages import ROOT, room_with
from documented import Block, blocks, literals, sources
from followed import NOT_RUN, WAYS
from ipos_conformance.target import DEFAULT_TARGET, read_target

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOORS = {door: entry.partition(":")[0] for door, entry in PROJECT["scripts"].items()}
"""Our commands, with the modules behind them."""

ROOMS = [ROOT / room for room in ("spec", "reference", "conformance", "defects", "fuzz")]


def documented() -> list[Block]:
    return [block for page, text in sources() for block in blocks(page, text)]


def the_one(language: str) -> Block:
    (found,) = [block for block in documented() if block.language == language]
    return found


def not_tried(found: list[Block]) -> list[str]:
    """Blocks, and commands in them, that nobody tries and no list excuses."""
    missing, before = [], None
    for block in found:
        place = f"{block.page}:{block.line}"
        if block.language == "shell" and block.page not in WAYS:
            missing += [f"{place}: {command}" for command in block.commands if command not in NOT_RUN]
        elif block.language == "text" and (block.page not in WAYS or before != (block.page, "shell")):
            missing.append(f"{place}: text that no command prints")
        elif block.language not in ("shell", "text", "python", "toml"):
            missing.append(f"{place}: nobody tries {block.language}")
        before = (block.page, block.language)
    return missing


def test_every_command_is_tried_or_listed() -> None:
    """A page of `followed.WAYS` is typed as a whole; of the others, `followed.NOT_RUN` excuses each command."""
    assert not_tried(documented()) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Do this::\n\n   ipos-spec show udp\n", "new:1: ipos-spec show udp"),
        ("::\n\n   ip link set macsec0 up\n   reboot  # now\n", "new:1: reboot"),
        (".. code-block:: text\n\n   said\n", "new:1: text that no command prints"),
        (".. code-block:: c\n\n   int x;\n", "new:1: nobody tries c"),
    ],
)
def test_a_new_block_is_missed(text: str, missing: str) -> None:
    assert not_tried(list(blocks("new", text))) == [missing]


def test_nothing_is_listed_that_no_page_says() -> None:
    said = {(block.page, command) for block in documented() for command in block.commands}
    assert [(page, command) for page, way in WAYS.items() for command in way.steps if (page, command) not in said] == []
    assert [command for command in NOT_RUN if command not in {command for _, command in said}] == []


# Commands, as far as one can tell without running them


def wrong_words(command: str) -> str:
    """Why the words of a command of ours are not understood; empty if they are."""
    words = shlex.split(command)
    while words:
        end = words.index("|") if "|" in words else len(words)
        door, *own = words[:end]
        words = words[end + 1 :]
        if door in DOORS and own[:1] != ["COMMAND"]:
            try:
                understand(door, own)
            except Exception as error:  # click's, of whichever click typer has
                return f"{command}: {error}"
    return ""


def understand(door: str, words: list[str]) -> None:
    """Find a command and its options. Raises what click raises where they are not there."""
    app: Any = typer.main.get_command(import_module(DOORS[door]).app)
    context = app.context_class(app, info_name=door)
    while True:
        _, words, _ = app.make_parser(context).parse_args(words)
        if not words or not hasattr(app, "resolve_command"):
            return
        name, app, words = app.resolve_command(context, words)
        context = app.context_class(app, info_name=name, parent=context)


def test_commands_and_options_in_the_pages_are_there() -> None:
    """Those in running text, too."""
    commands = [command for block in documented() if block.language == "shell" for command in block.commands]
    commands += [literal for _, text in sources() for literal in literals(text)]
    ours = [command for command in commands if any(door in command.split() for door in DOORS)]
    assert len(ours) > 60
    assert [wrong for command in ours if (wrong := wrong_words(command))] == []


@pytest.mark.parametrize(
    "command", ["ipos-spec dekode 00", "ipos-fuzz replay --result night", "ipos-router lab upp", "true | ipos-fuzz shw"]
)
def test_a_wrong_command_is_told(command: str) -> None:
    assert wrong_words(command).startswith(f"{command}: No such ")


# What is written rather than typed


def test_the_ether_type_stands_under_the_same_key_in_a_target_file(tmp_path: Path) -> None:
    said = tomllib.loads(the_one("toml").text)["second_lan"]
    text = DEFAULT_TARGET.read_text(encoding="utf-8")
    assert text.count("ether_type = 0x0007") == 1
    for name in ("site", "reference-router.toml", "reference-router-quick.toml"):
        (tmp_path / name).symlink_to(DEFAULT_TARGET.parent / name)
    file = tmp_path / "target.toml"
    file.write_text(text.replace("ether_type = 0x0007", "".join(f"{key} = {said[key]}" for key in said)))
    assert read_target(file).second_lan.ether_type == 0x88B5


@pytest.mark.kernel
def test_the_case_of_the_guide_judges_the_reference(tmp_path: Path) -> None:
    if reason := needs_kernel():
        pytest.skip(reason)
    listed = room_with(tmp_path, "conformance", "ipos_conformance/case.py", "SUBJECTS = (", 'SUBJECTS = ("documented",')
    case = listed["conformance"] / "ipos_conformance" / "cases" / "documented.py"
    case.write_text(the_one("python").text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ipos_conformance", "run", "documented", "--output", tmp_path / "results"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(listed["conformance"]), *map(str, ROOMS)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "1 PASS   (1 cases" in done.stdout) == (0, True), done.stdout + done.stderr
