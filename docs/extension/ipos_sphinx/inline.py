"""Sentences of the registry, the suite and docstrings as reStructuredText."""

import re

from ipos_spec.rst_text import prose

_CODE = re.compile(r"(``?)([^`]+)\1")


def with_code(text: str) -> str:
    """A paragraph: what stands in backticks as code, requirements and RFCs as links."""
    written, end = "", 0
    for match in _CODE.finditer(text):
        written += f"{_plain(text[end : match.start()])}``{match[2]}``\\ "
        end = match.end()
    return written + _plain(text[end:])


def _plain(text: str) -> str:
    return prose(text) if text.strip() else text
