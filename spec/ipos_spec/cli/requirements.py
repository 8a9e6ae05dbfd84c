"""`ipos-spec requirements`: who must do what, and how far it is judged."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from ipos_spec.cli.common import Json, app, console, meant, refuse
from ipos_spec.requirements import DISPOSITIONS, LEVELS, ROLES, Requirement, registry


@app.command(
    epilog="Examples:\n\nipos-spec requirements ENC-7\n\nipos-spec requirements TGT ORG --level must\n\n"
    "ipos-spec requirements --disposition not-observable\n\nipos-spec requirements --json"
)
def requirements(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, or how they begin; else all.")] = None,
    level: Annotated[str | None, typer.Option(metavar="LEVEL", help=f"Only these: {', '.join(LEVELS)}.")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=f"Only these: {', '.join(ROLES)}.")] = None,
    disposition: Annotated[
        str | None, typer.Option(metavar="DISPOSITION", help=f"Only these: {', '.join(DISPOSITIONS)}.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell the normative statements: id, level, who has to do it, the sentence, and what it rests on.

    Then how it shows from outside, and whether a case of the conformance
    suite judges it. Of names in several words, hyphens may join them.
    """
    wanted = {
        "level": _one_of("level", LEVELS, level),
        "role": _one_of("role", ROLES, role),
        "disposition": _one_of("disposition", DISPOSITIONS, disposition),
    }
    named = _named(slugs) if slugs else registry().values()
    entries = [entry for entry in named if all(value in (None, getattr(entry, key)) for key, value in wanted.items())]
    if not entries:
        refuse(f"no requirement has this {' and '.join(key for key, value in wanted.items() if value)}")
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        _tell(entry)


def _tell(entry: Requirement) -> None:
    out = console()
    out.print(f"{entry.id}  {entry.level}  {entry.role}  [{'; '.join(entry.source)}]", style="bold")
    out.print(entry.sentence)
    if entry.note:
        out.print(f"Note: {entry.note}")
    out.print(f"Observed: {entry.observed}")
    disposition = f"{entry.disposition[0].upper()}{entry.disposition[1:]}"
    out.print(f"{disposition}: {entry.reason}" if entry.reason else f"{disposition}.")
    links = f"; see also {', '.join(entry.links)}" if entry.links else ""
    out.print(f"Revision {entry.revision}{links}.")
    out.print()


def _one_of(key: str, names: tuple[str, ...], text: str | None) -> str | None:
    if text is None:
        return None
    return meant(names, text) or refuse(f"{key} {text!r} is not one of {', '.join(names)}")


def _named(slugs: Iterable[str]) -> Iterable[Requirement]:
    wanted = [slug.upper() for slug in slugs]
    for slug in wanted:
        if not any(_matches(known, slug) for known in registry()):
            refuse(f"no requirement is called {slug!r} or begins so; `ipos-spec requirements` tells all")
    return (entry for known, entry in registry().items() if any(_matches(known, slug) for slug in wanted))


def _matches(known: str, wanted: str) -> bool:
    """ENC-1 is one requirement, not also ENC-10; ENC and ENC- are a group."""
    return known == wanted or ("-" not in wanted.rstrip("-") and known.startswith(wanted))
