"""Links of the page that has all pages in it, for printing."""

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_DOUBLE = re.compile(r'(href="#)document-[^"#]*#')


def mend_links(app: "Sphinx", _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Make `#document-page#section`, which Sphinx 9 writes there and no browser follows, `#section`."""
    if app.builder.name == "singlehtml":
        for name, text in context.items():
            if isinstance(text, str):
                context[name] = _DOUBLE.sub(r"\1", text)


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
