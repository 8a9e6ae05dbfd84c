"""Whether the schemas have the fields that are listed.

This is asked before anything else is imported: where a field has a new name in one file alone, the project's modules
fail wherever they first use the old one, with an error that does not name the field.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path

from ipos_sphinx import listed
from ipos_sphinx.listed import Names


def differences(file: Path) -> list[str]:
    """How a list of fields differs from the schemas. Raises OSError, and ValueError where the file is no such list."""
    expected = listed.read(listed.FIELDS, file)
    try:
        found = names()
    except Exception:  # whatever a schema breaks that is changed by half
        found = written(expected)
    return listed.differences(listed.FIELDS, expected, found)


def names() -> Names:
    """The fields of all packets, structures and tables, as they are described. Raises whatever their modules raise."""
    wording = import_module("ipos_spec.wording")
    protocol = import_module("ipos_spec.description").describe()
    found = {}
    for described in wording.everything(protocol):
        inside = [(field.offset, "field", field.path) for field in described.fields]
        inside += [(part.offset, "part", part.path) for part in described.parts]
        # What is further in, is a structure of its own.
        for _, kind, path in sorted((item for item in inside if "." not in item[2]), key=itemgetter(0)):
            found[f"{wording.slug(described)}.{path}"] = kind
    for table in protocol.tables:
        for field in table.record.fields:
            found[f"table-{table.name}.{field.path}"] = "key" if field.path in table.record.key else "field"
    return found


def written(expected: Names) -> Names:
    """The same from the schemas' text, as far as that says it; what it does not say is as expected."""
    package = find_spec("ipos_spec")
    classes = dict(_classes(Path(package.origin).parent)) if package and package.origin else {}
    found: dict[str, str] = {}
    for name, kind in expected.items():
        structure = name.partition(".")[0]
        if structure.replace("-", "") in classes:
            written = (f"{structure}.{field}" for field in classes[structure.replace("-", "")])
            found |= {field: expected.get(field, "field") for field in written}
        else:
            found[name] = kind
    return found


def _classes(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each class of the modules of a package, its name in small letters, and its annotated fields in their order."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef):
                fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and _is_wire(part.annotation)]
                yield node.name.lower(), [field.target.id for field in fields if isinstance(field.target, ast.Name)]


def _is_wire(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated"
