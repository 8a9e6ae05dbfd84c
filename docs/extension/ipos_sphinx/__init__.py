"""A Sphinx extension that makes pages of the protocol as data: nothing of it is typed a second time.

Directives:

    .. schema:: control-block           a packet or structure of FIG. 11: diagram and field table, as a section
    .. router-table:: forward           a table of FIG. 12, as a section
    .. states:: target                  a state table: diagram, states, rows
    .. exchange:: migration             an exchange as a sequence diagram
    .. capture:: ../captures/migration.pcapng     a capture of the lab as a sequence diagram; the content is its title
    .. walk-through:: udp-connection/example      the frame of a vector, decoded octet by octet
    .. sentences:: ORG-1 ORG-2          requirements in short: level and sentence
    .. requirements:: ORG TCB-1         requirements in full, a section each; a group's name is all of it
    .. last-run::                       whose verdicts the entries of requirements show, and when they were found
    .. requirement-list::               all of them, a line each
    .. not-observable::                 those that nobody sees from outside, each with the reason
    .. by-source::                      which of them rest on figures, claims, RFCs and decisions
    .. command:: ipos-spec show udp     a command with what it prints: it is run, in the folder of the pages
    .. program:: ipos-router            all commands of a program, a section each
    .. keys:: target                    all keys of a document, from its JSON Schema
    .. measured:: codec                 what a benchmark came to: bars, figures, plots
    .. python-module:: ipos_spec.codec  the public names of a module, a section each, from their docstrings

Roles: ``req`` (:req:`ENC-7`), ``field`` (:field:`control-block.snd_una`), ``case`` (:case:`checksum/...`) and
``defect`` link to what they name. A name that is nobody's is a warning, for which a build with ``--fail-on-warning``
fails.

Before anything is read, `checks` holds what the pages are made of against itself: requirements, cases and defects
against each other (`sources.contradictions`), cases and fields against the lists of them that `ipos_cases` and
`ipos_fields` name (`listed`), the record of verdicts that `ipos_verdicts` names against the cases (`verdicts`). What
does not fit is a warning; where it is a field, or something that can't be read, the build ends there with a line for
each. With `ipos_complete` (the default), whatever no page shows is a warning, too.

Entries tell how their cases ended in the run of that record, or of a results.json that `ipos_results` names.

`sources` says what the pages are made of, `entries`, `walk`, `programs`, `keys` and `python` (with `signatures`) write
reStructuredText, `captured` draws captures, `measured` and `plots` benchmarks, `directives` and `domain` are what
Sphinx sees, `one_page` mends the page for printing. `python -m ipos_sphinx` writes the lists and the record.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ipos_sphinx import checks

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: "Sphinx") -> dict[str, object]:
    """Register everything. Sphinx calls it."""
    app.add_config_value("ipos_complete", default=True, rebuild="env", types=[bool])
    for name in ("ipos_cases", "ipos_fields", "ipos_verdicts", "ipos_results"):
        app.add_config_value(name, default="", rebuild="env", types=[str])
    with checks.in_a_line():
        checks.check_fields(app.config.ipos_fields)
        # Only now: none of these can be imported where a field is missing.
        from ipos_sphinx.domain import IposDomain, fill_citations, note_citations
        from ipos_sphinx.one_page import IdsOfTablesAlone, IdsOfTheirPage, check_links, mend_links

    app.config.html_static_path.append(str(Path(__file__).parent / "static"))
    app.add_css_file("print.css", media="print")
    app.add_domain(IposDomain)
    app.add_transform(IdsOfTheirPage)
    app.add_post_transform(IdsOfTablesAlone)
    app.connect("builder-inited", checks.check_all)
    app.connect("doctree-read", note_citations)
    app.connect("doctree-resolved", fill_citations)
    app.connect("html-page-context", mend_links, priority=900)
    app.connect("build-finished", check_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
