"""The web pages of the lab's servers. Each server has all of them, and each page says whose it is."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from random import Random

from ipos_reference.lab.plan import Server

DOWNLOADS = "downloads"
DOWNLOADS_RATE = 4 * 2**20
"""Octets a second: a download lasts two seconds, so that something can happen in the midst of it."""

PAGE, ACCOUNTS, PICTURE, LARGE = "/index.html", "/accounts/list.html", "/images/picture.svg", f"/{DOWNLOADS}/large"
_LARGE_SIZE = 8 * 2**20


@lru_cache(maxsize=8)
def pages(server: Server) -> Mapping[str, bytes]:
    """A server's pages by path."""
    name = f"server {server.number}"
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><text y="15">{name}</text></svg>\n'
    return {
        PAGE: f"<!doctype html><title>{name}</title><p>This is {name}.\n".encode(),
        ACCOUNTS: f"<!doctype html><title>{name}</title><p>The accounts, as {name} has them.\n".encode(),
        PICTURE: picture.encode(),
        # Without a pattern: nothing that is lost, doubled or exchanged leaves it as it is.
        LARGE: Random(server.number).randbytes(_LARGE_SIZE),  # noqa: S311 - no secret
    }


def write(server: Server, directory: Path) -> None:
    """Write a server's pages as files, for a web server."""
    for path, octets in pages(server).items():
        file = directory / path.removeprefix("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(octets)
