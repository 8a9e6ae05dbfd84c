"""What several commands take: target files, selections of cases, commands as one text."""

import shlex
from pathlib import Path

from ipos_conformance.errors import SuiteError
from ipos_conformance.target import DEFAULT_TARGET


def split(arguments: list[str]) -> tuple[Path, list[str]]:
    """Target file and selections of `[TARGET.toml] [SELECTION]...`. Raises SuiteError."""
    late = next((word for word in arguments[1:] if word.endswith(".toml")), None)
    if late is not None:
        raise SuiteError(f"found {late} behind a selection, expected the target file first")
    if arguments and arguments[0].endswith(".toml"):
        return Path(arguments[0]), arguments[1:]
    return DEFAULT_TARGET, arguments


def words(command: str) -> list[str]:
    """The words of `--launch`. Raises SuiteError."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise SuiteError(f"--launch: {error}") from error
    if not found:
        raise SuiteError("--launch: nothing, expected a command")
    return found
