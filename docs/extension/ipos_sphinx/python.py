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
from typing import Annotated, Any, get_origin

from ipos_spec.rst_text import escaped, prose
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

_WIDTH = 88
"""Columns that a signature may have on one line."""

_COLUMNS = re.compile(r"\S {2,}\S|^\s")
_CODE = re.compile(r"(``?)([^`]+)\1")
_PATH = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")
_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>")
_LONGEST_DEFAULT = 40


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
    """What a module says that it offers; of one that says nothing, the classes and functions that it makes itself."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__, key=lambda name: (not callable(getattr(module, name)), name.lower()))
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]


def _described(name: str, value: object, module: ModuleType) -> Iterator[str]:
    path = f"{module.__name__}.{name}"
    if inspect.isfunction(value):
        yield from _code(f"{name}{_signature(value)}")
        yield from _blocks(_docstring(value, path))
    elif inspect.isclass(value):
        yield from _class(name, value, path)
    else:
        yield from _code(f"{name}: {type(value).__name__}")
        yield from _blocks(_comment(name, value, module))


def _class(name: str, value: type, path: str) -> Iterator[str]:
    yield from _code(f"class {name}{_construction(value)}")
    yield from _blocks(_docstring(value, path))
    if issubclass(value, Enum):
        yield from _code("\n".join(f"{member.name} = {member.value!r}" for member in value))
    for method, found in vars(value).items():
        if method.startswith("_"):
            continue
        told = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
        if not inspect.isfunction(told) or not told.__doc__:
            continue
        yield from (".. container:: python-method", "")
        shown = f"{method}{_signature(told)}"
        if isinstance(found, property):
            shown = f"{method}{shown.partition('(self)')[2]}".replace(" ->", ":", 1)
        for line in (*_code(shown), *_blocks(_docstring(told, f"{path}.{method}"))):
            yield f"   {line}".rstrip()


def _construction(value: type) -> str:
    """How a class is called; nothing for one that is not called, such as an enumeration or an error."""
    if issubclass(value, Enum | BaseException) or getattr(value, "_is_protocol", False):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        return f"({bases})" if bases else ""
    try:
        return _signature(value).removesuffix(" -> None")
    except ValueError:  # one of those that are made in C
        return ""


def _signature(value: Any) -> str:
    found = inspect.signature(value)
    parameters = [_parameter(parameter) for parameter in found.parameters.values()]
    kinds = [parameter.kind for parameter in found.parameters.values()]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    returned = found.return_annotation
    result = "" if returned is inspect.Signature.empty else f" -> {_type(returned)}"
    written = f"({', '.join(parameters)}){result}"
    if len(written) <= _WIDTH:
        return written
    return "(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){result}"


def _parameter(parameter: inspect.Parameter) -> str:
    written = str(parameter.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty))  # with stars
    if parameter.annotation is not inspect.Parameter.empty:
        written += f": {_type(parameter.annotation)}"
    if parameter.default is inspect.Parameter.empty:
        return written
    default = repr(parameter.default)
    if _ADDRESS.search(default) or default.startswith("<") or len(default) > _LONGEST_DEFAULT:
        default = "..."  # what is longer is told by its own docstring, if it is anybody's business
    return f"{written} = {default}"


def _type(annotation: object) -> str:
    if get_origin(annotation) is Annotated:
        annotation = annotation.__origin__  # type: ignore[attr-defined]
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        return annotation.__name__
    return _PATH.sub("", inspect.formatannotation(annotation)).replace("~", "").strip("'")


def _docstring(value: object, path: str) -> str:
    text = inspect.getdoc(value)
    if not text:
        raise LookupError(f"{path} has no docstring")
    return text


def _comment(name: str, value: object, module: ModuleType) -> str:
    """The string below an assignment, wherever in the package of a module it stands; empty if there is none."""
    for other in [module, *(known for key, known in sys.modules.items() if key.startswith(f"{module.__name__}."))]:
        if vars(other).get(name) is not value:
            continue
        try:
            told = ModuleAnalyzer.for_module(other.__name__).find_attr_docs().get(("", name))
        except PycodeError:
            continue
        if told:
            return "\n".join(told)
    return ""


def _code(text: str) -> Iterator[str]:
    yield from (".. code-block:: python", "")
    yield from (f"   {line}".rstrip() for line in text.splitlines())
    yield ""


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        if any(_COLUMNS.search(line) for line in lines):
            yield from ("::", "", *(f"   {line}".rstrip() for line in lines), "")
        else:
            yield from (_inline(" ".join(lines)), "")


def _inline(text: str) -> str:
    """A paragraph: what stands in backticks as code, requirements and RFCs as links."""
    written, end = "", 0
    for match in _CODE.finditer(text):
        written += f"{_plain(text[end : match.start()])}``{match[2]}``\\ "
        end = match.end()
    return written + _plain(text[end:])


def _plain(text: str) -> str:
    return prose(text) if text.strip() else text
