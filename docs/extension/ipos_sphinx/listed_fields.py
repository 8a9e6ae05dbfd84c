"""The list of all fields of FIG. 11's structures, so that one that is renamed is missed though no page names it.

A line of the list is a structure's and a field's name, such as `control-block.t_iobc`; an empty line and one that
begins with `#` say nothing. `listed.COMMAND` writes it anew, too.
"""

from collections.abc import Iterator
from pathlib import Path

from ipos_sphinx.listed import COMMAND
from ipos_sphinx.sources import Sources

_HEAD = f"""\
# All fields of the structures: the documentation does not build where one of them has gone or got another name, or
# one is there that is not listed. Written by
#     {COMMAND}
"""


def read(file: Path) -> tuple[str, ...]:
    """The listed fields. Raises OSError, and ValueError for a line that is no line of a list."""
    listed = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.count(".") != 1 or len(line.split()) != 1:
            raise ValueError(f"{file}:{number}: found {line!r}, expected a structure's name, a dot and a field's name")
        listed.append(line.strip())
    return tuple(listed)


def differences(listed: tuple[str, ...], found: Sources) -> list[str]:
    """How list and schemas differ, each as a sentence that names the field and what to do."""
    there = tuple(_fields(found))
    remedy = f"if that is meant, list it: {COMMAND}"
    return [
        *(f"field {field} is listed, but not in the schemas; {remedy}" for field in listed if field not in there),
        *(f"field {field} is in the schemas, but not listed; {remedy}" for field in there if field not in listed),
    ]


def text(found: Sources) -> str:
    """The list, in the order of the octets."""
    return _HEAD + "".join(f"{field}\n" for field in _fields(found))


def _fields(found: Sources) -> Iterator[str]:
    """Those of the structures; packets are made of them."""
    return (field for field in found.fields() if field.count(".") == 1)
