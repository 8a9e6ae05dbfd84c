"""Reads a target file: every mistake is told in one line that names the key, what was found and what was expected."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ipos_conformance.errors import TargetFileError
from ipos_conformance.target.tables import Target

DEFAULT_TARGET = Path(__file__).parent.parent / "targets" / "reference-tap.toml"


def read_target(path: Path) -> Target:
    """Read and check a target file. Raises TargetFileError with one line that names the key."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetFileError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetFileError(f"{path}: no TOML: {error}") from error
    for name in ("here", "file"):
        if name in document:
            raise TargetFileError(f"{path}: {name}: found, expected no such key")
    try:
        target = Target.model_validate({**document, "here": path.resolve().parent, "file": path})
    except ValidationError as error:
        raise TargetFileError(f"{path}: {_first_problem(error)}") from error
    _check_content(path, target)
    return target


def _first_problem(error: ValidationError) -> str:
    # A misspelt key is missing as well: the misspelling is what helps.
    problems = error.errors(include_url=False)
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    key = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{key}: nothing found, expected a value"
    if first["type"] == "extra_forbidden":
        return f"{key}: found {first['input']!r}, expected no such key"
    if isinstance(first["input"], dict | BaseModel):
        return f"{key}: {problem}" if key else problem
    return f"{key}: found {first['input']!r}, expected: {problem}"


def _check_content(path: Path, target: Target) -> None:
    pixit = target.pixit
    bodies = {}
    for name, resource in (
        ("first", pixit.first),
        ("second", pixit.second),
        ("large", pixit.large),
        ("away", pixit.away),
    ):
        if resource is None:
            continue
        try:
            bodies[name] = target.body(resource)
        except OSError as error:
            found = f"found {str(resource.content)!r} ({error.strerror})"
            raise TargetFileError(f"{path}: pixit.{name}.content: {found}, expected a readable file") from error
    if bodies["first"] == bodies["second"]:
        raise TargetFileError(f"{path}: pixit.second.content: the same as pixit.first's, expected another")
    if len(bodies["large"]) < 16384:
        raise TargetFileError(f"{path}: pixit.large.content: {len(bodies['large'])} octets, expected at least 16384")
