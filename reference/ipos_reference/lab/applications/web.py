"""A web server for where nginx is not installed: ``web.py DIRECTORY HOST PORT``, HTTP/1.1, downloads slowed down."""

import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO

from ipos_reference.lab.site import DOWNLOADS, DOWNLOADS_RATE

_PIECES_A_SECOND = 20


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file; a download at the rate that nginx has for it, too."""
        if not self.path.startswith(f"/{DOWNLOADS}/"):
            super().copyfile(source, outputfile)
            return
        _slowly(source, outputfile)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line for each request would be noise in the router's log."""


def _slowly(source: BinaryIO, out: BinaryIO) -> None:
    while piece := source.read(DOWNLOADS_RATE // _PIECES_A_SECOND):
        out.write(piece)
        time.sleep(1 / _PIECES_A_SECOND)  # a rate is a matter of the real clock


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main() -> None:
    """Serve until somebody ends the process."""
    directory, host, port = sys.argv[1:]
    _Server((host, int(port)), partial(_Handler, directory=directory)).serve_forever()


if __name__ == "__main__":
    main()
