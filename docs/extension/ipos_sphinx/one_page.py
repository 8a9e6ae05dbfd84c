"""Links of the page that has all pages in it, for printing."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_DOUBLE = re.compile(r'(href="#)document-[^"#]*#')


def mend_links(app: "Sphinx", _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Make `#document-page#section`, which Sphinx 9 writes there and no browser follows, `#section`."""
    if app.builder.name == "singlehtml":
        for name, text in context.items():
            if isinstance(text, str):
                context[name] = _DOUBLE.sub(r"\1", text)
