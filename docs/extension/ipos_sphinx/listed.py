"""Lists of all cases and of all fields, so that one that is gone is missed by its name though no page names it.

A line is what a name stands under and the name: `ENC-7 checksum/wrong-checksum-is-discarded` for a case of that
requirement, `field control-block.snd_una`, `key table-forward.source_ip`, or `part tcp.header` for a structure within
another one. An empty line and one that begins with `#` say nothing. COMMAND, from the project's root, writes both anew.

Nothing of the project is imported here: a list can be read where what it lists can't.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

COMMAND = "PYTHONPATH=docs/extension python -m ipos_sphinx lists"

Names = Mapping[str, str]
"""Of each name, what it stands under, in the order of the list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one of it is called, where it has to be, what a line has to be, and what the list begins with."""

    noun: str
    whole: str
    line: str
    head: str


CASES = Listing(
    noun="case",
    whole="the suite",
    line="a requirement's id and a case's",
    head=f"""\
# All cases of the conformance suite, by requirement: the documentation does not build where one of them is gone, or
# one is there that is not listed. Written by
#     {COMMAND}
""",
)

FIELDS = Listing(
    noun="field",
    whole="the schemas",
    line="'field', 'key' or 'part', and a structure's and a field's name with a dot between",
    head=f"""\
# All fields of FIG. 11's packets and structures and of FIG. 12's tables, in their order: the documentation does not
# build where one of them is gone or has got another name, or one is there that is not listed. Written by
#     {COMMAND}
""",
)


def read(listing: Listing, file: Path) -> Names:
    """A list. Raises OSError, and ValueError for a line that is no line of such a list."""
    listed = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 2:
            raise ValueError(f"{file}:{number}: found {line!r}, expected {listing.line}")
        listed[words[1]] = words[0]
    return listed


def text(listing: Listing, names: Names) -> str:
    """The list."""
    return listing.head + "".join(f"{under} {name}\n" for name, under in names.items())


def differences(listing: Listing, listed: Names, there: Names) -> list[str]:
    """How a list differs from what is there: each a line that says what was found and expected, and what to do."""
    meant = f"if that is meant, list it: {COMMAND}"
    told = [
        f"{listing.noun} {name} is listed under {listed[name]}, but stands under {there[name]}; {meant}"
        for name in listed
        if there.get(name, listed[name]) != listed[name]
    ]
    for gone, new in _changes(list(listed), list(there)):
        if len(gone) == len(new):
            told += [
                f"expected {listing.noun} {old}, found {other} in its place; rename it back, or use the new name "
                f"everywhere and list it: {COMMAND}"
                for old, other in zip(gone, new, strict=True)
            ]
        else:
            told += [
                f"{listing.noun} {name} (under {listed[name]}) is listed, but not in {listing.whole}; {meant}"
                for name in gone
            ]
            told += [
                f"{listing.noun} {name} (under {there[name]}) is in {listing.whole}, but not listed; {meant}"
                for name in new
            ]
    return told


def _changes(listed: Sequence[str], there: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """What is gone and what is new at each place where the two differ. What only stands elsewhere is neither."""
    before, now = frozenset(listed), frozenset(there)
    for _, begin, end, other_begin, other_end in SequenceMatcher(None, listed, there, autojunk=False).get_opcodes():
        gone = [name for name in listed[begin:end] if name not in now]
        new = [name for name in there[other_begin:other_end] if name not in before]
        if gone or new:
            yield gone, new
