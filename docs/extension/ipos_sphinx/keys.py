"""The keys of a document, from its JSON Schema."""

import importlib.resources
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ipos_spec.rst_text import escaped, list_table

from ipos_sphinx.inline import with_code

DOCUMENTS = {
    "target": ("ipos_conformance", "schemas/target.schema.json"),
    "results": ("ipos_conformance", "schemas/results.schema.json"),
}
"""Where the schemas are that have a name here."""

_Schema = Mapping[str, Any]


def keys_text(document: str) -> Iterator[str]:
    """A section for each object of a document, the whole of it first. Raises KeyError for an unknown one."""
    package, file = DOCUMENTS[document]
    schema: _Schema = json.loads(importlib.resources.files(package).joinpath(file).read_text(encoding="utf-8"))
    objects = {document: schema, **schema.get("$defs", {})}
    for name, found in objects.items():
        yield from _object(document, name, found)


def _object(document: str, name: str, found: _Schema) -> Iterator[str]:
    title = "The document" if name == document else name
    yield from (f".. _ipos-key-{document}-{name.lower()}:", "", title, "-" * len(title), "")
    if text := found.get("description"):
        yield from (with_code(" ".join(text.split())), "")
    if "properties" not in found:
        yield from (_type(document, found), "")
        return
    needed = found.get("required", ())
    rows = [
        (
            f"``{key}``",
            _type(document, of),
            "needed" if key in needed else _default(of),
            with_code(of.get("description", "")),
        )
        for key, of in found["properties"].items()
    ]
    yield from (*list_table(("Key", "Type", "Unless said", "Meaning"), (20, 22, 16, 42), rows), "")


def _type(document: str, found: _Schema) -> str:
    """The type in words; of another object a link to it."""
    match found:
        case {"$ref": str(target)}:
            name = target.rpartition("/")[2]
            return f":ref:`{name} <ipos-key-{document}-{name.lower()}>`"
        case {"anyOf": list(several)} | {"oneOf": list(several)}:
            return " or ".join(_type(document, one) for one in several)
        case {"enum": list(values)}:
            return ", ".join(f"``{json.dumps(value)}``" for value in values)
        case {"const": value}:
            return f"``{json.dumps(value)}``"
        case {"type": "array", "items": dict(items)}:
            return f"list of {_type(document, items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"by name, {_type(document, values)}"
    written = escaped(str(found.get("format") or found.get("type") or "anything"))
    low, high = found.get("minimum", found.get("exclusiveMinimum")), found.get("maximum")
    if low is not None and high is not None:
        return f"{written}, {low} to {high}"
    return f"{written}, from {low}" if low is not None else written


def _default(found: _Schema) -> str:
    if "default" not in found:
        return ""
    default = found["default"]
    if isinstance(default, dict):
        return "see there"
    return f"``{json.dumps(default)}``"
