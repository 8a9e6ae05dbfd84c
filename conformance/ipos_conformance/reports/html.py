"""The report as one HTML file: nothing is loaded from outside, and without JavaScript all of it can be read."""

import functools
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.reports.case_view import anchor, case_view
from ipos_conformance.reports.matrix import counts, matrix
from ipos_conformance.verdicts import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_PACKAGE = "ipos_conformance.reports"
_NEEDS_NO_MORE = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.SKIP)
_ORDER = (Verdict.FAIL, Verdict.XPASS, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.WARN, Verdict.XFAIL)
_OPEN = 3
"""So many of the first articles are open from the start."""
_MOST = 200
"""So many articles there are at most: each is some 30 kB, and a router that is wrong everywhere has a thousand."""


def write(results: Results, path: Path) -> None:
    """Write the report."""
    path.write_text(render(results), encoding="utf-8")


def render(results: Results) -> str:
    """The whole page."""
    findings = [case for case in results.cases if case.verdict not in _NEEDS_NO_MORE]
    views = [case_view(case, results) for case in _told(findings)]
    return _template().render(
        results=results,
        counts=counts(results),
        matrix=matrix(results),
        views=views,
        untold=len(findings) - len(views),
        health=_health(results),
        anchor=anchor,
        told={view.case.id for view in views},
        opened=_OPEN,
        style=template_file("report.css"),
        script=template_file("report.js"),
    )


def _told(findings: Sequence[CaseResult]) -> list[CaseResult]:
    """Those that have an article of their own: some of every requirement, what is wrong before what was not judged."""
    seen: Counter[tuple[str, Verdict]] = Counter()
    ranked = []
    for case in findings:
        seen[case.requirement, case.verdict] += 1
        ranked.append((seen[case.requirement, case.verdict], case))
    chosen = {case.id for _, case in sorted(ranked, key=lambda one: one[0])[:_MOST]}
    return sorted((case for case in findings if case.id in chosen), key=lambda case: _ORDER.index(case.verdict))


def _health(results: Results) -> dict[str, int]:
    """What went wrong with the bench, and in how many cases."""
    found: dict[str, int] = {}
    for text in (text for case in results.cases for text in case.health):
        found[text] = found.get(text, 0) + 1
    return found


def environment(package: str) -> "Environment":
    """Where templates are looked for: in a package, and then among the suite's own, whose parts others share."""
    # Here, because it takes as long to import as all the rest, and most commands make no page.
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_PACKAGE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def template_file(name: str, package: str = _PACKAGE) -> str:
    """The text of a stylesheet or script."""
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


@functools.cache
def _template() -> "Template":
    return environment(_PACKAGE).get_template("report.html.j2")
