"""Records read and written by Construct, which interprets the schema: slow, and the oracle for `ipos_spec.compiled`."""

import operator
from collections.abc import Mapping
from typing import Any, TypeVar

import construct

from ipos_spec.errors import EncodeError
from ipos_spec.fields import Wire, fields, schema
from ipos_spec.text import TextError

RecordT = TypeVar("RecordT")


def parse(record: type[RecordT], octets: bytes) -> RecordT:
    """Read a record from octets that are at least as long as it is; what follows is left alone."""
    return _to_value(record, schema(record).parse(octets))


def build(value: object) -> bytes:
    """Write a record. Raises EncodeError naming the field whose value does not fit its format."""
    mapping = _to_mapping(value)
    try:
        return schema(type(value)).build(mapping)
    except TextError as error:
        raise EncodeError(_path(error), error.problem) from error
    except construct.ConstructError as error:
        path = _path(error)
        size = _wire(type(value), path).format.sizeof()
        found = operator.attrgetter(path)(value)
        raise EncodeError(path, f"{found!r} does not fit a field of {size} octets") from error


def _path(error: construct.ConstructError) -> str:
    return (error.path or "").removeprefix("(building)").replace(" -> ", ".").strip(" .")


def _wire(record: type, path: str) -> Wire:
    name, _, inside = path.partition(".")
    wire = dict(fields(record))[name]
    return _wire(wire.format, inside) if inside else wire


def _to_value(record: type[RecordT], parsed: Mapping[str, Any]) -> RecordT:
    return record(
        **{
            name: _to_value(wire.format, parsed[name]) if isinstance(wire.format, type) else parsed[name]
            for name, wire in fields(record)
        }
    )


def _to_mapping(value: object, path: str = "") -> dict[str, Any]:
    """The record as nested dictionaries for Construct; raises EncodeError where a field holds another type.

    Construct doesn't see to that: it writes a number where octets are due, and fails on None in its own way.
    """
    mapping: dict[str, Any] = {}
    for name, wire in fields(type(value)):
        found = getattr(value, name)
        expected = _value_types(wire.format)
        if not isinstance(found, expected):
            raise EncodeError(f"{path}{name}", f"{type(found).__name__}, expected {expected[0].__name__}")
        mapping[name] = _to_mapping(found, f"{path}{name}.") if isinstance(wire.format, type) else found
    return mapping


def _value_types(wire_format: Any) -> tuple[type, ...]:
    if isinstance(wire_format, type):
        return (wire_format,)
    if isinstance(wire_format, construct.FormatField):
        return (int,)
    return getattr(wire_format, "value_types", (bytes,))
