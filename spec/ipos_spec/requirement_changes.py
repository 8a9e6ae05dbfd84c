"""What changed between two registries of requirements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from ipos_spec.requirements import NORMATIVE, Requirement

Value = str | int | tuple[str, ...]


_KEYS = [field.name for field in fields(Requirement) if field.name != "id"]


class Kind(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    RETIRED = "retired"
    CHANGED = "changed"


class Difference(NamedTuple):
    """The value that one key of an entry had and has; None where there was or is no entry."""

    old: Value | None
    new: Value | None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is not what it was.

    differences  by key, those that differ alone; where there was or is no entry, those that say something
    warning      the rule for slugs or revisions that the change breaks; empty if none
    """

    id: str
    kind: Kind
    differences: Mapping[str, Difference]
    warning: str


class Fate(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


def changes(old: Mapping[str, Requirement], new: Mapping[str, Requirement]) -> list[Change]:
    """What changed from one registry to another: first what the new one has, in its order, then what it lacks."""
    return [change for slug in {**new, **old} if (change := _change(slug, old.get(slug), new.get(slug))) is not None]


def words(old: str, new: str) -> Iterator[tuple[Fate, str]]:
    """Two texts as one: runs of words that both have, that only the old has, that only the new has."""
    before, after = old.split(), new.split()
    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Fate.KEPT, " ".join(before[start:end])
            continue
        if start < end:
            yield Fate.REMOVED, " ".join(before[start:end])
        if new_start < new_end:
            yield Fate.ADDED, " ".join(after[new_start:new_end])


def _change(slug: str, old: Requirement | None, new: Requirement | None) -> Change | None:
    if old == new:
        return None
    pairs = {name: Difference(getattr(old, name, None), getattr(new, name, None)) for name in _KEYS}
    differences = {name: pair for name, pair in pairs.items() if pair.old != pair.new and any(pair)}
    return Change(slug, _kind(old, new), differences, _warning(old, new, differences))


def _kind(old: Requirement | None, new: Requirement | None) -> Kind:
    if old is None:
        return Kind.ADDED
    if new is None:
        return Kind.REMOVED
    if new.disposition == "retired" and old.disposition != "retired":
        return Kind.RETIRED
    return Kind.CHANGED


def _warning(old: Requirement | None, new: Requirement | None, differences: Mapping[str, Difference]) -> str:
    if old is None:
        return ""
    if new is None:
        return "an id is never given up: its entry stays, as retired"
    if new.revision < old.revision:
        return f"the revision went back from {old.revision} to {new.revision}"
    changed = [name for name in NORMATIVE if name in differences]
    if changed and new.revision == old.revision:
        return f"{', '.join(changed)} changed, but the revision is {new.revision} as before"
    return ""
