"""Signatures as they are written: an alias such as `Packet` keeps its name, which at run time is a union of five."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import GenericAlias, ModuleType, UnionType
from typing import Any

WIDTH = 88
"""Columns that a line may have: as many as fit beside the table of contents."""

_PATH = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")
_QUOTED = re.compile(r"'([A-Za-z_][\w.]*)'")
_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>")
_LONGEST_DEFAULT = 40


def function(name: str, value: Callable[..., Any], *, is_method: bool = False) -> str:
    """How a function is called and what it returns; of a method without the object itself."""
    return _wrapped(name, inspect.signature(value), _of_function(value), skipped=1 if is_method else 0)


def attribute(name: str, getter: Callable[..., Any]) -> str:
    """A property with its type."""
    return f"{name}: {_of_function(getter).get('return', 'Any')}"


def construction(name: str, value: type) -> str:
    """How a class is called; of one that nobody calls, such as an enumeration or an error, what it is derived from."""
    if issubclass(value, Enum | BaseException) or getattr(value, "_is_protocol", False):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        return f"class {name}({bases})" if bases else f"class {name}"
    try:
        signature = inspect.signature(value).replace(return_annotation=inspect.Signature.empty)
    except ValueError:  # one of those that are made in C
        return f"class {name}"
    return _wrapped(f"class {name}", signature, _of_class(value))


def assigned(name: str, value: object, modules: Iterable[ModuleType]) -> str:
    """A name that is neither class nor function, of the first of some modules that assigns it.

    An alias with what it stands for, anything else with its type.
    """
    for statement in (statement for module in modules for statement in _parsed(module)):
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name:
            return f"{name}: {_text(statement.annotation)}"
        if isinstance(statement, ast.Assign) and is_alias(value) and name in map(ast.unparse, statement.targets):
            return f"{name} = {_text(statement.value)}"
    return f"{name}: {type(value).__name__}"


def is_alias(value: object) -> bool:
    """Whether it is a type that is written with others."""
    return isinstance(value, UnionType | GenericAlias) or hasattr(value, "__origin__")


def aliases(module: ModuleType) -> list[str]:
    """The types that a module gives a name."""
    targets = (target for node in _parsed(module) if isinstance(node, ast.Assign) for target in node.targets)
    names = [target.id for target in targets if isinstance(target, ast.Name) and not target.id.startswith("_")]
    return [name for name in names if is_alias(getattr(module, name))]


def _wrapped(name: str, signature: inspect.Signature, written: Mapping[str, str], skipped: int = 0) -> str:
    """On one line, or on one for each parameter."""
    found = list(signature.parameters.values())[skipped:]
    parameters = [_parameter(parameter, written) for parameter in found]
    kinds = [parameter.kind for parameter in found]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    has_result = signature.return_annotation is not inspect.Signature.empty
    result = f" -> {written.get('return') or _type(signature.return_annotation)}" if has_result else ""
    line = f"{name}({', '.join(parameters)}){result}"
    if len(line) <= WIDTH or not parameters:
        return line
    return f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){result}"


def _parameter(parameter: inspect.Parameter, written: Mapping[str, str]) -> str:
    told = str(parameter.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty))  # with stars
    if parameter.annotation is not inspect.Parameter.empty:
        told += f": {written.get(parameter.name) or _type(parameter.annotation)}"
    if parameter.default is inspect.Parameter.empty:
        return told
    default = repr(parameter.default)
    if _ADDRESS.search(default) or default.startswith("<") or len(default) > _LONGEST_DEFAULT:
        default = "..."  # what is longer is told by its own docstring, if it is anybody's business
    return f"{told} = {default}"


def _type(annotation: object) -> str:
    """A type whose annotation does not stand in a source."""
    if inspect.isclass(annotation):
        return annotation.__name__
    return _PATH.sub("", inspect.formatannotation(annotation)).replace("~", "").strip("'")


def _of_function(value: Callable[..., Any]) -> dict[str, str]:
    """The annotations of parameters, and of `return`."""
    for node in _parsed(inspect.unwrap(value)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            of = node.args
            every = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
            found = {one.arg: _text(one.annotation) for one in every if one.annotation is not None}
            return found | ({"return": _text(node.returns)} if node.returns is not None else {})
    return {}


def _of_class(value: type) -> dict[str, str]:
    """The annotations of its fields, those of bases included, or of its own constructor's parameters."""
    found: dict[str, str] = {}
    for kind in reversed(value.__mro__[:-1]):
        for node in _parsed(kind):
            for part in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(part, ast.AnnAssign):
                    found[ast.unparse(part.target)] = _text(part.annotation)
    constructor = vars(value).get("__init__")
    return found | _of_function(constructor) if inspect.isfunction(constructor) else found


def _parsed(value: Any) -> Iterator[ast.stmt]:
    """The statements of a source; nothing where there is none, such as of what is generated."""
    try:
        yield from ast.parse(textwrap.dedent(inspect.getsource(value))).body
    except (OSError, TypeError):
        return


def _text(annotation: ast.expr) -> str:
    """An annotation without module names and quotes; of an annotated type the type."""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in ("Annotated", "ClassVar"):
        inner = annotation.slice
        return _text(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return _PATH.sub("", _QUOTED.sub(r"\1", ast.unparse(annotation)))
