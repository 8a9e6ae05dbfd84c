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
    .. requirement-list::               all of them, a line each
    .. not-observable::                 those that nobody sees from outside, each with the reason
    .. by-source::                      which of them rest on figures, claims, RFCs and decisions
    .. command:: ipos-spec show udp     a command with what it prints: it is run, in the folder of the pages
    .. program:: ipos-router            all commands of a program, a section each
    .. keys:: target                    all keys of a document, from its JSON Schema
    .. python-module:: ipos_spec.codec  the public names of a module, a section each, from their docstrings

Roles: ``req`` (:req:`ENC-7`), ``field`` (:field:`control-block.snd_una`), ``case`` (:case:`checksum/...`) and
``defect`` link to what they name. A name that is nobody's is a warning, for which a build with ``--fail-on-warning``
fails.

Before anything is read, `sources.contradictions` holds requirements, cases and defects against each other: what it
finds are warnings, too. With `ipos_complete` (the default), so is whatever no page shows.
Where `ipos_cases` names a list of cases (`listed`), so is every case that is gone or is not in it; where `ipos_fields`
names a list of fields (`listed_fields`), every field that is renamed.
Where `ipos_results` names a results.json, entries tell how their cases ended in that run.

`sources` says what the pages are made of, `entries`, `walk`, `programs`, `keys` and `python` write reStructuredText,
`captured` draws captures, `directives` and `domain` are what Sphinx sees.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ipos_spec.errors import SpecError
from sphinx.errors import SphinxError
from sphinx.util import logging

from ipos_sphinx import listed, listed_fields
from ipos_sphinx.domain import IposDomain, fill_citations, note_citations
from ipos_sphinx.one_page import IdsOfTheirPage, mend_links
from ipos_sphinx.sources import contradictions, sources
from ipos_sphinx.verdicts import run

if TYPE_CHECKING:
    from sphinx.application import Sphinx


_log = logging.getLogger(__name__)


def setup(app: "Sphinx") -> dict[str, object]:
    """Register everything. Sphinx calls it."""
    app.add_config_value("ipos_complete", default=True, rebuild="env", types=[bool])
    app.add_config_value("ipos_cases", default="", rebuild="env", types=[str])
    app.add_config_value("ipos_fields", default="", rebuild="env", types=[str])
    app.add_config_value("ipos_results", default="", rebuild="env", types=[str])
    app.add_domain(IposDomain)
    app.add_transform(IdsOfTheirPage)
    app.connect("builder-inited", _check)
    app.connect("doctree-read", note_citations)
    app.connect("doctree-resolved", fill_citations)
    app.connect("html-page-context", mend_links, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class SourcesError(SphinxError):
    """What the pages are made of can't be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.category = f"The pages can't be made: {message}"  # what Sphinx says first, above its own state


def _check(app: "Sphinx") -> None:
    try:
        found = contradictions(sources())
    except (SpecError, ImportError, AttributeError) as error:
        # A registry that breaks its own rules, or a case that names what the schemas no longer have.
        raise SourcesError(f"{type(error).__name__}: {error}") from error
    try:
        run(app.config.ipos_results)
    except (OSError, ValueError) as error:
        raise SourcesError(f"ipos_results: {error}") from error
    if app.config.ipos_cases:
        try:
            found += listed.differences(listed.read(Path(app.config.ipos_cases)), sources())
        except (OSError, ValueError) as error:
            raise SourcesError(f"ipos_cases: {error}") from error
    if app.config.ipos_fields:
        try:
            found += listed_fields.differences(listed_fields.read(Path(app.config.ipos_fields)), sources())
        except (OSError, ValueError) as error:
            raise SourcesError(f"ipos_fields: {error}") from error
    for contradiction in found:
        _log.warning(contradiction)
