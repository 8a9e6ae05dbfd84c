"""`ipos-spec requirements`: who must do what."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from ipos_spec.cli.common import Json, app, console, refuse
from ipos_spec.requirements import LEVELS, ROLES, Requirement, registry


@app.command(
    epilog="Examples:\n\nipos-spec requirements ENC-7\n\nipos-spec requirements TGT ORG --level MUST\n\n"
    "ipos-spec requirements --role origin --json"
)
def requirements(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, or how they begin; else all.")] = None,
    level: Annotated[str | None, typer.Option(metavar="LEVEL", help=f"Only these: {', '.join(LEVELS)}.")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=f"Only these: {', '.join(ROLES)}.")] = None,
    as_json: Json = False,
) -> None:
    """Tell the normative statements: id, level, who has to do it, the sentence, and what it rests on."""
    level, role = level and level.upper(), role and role.lower()
    if level not in (None, *LEVELS):
        refuse(f"level {level!r} is not one of {', '.join(LEVELS)}")
    if role not in (None, *ROLES):
        refuse(f"role {role!r} is not one of {', '.join(ROLES)}")
    named = _named(slugs) if slugs else registry().values()
    entries = [entry for entry in named if level in (None, entry.level) and role in (None, entry.role)]
    if not entries:
        refuse("no requirement has this level and role")
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    out = console()
    for entry in entries:
        out.print(f"{entry.id}  {entry.level}  {entry.role}  [{'; '.join(entry.source)}]", style="bold")
        out.print(entry.sentence)
        if entry.note:
            out.print(f"Note: {entry.note}")
        out.print()


def _named(slugs: Iterable[str]) -> Iterable[Requirement]:
    wanted = [slug.upper() for slug in slugs]
    for slug in wanted:
        if not any(_matches(known, slug) for known in registry()):
            refuse(f"no requirement is called {slug!r} or begins so; `ipos-spec requirements` tells all")
    return (entry for known, entry in registry().items() if any(_matches(known, slug) for slug in wanted))


def _matches(known: str, wanted: str) -> bool:
    """ENC-1 is one requirement, not also ENC-10; ENC and ENC- are a group."""
    return known == wanted or ("-" not in wanted.rstrip("-") and known.startswith(wanted))
