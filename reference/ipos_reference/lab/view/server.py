"""Serves the page and its documents on loopback, to a browser of this machine and to nobody else."""

import json
import re
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ipos_reference.lab.view import documents, page
from ipos_reference.lab.view.values import Seen

ADDRESS = "127.0.0.1"

_IMPATIENCE = 10.0
"""Seconds after which a connection that says nothing is closed."""
_EXCHANGE, _FRAME = (re.compile(rf"/{what}/([0-9]{{1,12}})\.json") for what in ("exchange", "frame"))


class ViewServer(ThreadingHTTPServer):
    """The server. look: what is seen of the lab now; port: 0 for any that is free. Raises OSError where it is taken."""

    daemon_threads = True

    def __init__(self, look: Callable[[], Seen], port: int) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.look = look

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the midst of an answer is no trouble."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/"


def document(path: str, seen: Seen) -> dict[str, Any] | None:
    """What is to be found at a path; None if that is nothing (any more)."""
    if path == "/state.json":
        return documents.state(seen)
    if found := _EXCHANGE.fullmatch(path):
        return next((documents.exchange(one) for one in seen.exchanges if one.number == int(found[1])), None)
    if found := _FRAME.fullmatch(path):
        frames = (numbered for one in seen.exchanges for numbered in one.frames)
        return next((documents.frame(one) for one in frames if one.number == int(found[1])), None)
    return None


class _Handler(BaseHTTPRequestHandler):
    server: ViewServer
    timeout = _IMPATIENCE
    server_version, sys_version = "ipos-router", ""

    def do_GET(self) -> None:
        """Answer with the page, a document, or a line that says why not."""
        if not self._is_for_us():
            # Another name means that a page from elsewhere has its browser ask here (DNS rebinding).
            self._line(HTTPStatus.FORBIDDEN, f"Only {self.server.url} is served here.")
        elif self.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page.render())
        elif (found := document(self.path, self.server.look())) is not None:
            self._answer(HTTPStatus.OK, "application/json", json.dumps(found))
        else:
            self._line(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _refuse(self) -> None:
        self._line(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is served here.")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def _is_for_us(self) -> bool:
        return self.headers.get("Host") in {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}

    def _line(self, status: HTTPStatus, text: str) -> None:
        self._answer(status, "text/plain; charset=utf-8", f"{text}\n")

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        octets = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Content-Security-Policy", f"{page.policy()}; frame-ancestors 'none'")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(octets)

    def log_message(self, *_: object) -> None:
        """Say nothing: a page asks every second."""
