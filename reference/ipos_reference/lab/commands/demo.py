"""``lab demo``."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from ipos_spec.captures import CaptureError
from ipos_spec.cli.common import console

from ipos_reference.control.client import NoRouterError, RefusedError
from ipos_reference.lab import laboratory, servers
from ipos_reference.lab.commands.common import EXIT_CODES, Directory, app, place_of, refusals
from ipos_reference.lab.demo.performance import perform
from ipos_reference.lab.demo.showing import Showing
from ipos_reference.lab.demo.steps import STEPS
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import LabError, NoLabError, named
from ipos_reference.refusal import refuse


@app.command(
    epilog=f"Example: ipos-router lab demo\n\n{EXIT_CODES.replace(', 2 ', ', 1 a client got wrong octets, 2 ')}"
)
def demo(
    step: Annotated[
        list[int] | None, typer.Option(metavar="NUMBER", help="Play this step alone; may be given more than once.")
    ] = None,
    directory: Directory = None,
) -> None:
    """Show the protocol at work on real clients and servers, step by step, and check what every client gets.

    If no lab is up, and no directory of one is named, it makes one, and takes that down at its end.
    """
    if shutil.which("curl") is None:
        refuse("curl is not there, which the clients are; install curl")
    chosen = step or range(1, len(STEPS) + 1)
    if (unknown := next((number for number in chosen if not 0 < number <= len(STEPS)), None)) is not None:
        refuse(f"--step: found {unknown}; expected 1 to {len(STEPS)}")
    with refusals(), _lab(directory) as lab:
        try:
            wrong = perform(lab, Showing(console()), {number: STEPS[number - 1] for number in chosen})
        except (NoRouterError, RefusedError, CaptureError, OSError) as error:
            raise LabError(f"{error}; what is left of the lab: ipos-router lab status") from error
    if wrong:
        raise typer.Exit(1)


@contextmanager
def _lab(directory: Path | None) -> Iterator[Laboratory]:
    """The lab that is up, or one for this demonstration alone."""
    lab = _running(directory)
    if lab is not None:
        yield lab
        return
    place = named(Path(tempfile.mkdtemp(prefix="ipos-lab-")))
    try:
        lab = laboratory.up(place, servers.nginx(), stays=False)
        typer.echo(f"No lab is up: this one is made for the demonstration. Its web servers are {lab.web_server}.")
        yield lab
    finally:
        laboratory.down(place)


def _running(directory: Path | None) -> Laboratory | None:
    try:
        return laboratory.find(place_of(directory))
    except NoLabError:
        if directory is not None:
            raise
        return None
