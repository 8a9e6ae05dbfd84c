"""The blocks of text in the pages' sources that a reader would type or copy."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from built_pages import ROOT

DOCS = ROOT / "docs"

_BEGINS = re.compile(r"^(?P<indent> *)(?:\.\. code-block:: (?P<language>\S+)|(?!\.\. ).*::)$")
_LITERAL = re.compile(r"``([^`]+)``", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block.

    page      its name, such as guides/farm
    line      of the source, from 1, on which it is announced
    language  "shell" for what stands behind `::`, else as the page says: python, toml, or text, which is what the
              command before it prints
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """What is typed, without comments: a command a line, unless a backslash continues it."""
        lines = re.sub(r"\s*\\\n\s*", " ", self.text).splitlines()
        return [command for line in lines if (command := re.sub(r"(^|\s+)#.*", "", line))]


def sources() -> Iterator[tuple[str, str]]:
    """Names and texts of all pages."""
    for file in sorted(DOCS.rglob("*.rst")):
        page = file.relative_to(DOCS).with_suffix("").as_posix()
        if page.partition("/")[0] not in ("build", "extension"):
            yield page, file.read_text(encoding="utf-8")


def blocks(page: str, text: str) -> Iterator[Block]:
    """All blocks of a page, in order."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        begins = _BEGINS.match(line)
        if begins is None:
            continue
        inner = []
        for each in lines[number:]:
            if each.strip() and len(each) - len(each.lstrip()) <= len(begins["indent"]):
                break
            inner.append(each)
        content = textwrap.dedent("\n".join(inner)).strip("\n")
        if content:
            yield Block(page, number, begins["language"] or "shell", content)


def literals(text: str) -> Iterator[str]:
    """What stands in double backquotes."""
    for match in _LITERAL.finditer(text):
        yield " ".join(match[1].split())
