"""Which room may import which: spec <- reference <- defects, and spec <- conformance <- fuzz.

An independent judge must not share the defendant's code, and the protocol as data must not depend on a machine.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "ipos_spec": "spec",
    "ipos_reference": "reference",
    "ipos_defects": "defects",
    "ipos_conformance": "conformance",
    "ipos_fuzz": "fuzz",
}
MAY_IMPORT = {
    "ipos_spec": {"ipos_spec"},
    "ipos_reference": {"ipos_reference", "ipos_spec"},
    "ipos_defects": {"ipos_defects", "ipos_reference", "ipos_spec"},
    "ipos_conformance": {"ipos_conformance", "ipos_spec"},
    "ipos_fuzz": {"ipos_fuzz", "ipos_conformance", "ipos_spec"},
}
TERMINAL = {"typer", "rich"}
MACHINE = {"socket", "socketserver", "select", "selectors", "asyncio", "ssl", "fcntl", "time", "datetime", "threading"}
SCAPY_FREE = {"ipos_spec", "ipos_reference"}
"""Scapy is under the GPL, version 2 only; the protocol and the router stay under the project's own licence."""


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a source file imports, wherever it stands in the file.

    Names of modules that are handed to `import_module` or `__import__` count too.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=level):
                yield node.lineno, f"{package}.{module or ''}" if level else str(module)
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"), args=[name, *_]):
                yield node.lineno, name.value if isinstance(name, ast.Constant) else "a name made at run time"


def problem(package: str, module: Path, imported: str) -> str | None:
    """Why a module of a package may not import something, or None."""
    top = imported.partition(".")[0]
    if top in ROOMS and top not in MAY_IMPORT[package]:
        return f"{package} must not import {top}"
    if package in SCAPY_FREE and top == "scapy":
        return f"{package} must not import scapy"
    if package != "ipos_spec" or top in {"ipos_spec", "construct"}:
        return None
    if top in TERMINAL:
        return None if module.parent.name == "cli" else f"only cli imports {top}"
    if top in MACHINE:
        return f"ipos_spec has no {top}"
    return None if top in sys.stdlib_module_names else f"ipos_spec must not import {top}"


def violations(root: Path) -> list[str]:
    """Every import under the rooms' packages that breaks the rule, as file, line and reason."""
    return [
        f"{file.relative_to(root)}:{line}: {reason}"
        for package, room in ROOMS.items()
        for file in sorted((root / room / package).rglob("*.py"))
        for line, imported in imports(file.read_text(encoding="utf-8"), package)
        if (reason := problem(package, file, imported)) is not None
    ]


def test_rooms_import_only_what_they_may() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_is_looked_at(package: str) -> None:
    """A room that was moved or renamed would otherwise pass unseen."""
    assert (ROOT / ROOMS[package] / package / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("spec/ipos_spec/codec.py", "import ipos_reference", "ipos_spec must not import ipos_reference"),
        ("spec/ipos_spec/codec.py", "import socket", "ipos_spec has no socket"),
        ("spec/ipos_spec/codec.py", "from time import monotonic", "ipos_spec has no time"),
        ("spec/ipos_spec/codec.py", "import typer", "only cli imports typer"),
        ("spec/ipos_spec/codec.py", "from rich.table import Table", "only cli imports rich"),
        ("spec/ipos_spec/cli/decode.py", "import asyncio", "ipos_spec has no asyncio"),
        ("spec/ipos_spec/codec.py", "import pydantic", "ipos_spec must not import pydantic"),
        ("spec/ipos_spec/codec.py", "from scapy.all import IP", "ipos_spec must not import scapy"),
        ("reference/ipos_reference/router.py", "import scapy.layers.l2", "ipos_reference must not import scapy"),
        ("reference/ipos_reference/tcp/deep.py", "from ipos_conformance import wire", "must not import ipos_conf"),
        ("reference/ipos_reference/router.py", "import ipos_defects", "must not import ipos_defects"),
        ("conformance/ipos_conformance/run.py", "from ipos_reference.router import Router", "ipos_reference"),
        ("conformance/ipos_conformance/run.py", "def f():\n    import ipos_reference.tcp", "run.py:2"),
        ("conformance/ipos_conformance/run.py", "if True:\n    from ipos_defects import all", "ipos_defects"),
        ("conformance/ipos_conformance/run.py", "import ipos_fuzz", "must not import ipos_fuzz"),
        ("conformance/ipos_conformance/run.py", '__import__("ipos_reference")', "must not import ipos_reference"),
        ("fuzz/ipos_fuzz/cli.py", "import os, ipos_reference", "ipos_fuzz must not import ipos_reference"),
        ("fuzz/ipos_fuzz/cli.py", 'importlib.import_module("ipos_defects.all")', "must not import ipos_defects"),
        ("defects/ipos_defects/planted.py", "import ipos_conformance", "ipos_defects must not import ipos_conf"),
    ],
)
def test_planted_violation_is_found(tmp_path: Path, path: str, source: str, reason: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    (found,) = violations(tmp_path)
    assert found.startswith(path)
    assert reason in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("spec/ipos_spec/cli/decode.py", "import typer, json\nfrom rich.table import Table\nfrom . import codec"),
        ("reference/ipos_reference/router.py", "import socket, time\nfrom ipos_spec import decode\nfrom . import tcp"),
        ("defects/ipos_defects/all.py", "from ipos_reference.router import Router\nimport ipos_spec"),
        ("conformance/ipos_conformance/wire.py", "import scapy.all, socket\nfrom ipos_spec import decode"),
        ("fuzz/ipos_fuzz/run.py", "import ipos_conformance.bench.wire, ipos_spec"),
    ],
)
def test_allowed_import_is_no_violation(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []
