"""What the lab's commands share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ipos_reference.lab.place import DIRECTORY_VARIABLE, LabError, NoLabError, Place, named, usual_directory
from ipos_reference.refusal import NO_ROUTER, refuse

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    help="The farm of FIG. 2A on this machine: clients behind two ISPs, two edge routers, three servers with a router "
    "each, in network namespaces of their own.",
)

Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        metavar="DIR",
        envvar=DIRECTORY_VARIABLE,
        help="Where the lab keeps its files; else ipos-lab under $XDG_RUNTIME_DIR, /run or /tmp.",
        show_default=False,
    ),
]
EXIT_CODES = "Exit codes: 0 all well, 2 not understood or something is missing, 3 no lab is up."


def place_of(directory: Path | None) -> Place:
    """The lab's place: that which was named, or the usual one."""
    return named(directory or usual_directory(os.environ))


@contextmanager
def refusals() -> Iterator[None]:
    """Have a LabError end the command with one line."""
    try:
        yield
    except NoLabError as error:
        refuse(str(error), NO_ROUTER)
    except LabError as error:
        refuse(str(error))
