"""Links and ids, which are to be one's own: on the page that has all pages in it, for printing, and on any other."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_log = logging.getLogger(__name__)
_DOUBLE = re.compile(r'(href="#)document-[^"#]*#')


def mend_links(app: "Sphinx", page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Have links of the page for printing lead somewhere.

    Sphinx 9 writes `#document-page#section` there, which no browser follows, for `#section`; and it leads to the first
    page as to any other one, but gives only the others an anchor.
    """
    if app.builder.name == "singlehtml":
        for name, text in context.items():
            if isinstance(text, str):
                context[name] = _DOUBLE.sub(r"\1", text)
        if "body" in context:
            context["body"] = f'<span id="document-{page}"></span>{context["body"]}'


def check_links(app: "Sphinx", error: Exception | None) -> None:
    """Warn of links of the page for printing that lead nowhere, and of ids that two places have."""
    if app.builder.name == "singlehtml" and error is None:
        for fault in _faults(Path(app.outdir, f"{app.config.root_doc}.html").read_text(encoding="utf-8")):
            _log.warning("on the page for printing %s", fault)


class IdsOfTheirPage(SphinxTransform):
    """Puts a page's name before each id that is made of a heading: on one page, headings of several may be alike.

    What a page calls by a label of its own is called so by one page alone, and keeps its id.
    """

    default_priority = 840  # before the domains remember ids, and docutils resolves names to them (850)

    def apply(self, **_options: Any) -> None:
        """Rename in the whole page, links within it included."""
        if self.app.builder.name != "singlehtml":
            return
        kinds, ids = self.document.nametypes, self.document.nameids
        labels = {ids.get(name) for name, is_label in kinds.items() if is_label}
        page = nodes.make_id(self.env.current_document.docname)
        renamed = {id_: f"{page}-{id_}" for id_ in self.document.ids if id_ not in labels}
        self.document.ids.update({new: self.document.ids[old] for old, new in renamed.items()})
        ids.update({name: renamed.get(id_, id_) for name, id_ in ids.items()})
        for node in self.document.findall(nodes.Element):
            for key in ("ids", "backrefs"):
                if node.get(key):
                    node[key] = [renamed.get(id_, id_) for id_ in node[key]]
            if "refid" in node:
                node["refid"] = renamed.get(node["refid"], node["refid"])


class IdsOfTablesAlone(SphinxPostTransform):
    """Takes from the frame that Furo puts around a table the table's id, which it gives it too."""

    formats = ("html",)
    default_priority = 501  # Furo's frame is made at 500

    def run(self, **_options: Any) -> None:
        """Go through all frames."""
        for frame in self.document.findall(nodes.container):
            if "table-wrapper" in frame["classes"]:
                frame["ids"] = []


class _Anchors(HTMLParser):
    """The ids of a page, and where its own links within it lead."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.led_to: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name == "id" and value:
                self.ids[value] += 1
            if name == "href" and value and len(value) > 1 and value.startswith("#"):
                self.led_to[value[1:]] = None


def _faults(page: str) -> Iterator[str]:
    found = _Anchors()
    found.feed(page)
    yield from (f"{times} places have the id {id_!r}" for id_, times in found.ids.items() if times > 1)
    yield from (f"a link leads to {id_!r}, which is nowhere" for id_ in found.led_to if id_ not in found.ids)
