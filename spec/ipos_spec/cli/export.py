"""`ipos-spec export`: the protocol for other programs and languages."""

from pathlib import Path
from typing import Annotated

import typer

from ipos_spec.cli.common import app, refuse
from ipos_spec.description import describe
from ipos_spec.export import FORMATS

_LIST = "\n\n".join(f"{name}: {kind.help}" for name, kind in FORMATS.items())


@app.command(
    "export",
    epilog="Formats:\n\n" + _LIST + "\n\nExamples:\n\nipos-spec export json -o ipos.json\n\nipos-spec export json",
)
def export_format(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="One of those below.")],
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; else standard output.")
    ] = None,
) -> None:
    """Write the protocol down in another language, made from the same schemas as everything here."""
    if name not in FORMATS:
        refuse(f"format {name!r} is not one of {', '.join(FORMATS)}")
    text = FORMATS[name].render(describe())
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"{file} can't be written: {error.strerror}")
