"""The description itself as JSON, and the JSON Schema that says what stands in it.

Both follow the frozen values of `ipos_spec.description`: what is added there comes in here by itself.
"""

import dataclasses
import inspect
import json
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from ipos_spec.description import ProtocolDescription
from ipos_spec.export.banner import banner
from ipos_spec.rules import FieldRule, Same

VERSION = 1
"""Of the file's shape; counts up when a reader of the former one would misread it. New properties do not."""

_RULES = (*get_args(FieldRule), Same)
_SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string", types.NoneType: "null"}


def neutral_json(description: ProtocolDescription) -> str:
    """Render the description: an object whose property ``protocol`` is the ProtocolDescription.

    Records are objects, octets are hexadecimal; a rule says in ``rule`` which one it is.
    """
    return _text({"generated": banner("json"), "version": VERSION, "protocol": _value(description)})


def json_schema(description: ProtocolDescription) -> str:
    """Render the JSON Schema (2020-12) of what `neutral_json` gives."""
    definitions: dict[str, Any] = {}
    protocol = _schema(type(description), definitions)
    properties = {"generated": {"type": "string"}, "version": {"const": VERSION}, "protocol": protocol}
    return _text(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$comment": banner("json-schema"),
            "title": "The ipOS protocol: packets, structures, fields and their rules",
            **_object(properties),
            "$defs": definitions,
        }
    )


def _text(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


def _members(record: type) -> tuple[str, ...]:
    """Names of the members of a frozen dataclass or named tuple; none if it is neither."""
    if dataclasses.is_dataclass(record):
        return tuple(field.name for field in dataclasses.fields(record))
    return getattr(record, "_fields", ())


def _value(value: Any) -> Any:
    names = _members(type(value))
    if names:
        which = {"rule": type(value).__name__} if isinstance(value, _RULES) else {}
        return which | {name: _value(getattr(value, name)) for name in names}
    match value:
        case Enum():
            return value.value
        case bytes():
            return value.hex()
        case tuple():
            return [_value(member) for member in value]
        case Mapping():
            return {str(key): _value(member) for key, member in value.items()}
    return value


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; the records on the way are added to ``definitions``."""
    if get_origin(hint) in (Union, types.UnionType):
        return {"anyOf": [_schema(member, definitions) for member in get_args(hint)]}
    if get_origin(hint) is tuple:
        return _array(get_args(hint), definitions)
    if _members(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # a record may lead to itself
            definitions[hint.__name__] |= _record(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    return {"type": "string", "pattern": "^([0-9a-f]{2})*$"} if hint is bytes else {"type": _SCALARS[hint]}


def _array(members: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if members[-1] is Ellipsis:
        return {"type": "array", "items": _schema(members[0], definitions)}
    places = [_schema(member, definitions) for member in members]
    return {"type": "array", "prefixItems": places, "minItems": len(places), "items": False}


def _record(record: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(record)
    which = {"rule": {"const": record.__name__}} if record in _RULES else {}
    properties = which | {name: _schema(hints[name], definitions) for name in _members(record)}
    return {"description": inspect.getdoc(record), **_object(properties)}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
