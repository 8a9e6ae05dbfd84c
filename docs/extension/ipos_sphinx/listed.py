"""The list of all cases, so that one that is gone is missed by its name though its requirement has others.

A line of the list is a requirement's id and a case's, such as `ENC-7 checksum/wrong-checksum-is-discarded`; an empty
line and one that begins with `#` say nothing. COMMAND, from the project's root, writes it anew.
"""

from collections.abc import Mapping
from pathlib import Path

from ipos_sphinx.sources import Sources

COMMAND = "PYTHONPATH=docs/extension python -m ipos_sphinx docs/cases.txt docs/fields.txt"

_HEAD = f"""\
# All cases of the conformance suite, by requirement: the documentation does not build where one of them is gone, or
# one is there that is not listed. Written by
#     {COMMAND}
"""


def read(file: Path) -> dict[str, str]:
    """Of each listed case, the requirement. Raises OSError, and ValueError for a line that is no line of a list."""
    listed = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 2:
            raise ValueError(f"{file}:{number}: found {line!r}, expected a requirement's id and a case's")
        listed[words[1]] = words[0]
    return listed


def differences(listed: Mapping[str, str], found: Sources) -> list[str]:
    """How list and suite differ, each as a sentence that names the case and what to do."""
    there = {case.id: case.requirement for case in found.cases}
    remedy = f"if that is meant, list it: {COMMAND}"
    return [
        *(
            f"case {case} of {requirement} is listed, but not in the suite; {remedy}"
            for case, requirement in listed.items()
            if case not in there
        ),
        *(
            f"case {case} of {requirement} is in the suite, but not listed; {remedy}"
            for case, requirement in there.items()
            if case not in listed
        ),
        *(
            f"case {case} is listed for {listed[case]}, but judges {requirement}; {remedy}"
            for case, requirement in there.items()
            if listed.get(case, requirement) != requirement
        ),
    ]


def text(found: Sources) -> str:
    """The list: requirements in the registry's order, the cases of each by name."""
    order = {id_: place for place, id_ in enumerate(found.requirements)}
    cases = sorted(found.cases, key=lambda case: (order[case.requirement], case.id))
    return _HEAD + "".join(f"{case.requirement} {case.id}\n" for case in cases)
