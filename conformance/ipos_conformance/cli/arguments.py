"""What several commands take: target files, selections of cases, commands as one text."""

import shlex
from pathlib import Path

from ipos_conformance.errors import SuiteError
from ipos_conformance.runs.smoke import TAG
from ipos_conformance.target import DEFAULT_TARGET


def split(arguments: list[str]) -> tuple[list[Path], list[str]]:
    """Target files and selections of `[TARGET.toml]... [SELECTION]...`; at least one file. Raises SuiteError."""
    count = next((n for n, word in enumerate(arguments) if not word.endswith(".toml")), len(arguments))
    files, selections = arguments[:count], arguments[count:]
    late = next((word for word in selections if word.endswith(".toml")), None)
    if late is not None:
        raise SuiteError(f"found {late} behind a selection, expected the target file first")
    return [Path(word) for word in files] or [DEFAULT_TARGET], selections


def with_smoke(selections: list[str], *, smoke: bool) -> list[str]:
    """The selections of `--smoke`: of what is selected besides, only that part of it."""
    if not smoke:
        return selections
    return [one if one.startswith("not:") else f"{one}+tag:{TAG}" for one in selections] or [f"tag:{TAG}"]


def words(command: str) -> list[str]:
    """The words of `--launch`. Raises SuiteError."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise SuiteError(f"--launch: {error}") from error
    if not found:
        raise SuiteError("--launch: nothing, expected a command")
    return found
