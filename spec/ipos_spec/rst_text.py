r"""Text and tables as reStructuredText, for whatever is written for Sphinx.

Requirements are written in the role `req` (:req:`ENC-7`), which the pages define: as a link to the requirement, or by
`.. role:: req`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from ipos_spec.wording import cited

_RFC = re.compile(r"\bRFC (\d+)(?: (\d+(?:\.\d+)*))?")


def list_table(
    headings: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]], title: str = ""
) -> Iterator[str]:
    """The lines of a ``list-table``; its cells are markup already, `prose` makes it of a text."""
    yield f".. list-table:: {title}".rstrip()
    yield from ("   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", "")
    for row in (headings, *rows):
        for number, cell in enumerate(row):
            yield f"   {' ' if number else '*'} - {cell}".rstrip()


def prose(text: str) -> str:
    """A text of the schemas, its requirements and RFCs as references."""
    return "".join(requirement(piece) if is_id else _with_rfcs(piece) for piece, is_id in cited(text))


def requirement(id_: str) -> str:
    """A requirement as a reference, by its id."""
    return f":req:`{id_}`"


def escaped(text: str) -> str:
    """A text that is nothing but text: no markup within, no list or comment at its begin."""
    first, blank, rest = text.partition(" ")
    return re.sub(r"([^\w\s]|_)", r"\\\1", first) + blank + re.sub(r"([\\*`_|:])", r"\\\1", rest)


def _with_rfcs(text: str) -> str:
    written, end = "", 0
    for match in _RFC.finditer(text):
        number, section = match.groups()
        place = f"#section-{section}" if section else ""
        link = f"`{match[0]} <https://www.rfc-editor.org/rfc/rfc{number}{place}>`__"
        written, end = f"{written}{escaped(text[end : match.start()])}{link}", match.end()
    return written + escaped(text[end:])
