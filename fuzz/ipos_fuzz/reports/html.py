"""A campaign as one HTML page: nothing is loaded from outside, and all of it can be read without JavaScript."""

import functools
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ipos_conformance.reports.html import environment, template_file

from ipos_fuzz.findings.store import FINDINGS
from ipos_fuzz.reports import coverage_view, words
from ipos_fuzz.reports.account import Account
from ipos_fuzz.reports.finding_view import finding_view

if TYPE_CHECKING:
    from jinja2 import Template

_PACKAGE = "ipos_fuzz.reports"
_OPEN = 3
"""So many of the first findings are open from the start."""
_MOST = 100
"""So many findings are told at most; each may be 30 kB."""


def write(account: Account, path: Path) -> None:
    """Write the page, whole; its links lead to the campaign's files from where it stands. Raises OSError."""
    files = os.path.relpath(account.folder.resolve(), path.parent.resolve())
    new = path.with_name(f".{path.name}.new")
    new.write_text(render(account, files), encoding="utf-8")
    new.replace(path)


def render(account: Account, files: str) -> str:
    """The page. files: the campaign's folder, as seen from the page."""
    record = account.record
    return _template().render(
        account=account,
        record=record,
        views=[finding_view(finding, account.folder) for finding in account.findings[:_MOST]],
        untold=max(len(account.findings) - _MOST, 0),
        command=shlex.join(record.command),
        findings=quote(f"{files}/{FINDINGS}"),
        events=coverage_view.events(record),
        operators=coverage_view.operators(record),
        not_reached=list(coverage_view.not_reached(record)),
        words=words,
        opened=_OPEN,
        style=template_file("report.css") + template_file("campaign.css", _PACKAGE),
        script=template_file("report.js"),
    )


@functools.cache
def _template() -> "Template":
    return environment(_PACKAGE).get_template("campaign.html.j2")
