"""The domain `ipos`: what roles resolve to, who cites which requirement, and what no page shows."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

from ipos_sphinx import directives
from ipos_sphinx.captured import Capture
from ipos_sphinx.measured import Measured
from ipos_sphinx.sources import sources

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

_log = logging.getLogger(__name__)

_OWN_PLACES = ("requirement-list", "not-observable", "by-source", "requirements", "keys", "program", "python-module")
"""Directives whose references are no citations: they name every requirement there is, or one as an example."""


class Level(SphinxRole):
    """An RFC 2119 word."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The word, with classes for its looks."""
        return [nodes.strong(self.text, self.text, classes=["level", self.text.split()[0].lower()])], []


class IposDomain(Domain):
    """Requirements, fields, cases and defects as objects that pages can refer to.

    Of the data, `shown` says which page shows a thing: ("req", "ENC-7") -> (page, anchor); `cited` who refers to a
    requirement: its id -> (page, anchor, title of the section).
    """

    name = "ipos"
    label = "ipOS"
    object_types: ClassVar = {"requirement": ObjType("requirement", "req")}
    roles: ClassVar = {
        "req": XRefRole(innernodeclass=nodes.inline, warn_dangling=True),
        "field": XRefRole(warn_dangling=True),
        "case": XRefRole(warn_dangling=True),
        "defect": XRefRole(warn_dangling=True),
        "level": Level(),
    }
    directives: ClassVar = {**directives.DIRECTIVES, "capture": Capture, "measured": Measured}
    initial_data: ClassVar[dict[str, Any]] = {"shown": {}, "cited": {}}
    dangling_warnings: ClassVar = {
        "req": "no requirement '%(target)s' in the registry",
        "field": "no field '%(target)s' in the schemas",
        "case": "no case '%(target)s' in the suite",
        "defect": "no defect '%(target)s' is planted",
    }

    def note_shown(self, kind: str, name: str, id_: str) -> None:
        """Say that the page that is being read shows something."""
        self.data["shown"][kind, name] = (self.env.current_document.docname, id_)

    def clear_doc(self, docname: str) -> None:
        """Forget what a page says."""
        self.merge_domaindata([], {"shown": {}, "cited": {}}, without=docname)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any], without: str = "") -> None:
        """Take what another process has read."""
        shown = {**self.data["shown"], **{k: v for k, v in otherdata["shown"].items() if v[0] in docnames}}
        self.data["shown"] = {name: place for name, place in shown.items() if place[0] != without}
        cited: dict[str, list[tuple[str, str, str]]] = {}
        for data, pages in ((self.data, None), (otherdata, docnames)):
            for id_, places in data["cited"].items():
                kept = [place for place in places if place[0] != without and (pages is None or place[0] in pages)]
                cited.setdefault(id_, []).extend(kept)
        self.data["cited"] = cited

    def resolve_xref(
        self,
        env: "BuildEnvironment",
        fromdocname: str,
        builder: "Builder",
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """A link to what is named; what exists, but on none of these pages, stays without a link. None: not there."""
        del env, node
        known = _place_of(typ, target)
        if known is None:
            return None
        if known not in self.data["shown"]:
            return contnode
        docname, id_ = self.data["shown"][known]
        return make_refnode(builder, fromdocname, docname, id_, contnode, target)

    def resolve_any_xref(self, *_arguments: Any) -> list[tuple[str, nodes.reference]]:
        """Nothing: `any` is not used here."""
        return []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Requirements, for the search."""
        for (kind, name), (docname, id_) in self.data["shown"].items():
            if kind == "req":
                yield name, name, "requirement", docname, id_, 1

    def check_consistency(self) -> None:
        """Warn of whatever no page shows."""
        if self.env.config.ipos_complete:
            for kind, name in directives.everything():
                if (kind, name) not in self.data["shown"]:
                    _log.warning("no page shows the %s %r", kind, name)


def _place_of(kind: str, target: str) -> tuple[str, str] | None:
    """The thing whose section tells of the target; None if there is no such target."""
    found = sources()
    if kind == "req":
        return ("req", target) if target in found.requirements else None
    if kind == "field":
        return ("schema", target.partition(".")[0]) if target in set(found.fields()) else None
    named = {one.id: one for one in found.cases} if kind == "case" else {one.name: one for one in found.defects}
    return ("req", named[target].requirement) if target in named else None


def note_citations(app: "Sphinx", doctree: nodes.document) -> None:
    """Remember which sections of a page refer to requirements, so that entries can link back."""
    cited = app.env.get_domain("ipos").data["cited"]
    docname = app.env.current_document.docname
    for reference in doctree.findall(addnodes.pending_xref):
        if reference.get("refdomain") != "ipos" or reference["reftype"] != "req" or _in_own_place(reference):
            continue
        section = _section(reference)
        if section is not None:
            place = (docname, section["ids"][0], section[0].astext())
            places = cited.setdefault(reference["reftarget"], [])
            if place not in places:
                places.append(place)


def fill_citations(app: "Sphinx", doctree: nodes.document, docname: str) -> None:
    """Put links back to the citing sections where entries want them; an entry that nobody cites goes without."""
    cited = app.env.get_domain("ipos").data["cited"]
    for wanted in list(doctree.findall(directives.Citations)):
        places = sorted(cited.get(wanted["requirement"], ()))
        if not places:
            field = wanted.parent.parent
            field.parent.remove(field)
            continue
        paragraph = nodes.paragraph()
        for number, (page, id_, title) in enumerate(places):
            chapter = app.env.titles[page].astext()
            said = title if chapter == title else f"{chapter}: {title}"
            paragraph += [nodes.Text(", " if number else "")]
            paragraph += make_refnode(app.builder, docname, page, id_, nodes.inline(said, said))
        wanted.replace_self(paragraph)


def _section(node: nodes.Node) -> nodes.section | None:
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return node


def _in_own_place(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, nodes.Element) and node.get("ipos-place") in _OWN_PLACES:
            return True
        node = node.parent
    return False
