"""The asker's side of the control socket."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ipos_reference.control.place import candidates

PATIENCE = 5.0
"""Seconds that an answer may take."""


class NoRouterError(Exception):
    """No router was reached; the text is one line that says why and what to do."""


class RefusedError(Exception):
    """The router did not understand what it was asked; the text is its answer."""


def ask(path: Path | None, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the router whose control socket is at ``path``, or where it is if nobody says otherwise.

    Raises NoRouterError, RefusedError.
    """
    place = path or _usual()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(place))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
    except OSError as error:
        raise NoRouterError(_advice(place, error)) from error
    if not line.endswith(b"\n"):
        raise NoRouterError(_closed(place))
    return _understood(line, place)


def pages(path: Path | None, name: str) -> Iterator[dict[str, Any]]:
    """All pages of a table. What changes in between may be missed or come twice."""
    following: int | None = 0
    while following is not None:
        page = ask(path, {"ask": "table", "name": name, "from": following})
        following = page["next"]
        yield page


def _understood(line: bytes, place: Path) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NoRouterError(f"{place}: what answers there is no ipOS router")
    if "error" in answer:
        raise RefusedError(answer["error"])
    return answer


def _usual() -> Path:
    places = candidates(os.environ)
    return next((place for place in places if place.is_socket()), places[0])


def _closed(place: Path) -> str:
    return f"{place}: closed without an answer; a router answers only its owner and root"


def _advice(place: Path, error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return f"{place}: no control socket; run a router with a [control] table, or say where with --socket PATH"
        case BrokenPipeError() | ConnectionResetError():
            return _closed(place)
        case ConnectionRefusedError() if not place.is_socket():
            return f"{place}: found something that is no socket; expected a router's control socket"
        case ConnectionRefusedError():
            return f"{place}: the router that made this control socket is no longer running; start it again"
        case PermissionError():
            return f"{place}: permission denied; ask as the user who started the router, or as root"
        case TimeoutError():
            return f"{place}: no answer within {PATIENCE:.0f} s; is the router stopped (SIGSTOP)?"
    return f"{place}: {error.strerror or error}; expected a router's control socket"
