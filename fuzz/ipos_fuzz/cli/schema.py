"""`ipos-fuzz schema`: the formats of what a campaign writes, for other programs."""

from typing import Annotated

import typer

from ipos_fuzz.errors import FuzzError
from ipos_fuzz.schemas import SCHEMAS

commands = typer.Typer()


@commands.command(epilog="Examples:\n\nipos-fuzz schema finding\n\nipos-fuzz schema campaign")
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of: {', '.join(SCHEMAS)}.")],
) -> None:
    """Print the JSON Schema of finding.json or campaign.json."""
    if name not in SCHEMAS:
        raise FuzzError(f"no schema {name!r}, expected one of: {', '.join(SCHEMAS)}")
    typer.echo(SCHEMAS[name](), nl=False)
