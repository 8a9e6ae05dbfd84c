"""What programs say of themselves: their commands and options as reference, and the output of commands that are run."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from ipos_spec.rst_text import list_table

from ipos_sphinx.inline import with_code

PROGRAMS = {
    "ipos-spec": "ipos_spec",
    "ipos-router": "ipos_reference",
    "ipos-conformance": "ipos_conformance",
    "ipos-fuzz": "ipos_fuzz",
}
"""The packages behind the doors."""

_PATIENCE = 60
_MARKUP = re.compile(r"\[/?[a-z]*\]")


class CommandError(Exception):
    """A command that can't be run, or did not end well."""


def output(line: str, folder: Path) -> str:
    """What a command of this project prints when it is run in a folder. Raises CommandError unless it ends with 0."""
    program, *arguments = shlex.split(line)
    if program not in PROGRAMS:
        raise CommandError(f"{line!r}: expected a command of {', '.join(PROGRAMS)}")
    finished = subprocess.run(  # noqa: S603 - the pages' own commands
        [sys.executable, "-m", PROGRAMS[program], *arguments],
        env=os.environ | {"COLUMNS": "96", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if finished.returncode:
        raise CommandError(f"{line!r} ended with {finished.returncode}: {finished.stderr.strip()}")
    return finished.stdout


def reference_text(program: str) -> Iterator[str]:
    """A section for each command of a program, with its arguments and options. Raises KeyError for an unknown one."""
    app = import_module(f"{PROGRAMS[program]}.cli").app
    group: Any = typer.main.get_command(app)
    commands = getattr(group, "commands", {"": group})
    for name, command in commands.items():
        yield from _command(f"{program} {name}".strip(), command)


def _command(name: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    yield from (name, "-" * len(name), "")
    for paragraph in _paragraphs(command.help or ""):
        yield from (paragraph, "")
    rows = [row for parameter in command.params if (row := _row(parameter)) is not None]
    if rows:
        yield from (*list_table(("Argument", "Meaning"), (32, 68), rows), "")
    for inner_name, inside in inner.items():
        text = " ".join(_paragraphs(inside.help or "")) or ""
        yield from (f"``{name} {inner_name}``", f"   {text}", "")


def _row(parameter: Any) -> tuple[str, str] | None:
    if getattr(parameter, "hidden", False) or parameter.name == "help":
        return None
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    metavar = parameter.metavar or ("" if getattr(parameter, "is_flag", False) else parameter.name.upper())
    shown = metavar if parameter.param_type_name == "argument" else f"{names} {metavar}".strip()
    return f"``{shown}``", with_code(_plain(getattr(parameter, "help", None) or ""))


def _paragraphs(text: str) -> list[str]:
    return [with_code(" ".join(_plain(part).split())) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _plain(text: str) -> str:
    return _MARKUP.sub("", text).replace("\\[", "[")
