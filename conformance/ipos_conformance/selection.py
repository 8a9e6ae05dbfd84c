"""Choosing cases by requirement id, group of them (TGT), case id, prefix of one, or glob."""

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from ipos_conformance.case import Case
from ipos_conformance.errors import SelectionError


def select(cases: Sequence[Case], selections: Sequence[str]) -> list[Case]:
    """The cases that at least one selection matches, in running order; all if there is no selection.

    Raises SelectionError for a selection that matches none, with what may have been meant.
    """
    if "" in selections:
        raise SelectionError("an empty selection; leave it out to run everything")
    for selection in selections:
        if not any(_matches(case, selection) for case in cases):
            raise SelectionError(f"no case matches {selection!r}{_suggestion(cases, selection)}")
    return [case for case in cases if not selections or any(_matches(case, one) for one in selections)]


def _matches(case: Case, selection: str) -> bool:
    wanted, slug = selection.lower(), case.requirement.id.lower()
    return (
        slug == wanted
        or slug.startswith(f"{wanted.removesuffix('-')}-")
        or case.id.startswith(wanted)
        or fnmatchcase(case.id, wanted)
        or fnmatchcase(slug, wanted)
    )


def _suggestion(cases: Sequence[Case], selection: str) -> str:
    names = dict.fromkeys(name for case in cases for name in (case.requirement.id, *_prefixes(case.id)))
    by_case = {name.lower(): name for name in names}
    near = get_close_matches(selection.lower(), by_case, n=1, cutoff=0.4)
    return f"; did you mean {by_case[near[0]]}?" if near else "; `ipos-conformance list` shows all"


def _prefixes(case_id: str) -> list[str]:
    parts = case_id.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
