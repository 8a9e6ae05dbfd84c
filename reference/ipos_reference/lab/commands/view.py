"""``lab view``: a page that shows the lab as it lives."""

import contextlib
import errno
import signal
from pathlib import Path
from typing import Annotated

import typer

from ipos_reference.lab import laboratory
from ipos_reference.lab.commands.common import EXIT_CODES, Directory, app, place_of, refusals
from ipos_reference.lab.place import Place
from ipos_reference.lab.view import documents, page
from ipos_reference.lab.view.server import ADDRESS, ViewServer
from ipos_reference.lab.view.watching import Watch
from ipos_reference.refusal import refuse

_PORT = 8007


@app.command(
    epilog="Examples:\n\nipos-router lab view\n\nipos-router lab view --port 0\n\n"
    f"ipos-router lab view --output lab.html\n\n{EXIT_CODES}"
)
def view(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help=f"Of {ADDRESS}, where the page is served; 0 for any that is free.")
    ] = _PORT,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE.html", help="Write the page as it is now, for keeping, and end."),
    ] = None,
    directory: Directory = None,
) -> None:
    """Show the farm in a browser as it lives: FIG. 2A, the routers' tables, and the packets of the last exchanges.

    The page is served to this machine alone, until Ctrl-C.
    """
    place = place_of(directory)
    with refusals():
        laboratory.find(place)
    if output is not None:
        _write(place, output)
    else:
        _serve(place, port)


def _write(place: Place, output: Path) -> None:
    with Watch(place) as watch:
        text = page.render(documents.everything(watch.look()))
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"--output {output}: {error.strerror}; choose another place")
    typer.echo(f"{output}: the lab as it is now")


def _serve(place: Place, port: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Watch(place) as watch, _server(watch, port) as server:
        watch.look()  # a long capture takes a second or two to be read: before somebody waits for it
        typer.echo(f"{server.url} shows the lab in {place.directory}; Ctrl-C ends it.")
        server.serve_forever()


def _server(watch: Watch, port: int) -> ViewServer:
    try:
        return ViewServer(watch.look, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        refuse(f"--port {port}: {'somebody else serves there' if taken else error.strerror}; choose another, or 0")
