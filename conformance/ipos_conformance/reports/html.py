"""The report as one HTML file: nothing is loaded from outside, and without JavaScript all of it can be read."""

import functools
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ipos_conformance.reports.case_view import CaseView, anchor, case_view
from ipos_conformance.reports.matrix import counts, matrix
from ipos_conformance.results import CaseResult, Results
from ipos_conformance.verdicts import Verdict

_NEEDS_NO_MORE = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.SKIP)
_OPEN = 3
"""So many of the first articles are open from the start."""


def write(results: Results, path: Path) -> None:
    """Write the report."""
    path.write_text(render(results), encoding="utf-8")


def render(results: Results) -> str:
    """The whole page."""
    views = [case_view(case, results) for case in results.cases if _is_told(case)]
    return _template().render(
        results=results,
        counts=counts(results),
        matrix=matrix(results),
        views=sorted(views, key=_by_weight),
        health=_health(results),
        anchor=anchor,
        told={view.case.id for view in views},
        opened=_OPEN,
        style=_text("report.css"),
        script=_text("report.js"),
    )


def _is_told(case: CaseResult) -> bool:
    """Whether a case has an article of its own, besides its line among all cases."""
    return case.verdict not in _NEEDS_NO_MORE


def _by_weight(view: CaseView) -> int:
    """What is wrong first, then what could not be judged."""
    order = (Verdict.FAIL, Verdict.XPASS, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.WARN, Verdict.XFAIL)
    return order.index(view.case.verdict)


def _health(results: Results) -> dict[str, int]:
    """What went wrong with the bench, and in how many cases."""
    found: dict[str, int] = {}
    for text in (text for case in results.cases for text in case.health):
        found[text] = found.get(text, 0) + 1
    return found


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("ipos_conformance.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _text(name: str) -> str:
    return files("ipos_conformance.reports").joinpath("templates", name).read_text(encoding="utf-8")
