"""`ipos-conformance new`: a target file to begin with."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from ipos_conformance.errors import SuiteError
from ipos_conformance.schemas import SCHEMAS
from ipos_conformance.target import DEFAULT_TARGET

commands = typer.Typer()

_TARGETS = DEFAULT_TARGET.parent


@commands.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="TARGET.toml", help="File to write; the folder `site` comes beside.")],
) -> None:
    """Write a commented target file for a device on eth1 and eth2, and the content that its web server has to have.

    Example: [bold]ipos-conformance new my-router.toml[/]
    """
    if file.suffix != ".toml":  # `run` takes it for a selection of cases
        raise SuiteError(f"found {str(file)!r}, expected the name of a target file, which ends with .toml")
    site, schema = file.parent / "site", file.parent / "target.schema.json"
    try:
        for made in (file, site):
            if made.exists():
                raise SuiteError(f"{made} is there already; name another file, in another folder")
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_TARGETS / "template.toml", file)
        shutil.copytree(_TARGETS / "site", site)
        schema.write_text(SCHEMAS["target"](), encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"{error.filename}: {error.strerror}, expected a folder that can be written") from error
    typer.echo(f"{file}  fill in what is in capitals, and check the rest")
    typer.echo(f"{site}/  put these files onto the web server of your device")
    typer.echo(f"{schema}  lets editors complete and explain the keys")
    typer.echo(f"Then: ipos-conformance doctor {file} --fix")
