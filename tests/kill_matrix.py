"""The kill matrix: every planted defect against the suite; who is caught by which case, and what catches nobody.

    python tests/kill_matrix.py [--whole] [--output FOLDER] [NAME]...

Each defect meets the cases of the requirement that it breaks; with --whole all cases, which takes hours and shows what
else it turns red. Prints the table and writes it as kill-matrix.md and kill-matrix.json. Exit status 1 if a defect is
caught by no case of its requirement, a case that was written by hand catches none of its own, or no defect breaks a
requirement that is called tested.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
from ipos_conformance.case import Case, all_cases
from ipos_defects.defect import DEFECTS
from ipos_spec.requirements import registry
from judged import Judgement, side_by_side

CONVICTING = ("FAIL", "WARN")


@dataclass(frozen=True)
class Caught:
    """What became of one defect.

    by         cases of its own requirement that convicted it
    elsewhere  requirements whose cases did so besides, with their numbers of cases
    open       cases that ended without a verdict
    """

    defect: str
    requirement: str
    by: tuple[str, ...]
    elsewhere: Mapping[str, int]
    open: tuple[str, ...]


def caught(name: str, found: Judgement) -> Caught:
    """Sort one run's verdicts."""
    requirement = DEFECTS[name].requirement
    convicting = {case: slug for case, (slug, verdict) in found.verdicts.items() if verdict in CONVICTING}
    others = [slug for slug in convicting.values() if slug != requirement]
    return Caught(
        defect=name,
        requirement=requirement,
        by=tuple(case for case, slug in convicting.items() if slug == requirement),
        elsewhere={slug: others.count(slug) for slug in dict.fromkeys(others)},
        open=tuple(found.other_than("PASS", "NOT APPLICABLE", "SKIP", *CONVICTING)),
    )


def idle_cases(cases: Sequence[Case], judgements: Mapping[str, Judgement]) -> list[str]:
    """Functions of cases written by hand of which no instance has convicted a defect of its own requirement."""
    busy = {
        case
        for name, found in judgements.items()
        for case, (slug, verdict) in found.verdicts.items()
        if verdict in CONVICTING and slug == DEFECTS[name].requirement
    }
    functions: dict[str, list[str]] = {}
    for case in cases:
        if not case.generated:
            functions.setdefault(f"{case.function.__module__}.{case.function.__name__}", []).append(case.id)
    return [name for name, instances in functions.items() if not busy.intersection(instances)]


def undefended(names: Sequence[str]) -> list[str]:
    """Requirements that are called tested and that no defect breaks."""
    broken = {DEFECTS[name].requirement for name in names}
    return [slug for slug, entry in registry().items() if entry.disposition == "tested" and slug not in broken]


def table(rows: Sequence[Caught]) -> Iterator[str]:
    """Markdown, a line for each defect, by requirement."""
    order = list(registry())
    yield "| requirement | defect | caught by its cases | elsewhere | without verdict |"
    yield "|---|---|---|---|---|"
    for row in sorted(rows, key=lambda row: order.index(row.requirement)):
        elsewhere = ", ".join(f"{slug} ({count})" for slug, count in row.elsewhere.items())
        by = str(len(row.by)) if row.by else "**none**"
        yield f"| {row.requirement} | {row.defect} | {by} | {elsewhere} | {len(row.open) or ''} |"


def main() -> int:
    """Run, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="defects; all if none is named")
    parser.add_argument("--output", type=Path, default=Path("kill-matrix"), help="folder of the published table")
    parser.add_argument("--whole", action="store_true", help="all cases, not those of the broken requirement alone")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in DEFECTS]
    if unknown:
        parser.error(f"found {unknown[0]!r}, expected the name of a defect; `python -m ipos_defects list` shows them")
    names = chosen.names or list(DEFECTS)
    judgements = _judged(names, whole=chosen.whole)
    rows = [caught(name, found) for name, found in judgements.items()]
    uncaught = [row.defect for row in rows if not row.by]
    # Whether a case is idle, or a requirement undefended, only the whole set of defects can tell.
    idle, open_to_all = ([], []) if chosen.names else (idle_cases(all_cases(), judgements), undefended(names))
    lines = [*table(rows), "", f"{len(rows) - len(uncaught)} of {len(rows)} defects caught."]
    lines += [f"No case of {DEFECTS[name].requirement} catches {name}." for name in uncaught]
    lines += [f"{name} catches no defect." for name in idle]
    lines += [f"No defect breaks {slug}, which is called tested." for slug in open_to_all]
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "kill-matrix.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    verdicts = {name: found.verdicts for name, found in judgements.items()}
    (chosen.output / "kill-matrix.json").write_text(json.dumps(verdicts, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))  # noqa: T201 - the command's output
    return 1 if uncaught or idle or open_to_all else 0


def _judged(names: Sequence[str], *, whole: bool) -> dict[str, Judgement]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:

        def directory(name: str) -> Path:
            (place := Path(folder) / name).mkdir()
            return place

        selections = {name: () if whole else (DEFECTS[name].requirement,) for name in names}
        with side_by_side(selections, directory) as running:
            for number, (name, future) in enumerate(running.items(), 1):
                found[name] = future.result()
                print(f"{number}/{len(names)} {name}", file=sys.stderr)  # noqa: T201 - progress
    return found


if __name__ == "__main__":
    sys.exit(main())
