"""The page: one HTML file that loads nothing from outside, with or without what it shows within."""

import base64
import functools
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ipos_reference.lab import plan

if TYPE_CHECKING:
    from jinja2 import Template

_PACKAGE = "ipos_reference.lab.view"


def render(recorded: Mapping[str, Any] | None = None) -> str:
    """The whole page.

    recorded  all documents by their paths, for a page that stands alone; None for one that asks the server for them
    """
    return _template().render(
        recorded=recorded, style=_file("page.css"), script=_file("page.js"), policy=policy(), clients=plan.CLIENTS
    )


@functools.cache
def policy() -> str:
    """The Content-Security-Policy: this page's own script, its server's documents, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_file("page.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@functools.cache
def _file(name: str) -> str:
    return files(_PACKAGE).joinpath("templates", name).read_text(encoding="utf-8")


@functools.cache
def _template() -> "Template":
    # Here, because it takes as long to import as all the rest, and most commands make no page.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
