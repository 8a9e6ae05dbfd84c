"""What the lab's commands share."""

from pathlib import Path
from typing import Annotated

import typer

from ipos_reference.lab.place import DIRECTORY_VARIABLE

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
