"""Choosing cases by requirement id, group of them (TGT), case id, prefix of one, glob, role, level or tag.

TGT-4  TGT  handshake  'length/*'  role:target  level:should-not  tag:smoke  role:origin+level:must  not:tag:slow
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from ipos_conformance.case import Case
from ipos_conformance.errors import SelectionError

_NOT, _AND = "not:", "+"
_ATTRIBUTES: dict[str, Callable[[Case], tuple[str, ...]]] = {
    "role": lambda case: (case.requirement.role,),
    "level": lambda case: (case.level,),
    "tag": lambda case: case.tags,
}


def select(cases: Sequence[Case], selections: Sequence[str]) -> list[Case]:
    """The cases that at least one selection matches, in running order, less those that a `not:` matches; or all.

    Raises SelectionError for a selection that matches none, with what may have been meant, or if nothing is left.
    """
    for selection in selections:
        _check(cases, selection)
    wanted = [one for one in selections if not one.startswith(_NOT)]
    unwanted = [one.removeprefix(_NOT) for one in selections if one.startswith(_NOT)]
    chosen = [
        case
        for case in cases
        if (not wanted or any(_matches(case, one) for one in wanted))
        and not any(_matches(case, one) for one in unwanted)
    ]
    if not chosen:
        raise SelectionError(f"nothing is left of {' '.join(selections)}; `ipos-conformance list` shows all cases")
    return chosen


def _check(cases: Sequence[Case], selection: str) -> None:
    parts = selection.removeprefix(_NOT).split(_AND)
    if "" in parts:
        raise SelectionError("an empty selection; leave it out to run everything")
    for part in parts:
        if not any(_matches(case, part) for case in cases):
            raise SelectionError(f"no case matches {part!r}{_suggestion(cases, part)}")


def _matches(case: Case, selection: str) -> bool:
    return all(_matches_part(case, part) for part in selection.split(_AND))


def _matches_part(case: Case, selection: str) -> bool:
    wanted = selection.lower()
    attribute, colon, value = wanted.partition(":")
    if colon:
        values = _ATTRIBUTES[attribute](case) if attribute in _ATTRIBUTES else ()
        return any(_slug(value) == _slug(one) for one in values)
    slug = case.requirement.id.lower()
    of_requirement = slug == wanted or slug.startswith(f"{wanted.removesuffix('-')}-")
    if selection.isupper():
        return of_requirement or fnmatchcase(slug, wanted)  # SEC is a group, and not the beginning of second-...
    return of_requirement or case.id.startswith(wanted) or fnmatchcase(case.id, wanted) or fnmatchcase(slug, wanted)


def _suggestion(cases: Sequence[Case], part: str) -> str:
    if is_there(Path(part)):
        return ", and it is no target file either, whose name ends with .toml"
    by_slug = {name.lower(): name for case in cases for name in _names(case)}
    if part.lower().partition(":")[0] in _ATTRIBUTES:
        by_slug = {slug: name for slug, name in by_slug.items() if ":" in slug}
    near = get_close_matches(part.lower(), by_slug, n=1, cutoff=0.4)
    return f"; did you mean {by_slug[near[0]]}?" if near else "; `ipos-conformance list` shows all"


def is_there(path: Path) -> bool:
    """Whether a path is of something that we may know of: not within another user's folder, for instance."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _names(case: Case) -> list[str]:
    parts = case.id.split("/")
    prefixes = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    attributes = [f"{name}:{_slug(value)}" for name, values in _ATTRIBUTES.items() for value in values(case)]
    return [case.requirement.id, *prefixes, *attributes]


def _slug(text: str) -> str:
    return text.replace(" ", "-").lower()
