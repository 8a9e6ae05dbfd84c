"""The registry of normative statements, read from requirements.toml beside this module.

`requirements.schema.json` says the same about the file's shape for other programs; what it can't say (ids that stand
there twice, links that lead nowhere) is checked here alone.
"""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any

from ipos_spec.errors import SpecError

LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
ROLES = ("any", "origin", "forwarding", "target", "advertiser")
DISPOSITIONS = ("tested", "not yet tested", "by construction", "not observable", "retired")
NORMATIVE = ("level", "role", "sentence", "note")
"""What a router has to do: a change of one of these raises the revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One normative statement; the first lines of requirements.toml say more about each value.

    id           stable slug such as ENC-7
    revision     counts from 1
    level        RFC 2119 word
    role         who has to do it: "any" router, or one in the role of origin, forwarding, target, advertiser
    source       figures, claims, RFCs or decisions that it rests on
    sentence     the statement
    note         what this project decided where the statement was silent or contradictory, and why; empty otherwise
    observed     how a tester sees it from outside
    disposition  whether a conformance case judges it
    reason       why not, or which part not; empty where all of it is judged
    links        ids of others that it depends on or limits
    """

    id: str
    revision: int
    level: str
    role: str
    source: tuple[str, ...]
    sentence: str
    note: str = ""
    observed: str
    disposition: str
    reason: str = ""
    links: tuple[str, ...] = ()


class UnknownRequirementError(SpecError):
    """An id that the registry does not have."""


@functools.cache
def registry() -> Mapping[str, Requirement]:
    """All requirements by id, in the order of the file. Raises SpecError where the file breaks its own rules."""
    file = importlib.resources.files("ipos_spec").joinpath("requirements.toml")
    return read_registry(file.read_text(encoding="utf-8"), "requirements.toml")


def requirement(slug: str) -> Requirement:
    """The requirement with this id. Raises UnknownRequirementError."""
    try:
        return registry()[slug]
    except KeyError:
        raise UnknownRequirementError(f"no requirement {slug!r} in the registry") from None


def read_registry(text: str, file: str) -> Mapping[str, Requirement]:
    """The requirements of a registry written in TOML, by id, in its order.

    Raises SpecError for the first rule that it breaks: file, entry, what was found, what was expected.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{file}: this is no TOML: {error}") from None
    tables = document.get("requirement")
    if set(document) != {"requirement"} or not isinstance(tables, list):
        raise SpecError(f"{file}: found {_listed(document)}, expected tables [[requirement]] and nothing else")
    by_id: dict[str, Requirement] = {}
    for number, table in enumerate(tables, start=1):
        entry = _entry(table, f"{file}: entry {number}")
        if entry.id in by_id:
            raise SpecError(f"{file}: {entry.id} stands there twice, expected each id once")
        by_id[entry.id] = entry
    for entry in by_id.values():
        for link in entry.links:
            if link not in by_id or link == entry.id:
                raise SpecError(f"{file}: {entry.id}: links: found {link!r}, expected the id of another entry")
    return MappingProxyType(by_id)


def _entry(table: object, place: str) -> Requirement:
    """Line breaks in the file are for its reader; the texts are one line each."""
    if not isinstance(table, dict):
        raise SpecError(f"{place}: found {table!r}, expected a table [[requirement]]")
    if isinstance(slug := table.get("id"), str):
        place = f"{place.rpartition(':')[0]}: {slug}"
    for problem in _problems(table):
        raise SpecError(f"{place}: {problem}")
    return Requirement(**{name: _tidy(value) for name, value in table.items()})


def _problems(table: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with an entry by itself, each as what was found and what was expected."""
    for name in table:
        if name not in _KINDS:
            yield f"found the key {name!r}, expected one of {_listed(_KINDS)}"
    for name in _NEEDED:
        if name not in table:
            yield f"found no {name}, expected {_KINDS[name][0]}"
    for name, value in table.items():
        expected, holds = _KINDS[name]
        if not holds(value):
            yield f"{name}: found {value!r}, expected {expected}"
    if table["disposition"] != "tested" and "reason" not in table:
        yield f"found no reason, expected one for the disposition {table['disposition']!r}"


def _tidy(value: Any) -> Any:
    match value:
        case str():
            return " ".join(value.split())
        case list():
            return tuple(value)
    return value


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) or "nothing"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{3}-[1-9][0-9]?", value) is not None


def _is_revision(value: object) -> bool:
    return type(value) is int and value >= 1


def _one_of(names: tuple[str, ...]) -> tuple[str, Callable[[object], bool]]:
    return f"one of {_listed(names)}", lambda value: value in names


_TEXT = ("a text", _is_text)
_TEXTS = ("a list of different texts", _are_texts)
_KINDS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "id": ("three capitals, a hyphen and a number up to 99", _is_id),
    "revision": ("a whole number from 1", _is_revision),
    "level": _one_of(LEVELS),
    "role": _one_of(ROLES),
    "source": _TEXTS,
    "sentence": _TEXT,
    "note": _TEXT,
    "observed": _TEXT,
    "disposition": _one_of(DISPOSITIONS),
    "reason": _TEXT,
    "links": _TEXTS,
}
"""For each key what its value has to be, in words and as a test."""
_NEEDED = [field.name for field in fields(Requirement) if field.default is MISSING]
