"""`ipos-spec vectors`: worked examples."""

import json

import typer

from ipos_spec import vectors
from ipos_spec.cli.common import Json, app


@app.command("vectors", epilog="Examples:\n\nipos-spec vectors\n\nipos-spec vectors --json")
def print_vectors(as_json: Json = False) -> None:
    """Give one worked example of each packet of FIG. 11E-11I, in hexadecimal."""
    if as_json:
        typer.echo(json.dumps({name: frame.hex() for name, frame in vectors.FRAMES.items()}, indent=2))
        return
    for name, frame in vectors.FRAMES.items():
        typer.echo(f"{name:<16} {frame.hex()}")
