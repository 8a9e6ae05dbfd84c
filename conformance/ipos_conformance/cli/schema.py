"""`ipos-conformance schema`: the formats of the suite's files, for editors and other programs."""

from typing import Annotated

import typer

from ipos_conformance.errors import SuiteError
from ipos_conformance.schemas import SCHEMAS

commands = typer.Typer()


@commands.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of: {', '.join(SCHEMAS)}.")],
) -> None:
    """Print the JSON Schema of a kind of file; `new` puts that of target files beside yours, where editors find it."""
    if name not in SCHEMAS:
        raise SuiteError(f"no schema {name!r}, expected one of: {', '.join(SCHEMAS)}")
    typer.echo(SCHEMAS[name](), nl=False)
