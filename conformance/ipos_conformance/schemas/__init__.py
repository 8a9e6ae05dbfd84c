"""The JSON Schemas that the suite publishes, made from its own models; each also stands in a file beside this one."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ipos_conformance.schemas.results import results_schema
from ipos_conformance.target import Target, tables

FOLDER = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def target_schema() -> dict[str, Any]:
    """Of target files: what an editor needs to complete keys, to explain them, and to underline what is wrong."""
    schema = Target.model_json_schema()
    definitions = {"Target": schema, **schema["$defs"]}
    for where in ("here", "file"):  # the file is
        del schema["properties"][where]
    for name, definition in definitions.items():
        _describe(definition, getattr(tables, name))
    title = {"$schema": _DIALECT, "title": "Target file of ipos-conformance"}
    return {**title, **{key: value for key, value in schema.items() if key != "title"}}


def _target() -> str:
    return as_text(target_schema())


def _results() -> str:
    return as_text(results_schema())


SCHEMAS: Mapping[str, Callable[[], str]] = {"target": _target, "results": _results}
"""Each by its name, as the text of its file; `python -m ipos_conformance schema NAME` writes it."""


def as_text(schema: Mapping[str, Any]) -> str:
    """As it stands in its file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """What the model's docstring says, of the whole and of each key, goes where editors look for it."""
    head, keys = _parts(inspect.getdoc(model) or "", set(model.model_fields))
    definition["description"] = head
    definition.pop("title", None)
    for name, entry in definition.get("properties", {}).items():
        entry.pop("title", None)
        _without_null(entry)
        if name in keys:
            entry["description"] = keys[name]


def _without_null(entry: dict[str, Any]) -> None:
    """TOML has no such value: a key that may be missing is missing."""
    if "anyOf" in entry:
        (kind,) = (one for one in entry.pop("anyOf") if one != {"type": "null"})
        entry.update(kind)
        entry.pop("default", None)


def _parts(docstring: str, names: set[str]) -> tuple[str, dict[str, str]]:
    """The first paragraphs, and what is said of each key: a line begins with one or several, two spaces, the text."""
    head: list[str] = []
    keys: dict[str, str] = {}
    current: list[str] = []
    for line in docstring.splitlines():
        words, _, text = line.partition("  ")
        listed = [word for word in re.split(r",\s*", words) if word]
        if listed and set(listed) <= names:
            current = listed
            keys.update(dict.fromkeys(listed, text.strip()))
        elif current and line.strip():
            keys.update({name: f"{keys[name]} {line.strip()}" for name in current})
        elif not current:
            head.append(line.strip())
    return " ".join(" ".join(head).split()), keys
