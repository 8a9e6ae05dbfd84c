"""Python values as Lua's table constructors."""

from collections.abc import Iterable, Mapping, Sequence

WIDTH = 120
"""Columns that a table may take on one line."""

_ESCAPES = {**{number: f"\\{number:03}" for number in (*range(32), 127)}, ord("\\"): "\\\\", ord('"'): '\\"'}


def literal(value: object, indent: str = "") -> str:
    """Write a number, text, boolean, sequence or mapping (keys: numbers, texts); members that are None are left out.

    indent  of the line that it begins on; what is too long for a line is broken up

    Raises TypeError for anything else.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case str():
            return f'"{value.translate(_ESCAPES)}"'
        case Mapping():
            return _table(indent, ((f"{_key(key)} = ", member) for key, member in value.items() if member is not None))
        case Sequence():
            return _table(indent, (("", member) for member in value))
    raise TypeError(f"{value!r} has no place in a Lua table")


def _key(key: str | int) -> str:
    return key if isinstance(key, str) and key.isidentifier() else f"[{literal(key)}]"


def _table(indent: str, entries: Iterable[tuple[str, object]]) -> str:
    deeper = f"{indent}  "
    written = [f"{key}{literal(member, deeper)}" for key, member in entries]
    line = f"{{ {', '.join(written)} }}" if written else "{}"
    if len(indent) + len(line) <= WIDTH and "\n" not in line:
        return line
    return "\n".join(("{", *(f"{deeper}{entry}," for entry in written), f"{indent}}}"))
