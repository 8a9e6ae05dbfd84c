"""Commands that tell of a campaign that was: `report`, `show`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.finding import read
from ipos_fuzz.findings.store import find
from ipos_fuzz.reports import html
from ipos_fuzz.reports.account import PAGE
from ipos_fuzz.reports.account import read as read_account
from ipos_fuzz.reports.finding_view import DEFAULT_FOLDER, finding_view
from ipos_fuzz.reports.showing import show as show_finding
from ipos_fuzz.reports.summary import say_finding, say_summary

commands = typer.Typer()


@commands.command(
    epilog="Examples:\n\nipos-fuzz report\n\nipos-fuzz report night\n\nipos-fuzz report night --html night.html"
)
def report(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Of a campaign.")] = DEFAULT_FOLDER,
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Where the page is written.", show_default="report.html in FOLDER"),
    ] = None,
) -> None:
    """Tell again what a campaign has come to, and write its page, also of one that is under way or was broken off."""
    account = read_account(folder)
    page = html_file or folder / PAGE
    try:
        html.write(account, page)
    except OSError as error:
        raise FuzzError(
            f"{page}: {error.strerror}, expected a place that can be written; --html FILE names one"
        ) from error
    console = Console()
    for finding in account.findings:
        say_finding(console, finding)
    say_summary(console, account, page)


@commands.command(epilog="Examples:\n\nipos-fuzz show\n\nipos-fuzz show --results night")
def show(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FINDING]...", help="Folders of findings, or their names; all if none."),
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="Folder of the campaign.")] = DEFAULT_FOLDER,
) -> None:
    """Show findings frame by frame: octets and fields, what was changed in them, what came, how to see it again.

    In frames, [ ] and * mark what is not as usual, ! what a router discards the frame for.
    """
    console = Console()
    findings = [read(folder) for folder in find(results, names or [])]
    for number, finding in enumerate(findings):
        if number:
            console.print()
        show_finding(finding_view(finding, results), console)
