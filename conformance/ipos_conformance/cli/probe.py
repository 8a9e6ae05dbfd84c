"""`ipos-conformance probe`: fills in what a target claims, by what it is seen to do."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from ipos_conformance.errors import SuiteError
from ipos_conformance.runs.probing import Claim, probe, with_claims
from ipos_conformance.target import Target, read_target
from ipos_conformance.verdicts import ExitCode

commands = typer.Typer()


@commands.command("probe")
def probe_target(
    file: Annotated[Path, typer.Argument(metavar="TARGET.toml")],
    output: Annotated[
        Path | None, typer.Option(help="File to write, beside TARGET.toml; unless said, TARGET-probed.toml.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")] = False,
) -> None:
    """See which optional features a target has, and write a target file that claims them, with the evidence.

    What is claimed and absent fails in a run; what is not claimed is not applicable. So look through what it wrote, and
    claim what your device should have. Exit status: 0, or 3 if something could not be judged.

    Example: [bold]ipos-conformance probe my-router.toml[/]
    """
    target = read_target(file)
    written = output or file.with_name(f"{file.stem}-probed.toml")
    if written.parent.resolve() != file.parent.resolve():
        raise SuiteError(f"--output {written}: expected a file beside {file}, whose paths are relative to it")
    with TemporaryDirectory() as folder:
        claims = probe(target, Path(folder) / "target.log", force=force)
    _write(file, written, target, claims)
    for claim in claims:
        typer.echo(f"{claim.name:<21} {_value(claim):<6} {claim.evidence}")
    typer.echo(f"Written: {written}")
    raise typer.Exit(ExitCode.INCONCLUSIVE if any(claim.is_open for claim in claims) else ExitCode.CONFORMANT)


def _write(file: Path, written: Path, target: Target, claims: list[Claim]) -> None:
    try:
        text = with_claims(file.read_text(encoding="utf-8"), claims)
        written.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"{written}: {error.strerror}") from error
    try:
        again = read_target(written)
    except SuiteError as error:
        raise SuiteError(f"{error}; write its claims as a table [pics], so that they can be replaced") from error
    unlike = {"pics", "file"}
    if again.model_dump(exclude=unlike) != target.model_dump(exclude=unlike):
        raise SuiteError(f"{written}: says something else than {file} beside [pics]; write the claims there as a table")


def _value(claim: Claim) -> str:
    if isinstance(claim.value, bool):
        return "yes" if claim.value else "no"
    return ",".join(f"0x{one:02x}" for one in claim.value) or "none"
