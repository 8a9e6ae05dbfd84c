"""What benchmarks came to, from the documents that `bench/results.py` writes: figures, bars and plots of each."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from ipos_spec.rst_text import escaped, list_table
from sphinx.util.docutils import SphinxDirective

from ipos_sphinx.directives import picture
from ipos_sphinx.plots import growth_svg, ratios_svg, short, unit

Document = Mapping[str, Any]
"""Of one benchmark; `bench/results.py` says what its parts mean."""

ENOUGH = 3
"""Runs that a bar has to hold in."""


FEWEST = 3
"""Rows of which ratios are drawn: two are seen in the table."""


class MeasuredError(Exception):
    """A file that is no results document."""


def read(file: Path) -> Document | None:
    """A benchmark's results; None where there are none. Raises MeasuredError."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MeasuredError(f"{file.name} can't be read: {error}") from error
    wanted = ("subject", "date", "machine", "versions", "tables", "growths", "bars")
    missing = [key for key in wanted if not isinstance(document, dict) or key not in document]
    if missing:
        raise MeasuredError(f"{file.name} has no {', '.join(missing)}; expected what bench/results.py writes")
    return cast("Document", document)


def facts_text(document: Document, again: str) -> Iterator[str]:
    """When, where, with which versions, and how to do it again."""
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    yield from (
        f":Measured: {document['date']} on {escaped(document['machine'])}",
        f":Versions: {escaped(versions)}",
        f":Again: ``{again}``",
        "",
    )


def missing_text(again: str) -> Iterator[str]:
    """In place of figures that nobody has taken."""
    yield from (":Measured: not yet: there are no figures of this", f":To do it: ``{again}``", "")


def bars_text(document: Document) -> Iterator[str]:
    """What was promised, and whether it held, run by run."""
    rows = [
        (
            escaped(bar["says"]),
            f"{'at least' if bar['at_least'] else 'at most'} {short(bar['bound'])}",
            ", ".join(short(value) for value in bar["values"]),
            _verdict(bar),
        )
        for bar in document["bars"]
    ]
    if rows:
        yield from (*list_table(("Bar", "Bound", "Runs, newest last", "Holds"), (46, 16, 24, 14), rows), "")


def table_text(table: Document) -> Iterator[str]:
    """The figures of contestants."""
    told = {
        "": [escaped(row["name"]) for row in table["rows"]],
        f"Median, {escaped(unit(table['unit']))}": [short(row["median"]) for row in table["rows"]],
        "Quartiles": [" to ".join(map(short, row["quartiles"])) for row in table["rows"]],
        "99th percentile": ["" if row.get("p99") is None else short(row["p99"]) for row in table["rows"]],
        "Ratio": [short(row["ratio"]) for row in table["rows"]],
    }
    widths = dict(zip(told, (40, 17, 24, 17, 10), strict=True))
    columns = {heading: cells for heading, cells in told.items() if any(cells)}
    rows = zip(*columns.values(), strict=True)
    yield from (*list_table([*columns], [widths[heading] for heading in columns], rows, escaped(table["title"])), "")
    if table.get("base"):
        yield from (f"Ratios are to: {escaped(table['base'])}.", "")
    if table["told"]:
        yield from (escaped(table["told"]), "")


def growth_text(growth: Document) -> Iterator[str]:
    """The figures behind a plot, folded."""
    rows = [
        (escaped(name), *(short(value) for value in values), f"{growth['slopes'][name]:.2f}")
        for name, values in growth["series"].items()
    ]
    sizes = growth["sizes"]
    headings = ("", *(f"{size:,}" for size in sizes), "Slope")
    title = f"{growth['title']}, {unit(growth['unit'])}, by {growth['size']}"
    widths = (36, *(max(1, 52 // len(sizes)) for _ in sizes), 12)
    yield from (".. folded:: Its figures", "")
    yield from (f"   {line}".rstrip() for line in list_table(headings, widths, rows, escaped(title)))
    yield ""


def overview_text(documents: Mapping[str, Document | None]) -> Iterator[str]:
    """All benchmarks, a line each."""
    rows = []
    for subject, document in documents.items():
        if document is None:
            rows.append((f"``{subject}``", "not yet", "", ""))
            continue
        missed = [bar for bar in document["bars"] if not bar["holds"]]
        held = len(document["bars"]) - len(missed)
        said = "; ".join(escaped(bar["says"]) for bar in missed)
        rows.append((f"``{subject}``", document["date"], str(held) if document["bars"] else "has none", said))
    yield from (
        *list_table(("Benchmark", "Measured", "Bars that hold", "Bars that were missed"), (16, 14, 14, 56), rows),
        "",
    )


def _verdict(bar: Document) -> str:
    runs = len(bar["values"])
    if not bar["holds"]:
        bound = bar["bound"]
        missed = sum(value < bound if bar["at_least"] else value > bound for value in bar["values"])
        return f"**missed** in {missed} of {runs}"
    return "yes" if runs >= ENOUGH else f"yes, in {runs} of {runs}"


class Measured(SphinxDirective):
    """One benchmark, by its name; several names make a list of all of them, a line each.

    again  the command that makes its results, where it is not `nox -s bench -- NAME`
    """

    required_arguments = 1
    optional_arguments = 100
    option_spec: ClassVar = {"again": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Tables, plots, bars; or what is missing."""
        try:
            documents = {subject: self._document(subject) for subject in self.arguments}
        except MeasuredError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        if len(documents) > 1:
            return self._parsed(overview_text(documents))
        ((subject, document),) = documents.items()
        again = self.options.get("again", f"nox -s bench -- {subject}")
        if document is None:
            return self._parsed(missing_text(again))
        return [*self._parsed([*facts_text(document, again), *bars_text(document)]), *self._figures(subject, document)]

    def _document(self, subject: str) -> Document | None:
        """What is not there yet is noted, too: the page is made anew once it is."""
        file = Path(self.env.srcdir).parent / "bench" / "results" / f"{subject}.json"
        self.env.note_dependency(str(file))
        return read(file)

    def _figures(self, subject: str, document: Document) -> Iterator[nodes.Node]:
        for number, table in enumerate(document["tables"]):
            yield from self._parsed(table_text(table))
            if len(table["rows"]) >= FEWEST:
                yield picture(ratios_svg(table, f"measured-{subject}-table-{number}"))
        for number, growth in enumerate(document["growths"]):
            yield picture(growth_svg(growth, f"measured-{subject}-growth-{number}"))
            yield from self._parsed(growth_text(growth))

    def _parsed(self, lines: "Iterator[str] | list[str]") -> list[nodes.Node]:
        told: list[nodes.Node] = self.parse_text_to_nodes("\n".join(lines) + "\n")
        return told
