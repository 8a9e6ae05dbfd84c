"""The directives: each takes a name, and puts in its place what the sources say under it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from ipos_spec.exchanges import EXCHANGES
from ipos_spec.export.rst import sections
from ipos_spec.export.svg import svg
from ipos_spec.requirements import Requirement
from ipos_spec.sequence import exchange_svg
from ipos_spec.states import TABLES
from ipos_spec.states.diagram import svg as states_svg
from ipos_spec.states.listing import rst as states_rst
from ipos_spec.vectors import all_vectors
from sphinx.util.docutils import SphinxDirective

from ipos_sphinx import entries, keys, programs, python
from ipos_sphinx.sources import sources
from ipos_sphinx.verdicts import shown
from ipos_sphinx.walk import WalkError, walk_text


class Citations(nodes.General, nodes.Element):
    """Where the links to the sections that cite a requirement will stand; only the last page knows them all."""


class _Generated(SphinxDirective):
    """One that writes reStructuredText and has it read as if it stood on the page."""

    def parsed(self, lines: Iterable[str]) -> list[nodes.Node]:
        """The nodes of a text, sections included."""
        told: list[nodes.Node] = self.parse_text_to_nodes(
            "\n".join(lines) + "\n", offset=0, allow_section_headings=True
        )
        return told

    def unknown(self, kind: str, name: str, known: Iterable[str]) -> list[nodes.Node]:
        """A complaint in place of what should stand here."""
        message = f"no {kind} is called {name!r}; there are {', '.join(known)}"
        return [self.state.document.reporter.error(message, line=self.lineno)]

    def shows(self, kind: str, name: str, id_: str) -> None:
        """Say that this page is where links to a thing lead."""
        self.env.get_domain("ipos").note_shown(kind, name, id_)


class _OfName(_Generated):
    required_arguments = 1


class Schema(_OfName):
    """A packet or structure: its diagram and its fields."""

    def run(self) -> list[nodes.Node]:
        """A section."""
        name, pictures = self.arguments[0], svg(sources().protocol)
        if name not in pictures:
            return self.unknown("packet or structure", name, pictures)
        self.shows("schema", name, f"ipos-{name}")
        return _with_picture(self.parsed([sections(sources().protocol)[name]]), pictures[name])


class RouterTable(_OfName):
    """A table of FIG. 12."""

    def run(self) -> list[nodes.Node]:
        """A section."""
        name, known = self.arguments[0], [table.name for table in sources().protocol.tables]
        if name not in known:
            return self.unknown("table", name, known)
        self.shows("table", name, f"ipos-table-{name}")
        return self.parsed([sections(sources().protocol)[f"table-{name}"]])


class States(_OfName):
    """A state table: its diagram, what the states mean, and all rows."""

    def run(self) -> list[nodes.Node]:
        """What stands below a heading of the page."""
        name = self.arguments[0]
        if name not in TABLES:
            return self.unknown("state table", name, TABLES)
        self.shows("states", name, f"states-{name}")
        told = self.parsed([f".. _states-{name}:", "", states_rst(TABLES[name])])
        return [picture(states_svg(TABLES[name])), *told]


class Exchange(_OfName):
    """A sequence diagram."""

    def run(self) -> list[nodes.Node]:
        """The picture alone."""
        name = self.arguments[0]
        if name not in EXCHANGES:
            return self.unknown("exchange", name, EXCHANGES)
        self.shows("exchange", name, f"{name}-title")
        return [picture(exchange_svg(EXCHANGES[name]))]


class WalkThrough(_OfName):
    """The frame of a vector, decoded by hand."""

    def run(self) -> list[nodes.Node]:
        """Sections, below one of the page."""
        by_slug = {vector.slug: vector for vector in all_vectors()}
        name = self.arguments[0]
        if name not in by_slug:
            alike = [slug for slug in by_slug if slug.startswith(name.partition("/")[0])][:5]
            return self.unknown("vector", name, [*alike, "more"])
        try:
            return self.parsed(walk_text(by_slug[name], sources().protocol))
        except WalkError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]


class _OfRequirements(_Generated):
    required_arguments = 1
    optional_arguments = 100

    def run(self) -> list[nodes.Node]:
        """What `told` says of the requirements that the arguments mean."""
        try:
            return self.told(entries.chosen(self.arguments, sources()))
        except LookupError as error:
            return [self.state.document.reporter.error(error.args[0], line=self.lineno)]

    def told(self, chosen: list[Requirement]) -> list[nodes.Node]:
        """The nodes."""
        raise NotImplementedError


class Requirements(_OfRequirements):
    """Requirements in full, a section each."""

    def told(self, chosen: list[Requirement]) -> list[nodes.Node]:
        """Sections."""
        for entry in chosen:
            self.shows("req", entry.id, entries.anchor(entry.id))
        seen = shown(self.config)
        text = (line for entry in chosen for line in entries.entry_text(entry, sources(), seen))
        return _marked(self.parsed(text), "requirements")


class Sentences(_OfRequirements):
    """Requirements in short."""

    def told(self, chosen: list[Requirement]) -> list[nodes.Node]:
        """A block for each."""
        return self.parsed(entries.sentence_text(chosen))


class LastRun(_Generated):
    """Whose verdicts entries show."""

    def run(self) -> list[nodes.Node]:
        """A paragraph."""
        return self.parsed(entries.run_text(shown(self.config)))


class RequirementList(_Generated):
    """All requirements, a line each."""

    def run(self) -> list[nodes.Node]:
        """A table."""
        return _marked(self.parsed(entries.list_text(sources())), "requirement-list")


class NotObservable(_Generated):
    """What nobody sees from outside."""

    def run(self) -> list[nodes.Node]:
        """Two sections."""
        return _marked(self.parsed(entries.not_observable_text(sources())), "not-observable")


class BySource(_Generated):
    """Which requirements rest on figures, claims, RFCs and decisions."""

    def run(self) -> list[nodes.Node]:
        """Sections."""
        return _marked(self.parsed(entries.by_source_text(sources())), "by-source")


class Command(SphinxDirective):
    """A command of this project and what it prints: it is run whenever the pages are built."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """What a terminal would show."""
        line = " ".join(self.arguments[0].split())
        try:
            said = programs.output(line, Path(self.env.srcdir))
        except programs.CommandError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        shown = f"$ {line}\n{said.rstrip()}"
        return [nodes.literal_block(shown, shown, language="none")]


class Program(_OfName):
    """All commands of a program."""

    def run(self) -> list[nodes.Node]:
        """A section for each."""
        name = self.arguments[0]
        if name not in programs.PROGRAMS:
            return self.unknown("program", name, programs.PROGRAMS)
        return _marked(self.parsed(programs.reference_text(name)), "program")


class Keys(_OfName):
    """All keys of a document."""

    def run(self) -> list[nodes.Node]:
        """A section for each of its objects."""
        name = self.arguments[0]
        if name not in keys.DOCUMENTS:
            return self.unknown("document", name, keys.DOCUMENTS)
        return _marked(self.parsed(keys.keys_text(name)), "keys")


class PythonModule(_OfName):
    """The public names of a module; its option `names` says which, if not all of them, and may be empty."""

    option_spec: ClassVar = {"names": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A section for the module, and one in it for each name."""
        try:
            names = self.options["names"].split() if "names" in self.options else None
            text = list(python.python_text(self.arguments[0], names))
        except LookupError as error:
            return [self.state.document.reporter.error(error.args[0], line=self.lineno)]
        return _marked(self.parsed(text), "python-module")


class CitationsHere(SphinxDirective):
    """Where an entry wants the links back; written by `entries` alone."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """What `domain.fill_citations` replaces."""
        return [Citations("", requirement=self.arguments[0])]


class Folded(SphinxDirective):
    """A list behind a line that opens it; written by `entries` alone."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The list between the tags of an HTML disclosure."""
        opened = nodes.raw("", f"<details class='folded'><summary>{self.arguments[0]}</summary>", format="html")
        return [opened, *self.parse_content_to_nodes(), nodes.raw("", "</details>", format="html")]


def picture(drawing: str) -> nodes.Element:
    """An SVG as part of the page, so that it follows the page's colours; narrow windows scroll it."""
    framed = nodes.container(classes=["ipos-picture"])
    framed += nodes.raw("", drawing, format="html")
    return framed


def _with_picture(told: list[nodes.Node], drawing: str) -> list[nodes.Node]:
    """A section with the drawing behind its first paragraph."""
    section = next(node for node in told if isinstance(node, nodes.section))
    place = next(place for place, node in enumerate(section.children) if isinstance(node, nodes.paragraph))
    section.insert(place + 1, picture(drawing))
    return told


def _marked(told: list[nodes.Node], directive: str) -> list[nodes.Node]:
    """Nodes that know which directive they are from."""
    for node in told:
        if isinstance(node, nodes.Element):
            node["ipos-place"] = directive
    return told


def everything() -> Iterator[tuple[str, str]]:
    """All that documentation has to show, as kind and name."""
    found = sources()
    yield from (("req", id_) for id_ in found.requirements)
    yield from (("schema", name) for name in svg(found.protocol))
    yield from (("table", table.name) for table in found.protocol.tables)
    yield from (("states", name) for name in TABLES)
    yield from (("exchange", name) for name in EXCHANGES)


DIRECTIVES: dict[str, type[Directive]] = {
    "schema": Schema,
    "router-table": RouterTable,
    "states": States,
    "exchange": Exchange,
    "walk-through": WalkThrough,
    "requirements": Requirements,
    "sentences": Sentences,
    "last-run": LastRun,
    "requirement-list": RequirementList,
    "not-observable": NotObservable,
    "by-source": BySource,
    "command": Command,
    "program": Program,
    "keys": Keys,
    "python-module": PythonModule,
    "citations": CitationsHere,
    "folded": Folded,
}
"""By the names that pages call them by."""
