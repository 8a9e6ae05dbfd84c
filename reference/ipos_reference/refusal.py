"""How a command ends that can't do what it was told."""

from typing import NoReturn

import typer

USAGE = 2
"""Exit code: not understood, or something that it needs is missing or wrong."""

NO_ROUTER = 3
"""Exit code: no router was reached."""


def refuse(message: str, code: int = USAGE) -> NoReturn:
    """End with one line on stderr."""
    typer.echo(f"ipos-router: {message}", err=True)
    raise typer.Exit(code)
