"""From a file to a configuration, or to one line that says what is wrong with it."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ipos_reference.configuration.document import Configuration
from ipos_reference.configuration.tables import ListenTable, ListenUdpTable, Table

TableT = TypeVar("TableT", ListenTable, ListenUdpTable)

_LONGEST_SHOWN = 200
"""Characters of a wrong value."""


class ConfigurationError(Exception):
    """The file can't be used; the text is one line that names the key, what was found and what was expected."""


def read(path: Path) -> Configuration:
    """Read and check a file.

    ``{python}`` and ``{here}`` in commands and ``capture.file`` become the interpreter and the file's
    directory. Raises ConfigurationError.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
    try:
        configuration = Configuration.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_first_problem(error)}") from error
    return _expanded(configuration, {"{python}": sys.executable, "{here}": str(path.resolve().parent)})


def _expanded(configuration: Configuration, places: Mapping[str, str]) -> Configuration:
    def expand(word: str) -> str:
        for place, text in places.items():
            word = word.replace(place, text)
        return word

    def commands(tables: list[TableT]) -> list[TableT]:
        return [
            table.model_copy(update={"command": table.command and [expand(word) for word in table.command]})
            for table in tables
        ]

    capture = configuration.capture and configuration.capture.model_copy(
        update={"file": expand(configuration.capture.file)}
    )
    listen, listen_udp = commands(configuration.listen), commands(configuration.listen_udp)
    return configuration.model_copy(update={"listen": listen, "listen_udp": listen_udp, "capture": capture})


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling says more.
    problem = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_what_was_meant(str(problem['loc'][-1]))}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    if not key:
        return problem["msg"].removeprefix("Value error, ")
    return f"{key}: found {_shown(problem['input'])}; {_expectation(problem)}"


def _shown(value: object) -> str:
    """A value, as TOML has it, in a line."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _what_was_meant(key: str) -> str:
    known = {name for table in _tables(Table) for name in table.model_fields}
    if key in known:
        return "it belongs into another table"
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else "expected no such key"


def _tables(base: type[Table]) -> Iterator[type[Table]]:
    for table in base.__subclasses__():
        yield table
        yield from _tables(table)


def _expectation(problem: ErrorDetails) -> str:
    name = str(problem["loc"][-1])
    match problem["type"]:
        case "list_type" if name == "command":
            return 'expected a list, such as ["program", "argument"]'
        case "list_type" if len(problem["loc"]) == 1:
            return f"expected a list of tables: [[{name}]]"
        case "list_type":
            return "expected a list: [one, another]"
        case "model_type" if len(problem["loc"]) == 1:
            return f"expected one table: [{name}]"
        case "model_type":
            return "expected a table: { key = value }"
    message = problem["msg"].removeprefix("Value error, ")
    message = re.sub(r" after validation, not \d+$", "", message)
    return re.sub(r"^(Input should be|(List|String) should have) ", "expected ", message)
