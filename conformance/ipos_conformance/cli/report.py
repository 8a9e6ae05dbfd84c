"""`ipos-conformance report`: reports of a run that is over, made of its results file alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_conformance.errors import ResultsError, SuiteError
from ipos_conformance.findings.results import Results, read
from ipos_conformance.reports import bundle, captures, html, junit
from ipos_conformance.reports.terminal import print_results

commands = typer.Typer()

_DEFAULT = Path("ipos-results")


@commands.command()
def report(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER|results.json] | verify BUNDLE",
            help="A run's output folder or results file (default: ipos-results); or a bundle to be checked.",
        ),
    ] = None,
    html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page.")] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write it as JUnit XML.")] = None,
    captures_folder: Annotated[
        Path | None, typer.Option("--captures", metavar="FOLDER", help="Write a capture for each case with frames.")
    ] = None,
    bundle_file: Annotated[
        Path | None, typer.Option("--bundle", metavar="FILE", help="Write everything into one ZIP file with hashes.")
    ] = None,
) -> None:
    """Show a run that is over, or write reports of it.

    `report verify BUNDLE` checks a bundle's hashes and its results.

    Examples: [bold]ipos-conformance report[/]; [bold]ipos-conformance report run1 --html run1.html[/];
    [bold]ipos-conformance report verify run1.zip[/]
    """
    words = arguments or []
    if words[:1] == ["verify"]:
        _verify(words[1:])
        return
    if len(words) > 1:
        raise SuiteError(f"found {words[1]!r} behind {words[0]!r}, expected one folder or results file")
    source = Path(words[0]) if words else _DEFAULT
    results = read(source)
    folder = source if source.is_dir() else source.parent
    writers: list[tuple[Path | None, Callable[[Results, Path], object]]] = [
        (html_file, html.write),
        (junit_file, junit.write),
        (captures_folder, captures.write_all),
        (bundle_file, lambda found, file: bundle.write(found, folder, file)),
    ]
    if not any(path for path, _ in writers):
        print_results(results, Console())
    for path, write in writers:
        if path is not None:
            _write(write, results, path)


def _write(write: Callable[[Results, Path], object], results: Results, path: Path) -> None:
    try:
        write(results, path)
    except OSError as error:
        raise SuiteError(f"{error.filename or path}: {error.strerror}, expected a place that can be written") from error
    typer.echo(f"wrote {path}")


def _verify(words: list[str]) -> None:
    if len(words) != 1:
        raise ResultsError(f"report verify: found {len(words)} names, expected that of one bundle")
    manifest, results = bundle.verify(Path(words[0]))
    typer.echo(f"{words[0]}: {len(manifest.files)} files as the manifest says. {results.outcome.sentence}")
