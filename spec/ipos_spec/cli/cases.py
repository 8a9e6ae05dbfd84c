"""Which conformance cases judge a requirement, told by the suite itself: this package must not import it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipos_spec.cli.common import reason
from ipos_spec.errors import SpecError

_SUITE = "ipos-conformance"
_LIST = f"`{_SUITE} list --json`"


class NoSuiteError(SpecError):
    """There is no conformance suite to ask."""


def cases_of_requirements(file: Path | None) -> Mapping[str, list[str]]:
    """Ids of cases by id of the requirement that they judge, from a file or, without one, from the installed suite.

    Raises NoSuiteError where there is no suite, SpecError for a list that can't be had or read.
    """
    text, name = (_from_suite(), _LIST) if file is None else (_from_file(file), str(file))
    cases: dict[str, list[str]] = {}
    for requirement, case in _pairs(text, name):
        cases.setdefault(requirement, []).append(case)
    return cases


def _pairs(text: str, name: str) -> list[tuple[str, str]]:
    expected = f'expected the output of {_LIST}: a list of objects with "id" and "requirement"'
    try:
        listed: Any = json.loads(text)
        pairs = [(entry["requirement"], entry["id"]) for entry in listed]
    except (ValueError, TypeError, KeyError):
        raise SpecError(f"{name}: {expected}") from None
    if not all(isinstance(word, str) for pair in pairs for word in pair):
        raise SpecError(f"{name}: {expected}")
    return pairs


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{file} can't be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{file}: this is no text in UTF-8, expected what {_LIST} prints") from None


def _from_suite() -> str:
    beside = Path(sys.executable).parent
    command = shutil.which(_SUITE, path=str(beside)) or shutil.which(_SUITE)
    if command is None:
        raise NoSuiteError(f"found no {_SUITE} in {beside} or on PATH; --cases takes a file with what {_LIST} prints")
    finished = subprocess.run([command, "list", "--json"], capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["nothing"]
        raise SpecError(f"{_LIST} ended with {finished.returncode} and said: {said[-1]}")
    return finished.stdout
