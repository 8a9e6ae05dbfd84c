"""`ipos-conformance list`."""

import json
from typing import Annotated, Any

import typer

from ipos_conformance.case import Case, all_cases
from ipos_conformance.selection import select

commands = typer.Typer()


@commands.command("list")
def list_cases(
    selections: Annotated[list[str] | None, typer.Argument(metavar="[SELECTION]...")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")] = False,
) -> None:
    """List cases with their requirement and what they show. Selections are as for `run`.

    Examples: [bold]ipos-conformance list TGT 'length/*'[/]; [bold]ipos-conformance list role:origin+level:SHOULD[/]
    """
    cases = select(all_cases(), selections or [])
    if as_json:
        typer.echo(json.dumps([_as_json(case) for case in cases], indent=2))
        return
    # No table: a case id is there to be copied, so it must not be cut or broken.
    for case in cases:
        typer.echo(f"{case.requirement.id:<7} {case.level:<10} {case.id}  {case.sentence}")


def _as_json(case: Case) -> dict[str, Any]:
    entry = case.requirement
    return {
        "id": case.id,
        "requirement": entry.id,
        "role": entry.role,
        "level": case.level,
        "tags": list(case.tags),
        "sentence": case.sentence,
    }
