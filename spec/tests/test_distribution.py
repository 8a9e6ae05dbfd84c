"""What is installed and with what: package data, doors, and locked versions."""

import importlib.resources
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


LOCKED = {
    normal(name): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s#]+)", CONSTRAINTS, re.MULTILINE)
}
NEEDED = [
    normal(re.match(r"[\w.-]+", requirement)[0])  # type: ignore[index]
    for requirement in (
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *(entry for group in PROJECT["dependency-groups"].values() for entry in group),
    )
]


@pytest.mark.parametrize("name", NEEDED)
def test_every_requirement_is_locked(name: str) -> None:
    assert name in LOCKED


def test_constraints_name_no_index_and_no_path() -> None:
    """They hold wherever the project is built, with whatever index is configured there."""
    lines = [line.partition("#")[0].strip() for line in CONSTRAINTS.splitlines()]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines if line)
    assert not re.search(r"https?:|file:|index-url=|/(?:home|root|tmp|opt|usr)/", CONSTRAINTS)


@pytest.mark.parametrize(
    "package", [Path(path).name for path in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
)
def test_package_says_that_it_is_typed(package: str) -> None:
    assert importlib.resources.files(package).joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", PROJECT["project"]["scripts"])
def test_door_is_installed(name: str) -> None:
    (door,) = entry_points(group="console_scripts", name=name)
    assert door.value == PROJECT["project"]["scripts"][name]
