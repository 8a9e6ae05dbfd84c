"""Captures of the lab (FIG. 2A), drawn: what real clients and servers said, beside what the specification expects."""

from pathlib import Path

from docutils import nodes
from ipos_reference.lab import plan
from ipos_spec import captures
from ipos_spec.sequence import conversations, sequence, svg
from sphinx.util.docutils import SphinxDirective

from ipos_sphinx.directives import picture


class CaptureDrawingError(Exception):
    """A file of which nothing can be drawn."""


def drawing(file: Path, title: str) -> str:
    """The one conversation of a capture as SVG; participants are called as the lab calls them.

    Raises CaptureDrawingError for a file that is missing, is no capture, or has not exactly one conversation in it.
    """
    try:
        with file.open("rb") as opened:
            talks = conversations(captures.read(opened))
    except (OSError, captures.CaptureError) as error:
        message = f"{file.name} can't be drawn: {error}"
        raise CaptureDrawingError(message) from error
    if len(talks) != 1:
        message = f"{file.name} has {len(talks)} conversations, expected one"
        raise CaptureDrawingError(message)
    return svg(sequence(talks[0], plan.names()), title, name=f"capture-{file.stem}")


class Capture(SphinxDirective):
    """A sequence diagram of a capture, whose file is named relative to the page."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The picture; the content is its title."""
        relative, absolute = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        try:
            drawn = drawing(Path(absolute), " ".join(self.content))
        except CaptureDrawingError as error:
            return [self.state.document.reporter.error(str(error), line=self.lineno)]
        return [picture(drawn)]
