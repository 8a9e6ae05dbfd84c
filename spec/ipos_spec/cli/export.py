"""`ipos-spec export`: the protocol for other programs and languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ipos_spec.cli.common import app, meant, reason, refuse
from ipos_spec.description import describe
from ipos_spec.export import FORMATS

_LIST = "\n\n".join(f"{name}: {kind.help}" for name, kind in FORMATS.items())


@app.command(
    "export",
    epilog="Formats:\n\n" + _LIST + "\n\nExamples:\n\nipos-spec export json -o ipos.json\n\nipos-spec export json\n\n"
    "ipos-spec export svg --only tcp-connection -o tcp-connection.svg",
)
def export_format(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="One of those below.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write it, a folder for several files; else standard output.",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a format of several files, the one of this name.")
    ] = None,
) -> None:
    """Write the protocol down in another language, made from the same schemas as everything here."""
    name = meant(FORMATS, name) or refuse(f"format {name!r} is not one of {', '.join(FORMATS)}")
    rendered = FORMATS[name].render(describe())
    if isinstance(rendered, str) and only is not None:
        refuse(f"{name} is one file, expected no --only")
    text = rendered if isinstance(rendered, str) or only is None else _one_of(name, rendered, only)
    if isinstance(text, str):
        _write(output, text)
    elif output is None:
        refuse(f"{name} is {len(text)} files, expected -o FOLDER or --only NAME: {', '.join(text)}")
    else:
        _write_all(output, text, FORMATS[name].suffix)


def _one_of(name: str, texts: Mapping[str, str], only: str) -> str:
    return texts[meant(texts, only) or refuse(f"{name} has no {only!r}, expected one of {', '.join(texts)}")]


def _write(file: Path | None, text: str) -> None:
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"{file} can't be written: {reason(error)}")


def _write_all(folder: Path, texts: Mapping[str, str], suffix: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"{folder} is no folder and can't be made one: {reason(error)}")
    for name, text in texts.items():
        _write(folder / f"{name}{suffix}", text)
