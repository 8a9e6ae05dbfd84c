"""Who may know of whom within the room: arrows go from the schemas to what is made of them, never back."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = (
    "ethernet",
    "encapsulation",
    "connection",
    "control_block",
    "packets",
    "advertisement",
    "tables",
    "states.table",
)
MADE_OF_THEM = (
    "description",
    "wording",
    "rst_text",
    "diagram",
    "dissection",
    "export",
    "vectors",
    "exchanges",
    "codec",
    "cli",
)
MAY_KNOW = {
    "export": ("description", "rules", "requirements", "wording", "diagram", "drawing", "rst_text", "export"),
    "wording": ("description", "rules"),
    "drawing": ("drawing",),
    "rst_text": ("wording",),
    "diagram": ("description", "wording"),
    "captures": ("errors", "captures"),
    "requirement_changes": ("requirements",),
    "requirements": ("errors",),
    "record": (),
    "rules": ("addresses",),
}
"""A generator reads the description, the rules in it and the registry; what knows of nothing can be read alone."""


def name_of(file: Path) -> str:
    """The name of a module behind `ipos_spec.`; that of the package itself is empty."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__").partition(".")[2]


FILES = {name_of(file): file for file in sorted((ROOT / "ipos_spec").rglob("*.py"))}


def imported(source: str) -> Iterator[str]:
    """The modules of this package that a source file imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("ipos_spec."):
            module = f"{node.module}".partition(".")[2]
            for alias in node.names:
                inside = f"{module}.{alias.name}".lstrip(".")
                yield inside if inside in FILES else module
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("ipos_spec."))


IMPORTS = {name: set(imported(file.read_text(encoding="utf-8"))) - {name} for name, file in FILES.items()}


def is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def known_to(name: str, imports: Mapping[str, set[str]]) -> set[str]:
    """What a module imports, and what that imports, and so on."""
    known: set[str] = set()
    open_ends = {name}
    while open_ends:
        known |= open_ends
        open_ends = {further for one in open_ends for further in imports[one]} - known
    return known - {name}


def test_imports_are_found() -> None:
    assert set(imported("from ipos_spec import codec, decode\nfrom ipos_spec.rules import holds\nimport json")) == {
        "codec",
        "",
        "rules",
    }


def test_no_circle() -> None:
    assert len(list(TopologicalSorter(IMPORTS).static_order())) == len(FILES)


@pytest.mark.parametrize("package", MAY_KNOW)
def test_a_package_knows_only_what_it_is_made_of(package: str) -> None:
    modules = [name for name in FILES if is_in(name, (package,))]
    assert modules
    assert {
        (module, known) for module in modules for known in IMPORTS[module] if not is_in(known, MAY_KNOW[package])
    } == set()


@pytest.mark.parametrize("schema", [name for name in FILES if is_in(name, SCHEMAS)])
def test_a_schema_knows_nothing_of_what_is_made_of_it(schema: str) -> None:
    assert {known for known in known_to(schema, IMPORTS) if is_in(known, MADE_OF_THEM)} == set()


def test_readme_tells_of_every_module_at_the_top() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    top = {name for name in FILES if "." not in name} - {"", "__main__"}
    assert {name for name in top if f"`{name}`" not in readme} == set()


def test_vectors_are_not_made_with_the_codec_that_is_held_against_them() -> None:
    """But for the examples, whose octets another test types out, and for the parser, which is no vector."""
    readers = {name for name in FILES if is_in(name, ("vectors",)) and IMPORTS[name] & {"codec", "oracle", "compiled"}}
    assert readers == {"vectors.examples", "vectors.parser"}
