"""The registry of normative statements, read from requirements.toml beside this module."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ipos_spec.errors import SpecError

LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
ROLES = ("any", "origin", "forwarding", "target", "advertiser")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One normative statement.

    id        stable slug such as ENC-7
    level     RFC 2119 word
    role      who has to do it: "any" router, or one in the role of origin, forwarding, target, advertiser
    source    figures, claims, RFCs or decisions that it rests on
    sentence  the statement
    note      what this project decided where the statement was silent or contradictory, and why; empty otherwise
    """

    id: str
    level: str
    role: str
    source: tuple[str, ...]
    sentence: str
    note: str = ""


class UnknownRequirementError(SpecError):
    """An id that the registry does not have."""


@functools.cache
def registry() -> Mapping[str, Requirement]:
    """All requirements by id, in the order of the file. Raises SpecError where the file breaks its own rules."""
    text = importlib.resources.files("ipos_spec").joinpath("requirements.toml").read_text(encoding="utf-8")
    entries = [_entry(table) for table in tomllib.loads(text)["requirement"]]
    for entry in entries:
        if entry.level not in LEVELS or entry.role not in ROLES:
            raise SpecError(f"requirements.toml: {entry.id} has level {entry.level!r} and role {entry.role!r}")
    by_id = {entry.id: entry for entry in entries}
    if len(by_id) != len(entries):
        raise SpecError("requirements.toml: an id stands there twice")
    return MappingProxyType(by_id)


def _entry(table: dict[str, Any]) -> Requirement:
    """Line breaks in the file are for its reader; the texts are one line each."""
    texts = {name: " ".join(table.get(name, "").split()) for name in ("sentence", "note")}
    return Requirement(**{**table, **texts, "source": tuple(table["source"])})


def requirement(slug: str) -> Requirement:
    """The requirement with this id. Raises UnknownRequirementError."""
    try:
        return registry()[slug]
    except KeyError:
        raise UnknownRequirementError(f"no requirement {slug!r} in the registry") from None
