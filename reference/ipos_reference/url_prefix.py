"""URL Map's prefixes: how one is written, and which ones a request begins with, longest first (section 10, 2)."""

import re
from collections.abc import Iterator

from ipos_spec.fields import fields
from ipos_spec.tables.records import UrlEntry

MAXIMUM: int = dict(fields(UrlEntry))["url"].format.maximum
"""Octets of an entry."""

_BOUNDARY = re.compile("/")


def normalised(url: str) -> str:
    """An entry as it is compared: its host, all before the first slash, in lower case."""
    host, slash, path = url.partition("/")
    return host.lower() + slash + path


def prefixes(host: str, path: str) -> Iterator[str]:
    """All entries that match a URL, best first.

    The entry with the longest path matches best; of two with one path, that which names the host. A prefix ends where
    a path segment does, with the slash behind it or without, so ``/a`` is no prefix of ``/ab``.
    """
    for end in _ends(path):
        if host:
            yield host + path[:end]
        yield path[:end]


def _ends(path: str) -> list[int]:
    """Where prefixes of a path end, longest first; what no entry is long enough for is left out."""
    slashes = (match.start() for match in _BOUNDARY.finditer(path, 0, MAXIMUM + 1))
    ends = {end for slash in slashes for end in (slash, slash + 1)} | {0, len(path)}
    return sorted((end for end in ends if end <= MAXIMUM), reverse=True)
