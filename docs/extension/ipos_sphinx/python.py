"""The public names of a Python module, from signatures and docstrings.

A docstring of this project is plain text in blocks: a block with an indented line, or with columns, keeps its lines;
every other one is a paragraph.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from ipos_spec.rst_text import escaped, list_table, prose
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

from ipos_sphinx import signatures
from ipos_sphinx.inline import with_code

_COLUMNS = re.compile(r"\S {2,}\S|^\s")
_NAMED = re.compile(r"(\S+(?:, \S+)*) {2,}(\S(?:(?! {2}).)*)$")
_GOES_ON = re.compile(r" {2,}(\S(?:(?! {2}).)*)$")


def python_text(module_name: str, names: Iterable[str] | None = None) -> Iterator[str]:
    """A section for a module, with one for each of its public names (None), or for those that are named.

    Raises LookupError for a module or name that is not there, or one that is there without a docstring.
    """
    names = None if names is None else list(names)
    if names == []:
        yield from _heading(module_name, "-", f"module-{module_name}")
        yield from _blocks(_written_docstring(module_name))
        return
    try:
        module = import_module(module_name)
    except ImportError as error:
        raise LookupError(f"no module {module_name!r}: {error}") from error
    yield from _heading(module_name, "-", f"module-{module_name}")
    yield from _blocks(_docstring(module, module_name))
    for name in _public(module) if names is None else names:
        if not hasattr(module, name):
            raise LookupError(f"no name {name!r} in {module_name}")
        value = getattr(module, name)
        # A module may have a class and a function whose names differ in no more than a capital, which links ignore.
        kind = "class" if inspect.isclass(value) else "function" if inspect.isfunction(value) else "value"
        yield from _heading(name, "~", f"{kind}-{module_name}.{name}")
        yield from _described(name, value, module)


def _written_docstring(module_name: str) -> str:
    """A module's docstring from its source: a plugin is told of, too, where what it plugs into is not installed."""
    try:
        found = find_spec(module_name)
    except ImportError as error:
        raise LookupError(f"no module {module_name!r}: {error}") from error
    if found is None or found.origin is None:
        raise LookupError(f"no module {module_name!r}")
    text = ast.get_docstring(ast.parse(Path(found.origin).read_bytes()))
    if not text:
        raise LookupError(f"{module_name} has no docstring")
    return text


def _heading(title: str, underline: str, label: str) -> Iterator[str]:
    yield from (f".. _python-{label.lower()}:", "", escaped(title), underline * (2 * len(title)), "")


def _public(module: ModuleType) -> list[str]:
    """What a module says that it offers; of one that says nothing, the names that it makes itself, aliases last."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__, key=lambda name: (not callable(getattr(module, name)), name.lower()))
    made = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]
    return [*made, *signatures.aliases(module)]


def _described(name: str, value: Any, module: ModuleType) -> Iterator[str]:
    path = f"{module.__name__}.{name}"
    if inspect.isclass(value):
        yield from _class(name, value, path)
    elif inspect.isfunction(inspect.unwrap(value)):  # one whose results are kept is wrapped
        yield from _code(signatures.function(name, value))
        yield from _blocks(_docstring(value, path))
    else:
        yield from _code(signatures.assigned(name, value, _homes(name, value, module)))
        yield from _blocks(_comment(name, value, module))


def _class(name: str, value: type, path: str) -> Iterator[str]:
    yield from _code(signatures.construction(name, value))
    yield from _blocks(_docstring(value, path))
    if issubclass(value, Enum):
        yield from list_table(("Name", "Value"), (34, 66), ((f"``{one.name}``", _member(one)) for one in value))
        yield ""
    for method, found in vars(value).items():
        if method.startswith("_"):
            continue
        told = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
        if not inspect.isfunction(told) or not told.__doc__:
            continue
        yield from (".. container:: python-method", "")
        if isinstance(found, property):
            shown = signatures.attribute(method, told)
        else:
            shown = signatures.function(method, told, is_method=not isinstance(found, staticmethod))
        for line in (*_code(shown), *_blocks(_docstring(told, f"{path}.{method}"))):
            yield f"   {line}".rstrip()


def _member(member: Enum) -> str:
    """The value of a name: numbers and codes as they are written, sentences and what consists of several as text."""
    if isinstance(member.value, tuple):
        return prose("; ".join(map(str, member.value)))
    is_text = isinstance(member.value, str) and " " in member.value
    return prose(member.value) if is_text else f"``{member.value!r}``"


def _docstring(value: object, path: str) -> str:
    text = inspect.getdoc(value)
    if not text:
        raise LookupError(f"{path} has no docstring")
    return text


def _comment(name: str, value: object, module: ModuleType) -> str:
    """The string below an assignment; empty if there is none."""
    for home in _homes(name, value, module):
        try:
            told = ModuleAnalyzer.for_module(home.__name__).find_attr_docs().get(("", name))
        except PycodeError:
            continue
        if told:
            return "\n".join(told)
    return ""


def _homes(name: str, value: object, module: ModuleType) -> Iterator[ModuleType]:
    """The modules of a package that have a value under a name."""
    for other in [module, *(known for key, known in sys.modules.items() if key.startswith(f"{module.__name__}."))]:
        if vars(other).get(name) is value:
            yield other


def _code(text: str) -> Iterator[str]:
    yield from (".. code-block:: python", "")
    yield from (f"   {line}".rstrip() for line in text.splitlines())
    yield ""


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        if lines and _NAMED.match(lines[0]) and all(_NAMED.match(line) or _GOES_ON.match(line) for line in lines):
            yield from _definitions(lines)
        elif any(_COLUMNS.search(line) for line in lines):
            yield from ("::", "", *(f"   {line}".rstrip() for line in lines), "")
        else:
            yield from (with_code(" ".join(lines)), "")


def _definitions(lines: Iterable[str]) -> Iterator[str]:
    """Names in a column and what they are in another one, which may go on below."""
    told: dict[str, str] = {}
    for line in lines:
        named, more = _NAMED.match(line), line.strip()
        name, text = named.groups() if named else (list(told)[-1], f"{told[list(told)[-1]]} {more}")
        told[name] = text
    for name, text in told.items():
        yield from (f"``{name.strip('`')}``", f"   {with_code(text)}")
    yield ""
