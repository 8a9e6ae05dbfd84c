"""`ipos-spec diff`: what changed between two registries of requirements, and which conformance cases that touches."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ipos_spec.cli.cases import NoSuiteError, cases_of_requirements
from ipos_spec.cli.common import Json, app, console, reason, refuse
from ipos_spec.errors import SpecError
from ipos_spec.requirement_changes import Change, Fate, Value, changes, words
from ipos_spec.requirements import Requirement, read_registry, registry

CHANGED = 1
_MARKS = {Fate.KEPT: ("", ""), Fate.REMOVED: ("[-", "-]"), Fate.ADDED: ("{+", "+}")}
_STYLES = {Fate.KEPT: "", Fate.REMOVED: "red", Fate.ADDED: "green"}


@app.command(
    epilog="Examples:\n\nipos-spec diff old-requirements.toml\n\n"
    "git show v1:spec/ipos_spec/requirements.toml | ipos-spec diff -\n\n"
    "ipos-spec diff old-requirements.toml new-requirements.toml --cases cases.json --json"
)
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A registry in TOML; - for standard input.")],
    new: Annotated[str | None, typer.Argument(metavar="NEW", help="Another; else the one of this package.")] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What `ipos-conformance list --json` prints; else the installed suite is asked."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what changed from one registry of requirements to another, and which conformance cases each change touches.

    Words that went stand in [- -], words that came in {+ +}. A revision that
    was not raised, or an id that was given up, is a warning.

    Exit codes are those of diff: 0 nothing changed, 1 something did, 2 trouble.
    """
    if old == new == "-":
        refuse("both registries from standard input, expected at most one")
    try:
        found = changes(_registry(old), registry() if new is None else _registry(new))
        if not found:
            typer.echo('{"changes": []}' if as_json else "", nl=as_json)
            return
        touched = _touched(cases)
    except SpecError as error:
        refuse(str(error))
    if as_json:
        typer.echo(json.dumps({"changes": [_as_json(change, touched) for change in found]}, indent=2))
    else:
        _tell(found, touched)
    raise typer.Exit(CHANGED)


def _registry(name: str) -> Mapping[str, Requirement]:
    if name == "-":
        octets, name = typer.get_binary_stream("stdin").read(), "standard input"
    else:
        try:
            octets = Path(name).read_bytes()
        except OSError as error:
            raise SpecError(f"{name} can't be read: {reason(error)}") from None
    try:
        return read_registry(octets.decode("utf-8"), name)
    except UnicodeDecodeError:
        raise SpecError(f"{name}: this is no text in UTF-8, expected a registry in TOML") from None


def _touched(file: Path | None) -> Mapping[str, list[str]] | None:
    """Cases by requirement; None, and a line on stderr, where there is no suite to ask."""
    try:
        return cases_of_requirements(file)
    except NoSuiteError as error:
        typer.echo(f"ipos-spec: which cases are touched is not told: {error}", err=True)
        return None


def _as_json(change: Change, touched: Mapping[str, list[str]] | None) -> dict[str, object]:
    return {
        "id": change.id,
        "kind": change.kind,
        "differences": {name: pair._asdict() for name, pair in change.differences.items()},
        "warning": change.warning,
        "cases": None if touched is None else touched.get(change.id, []),
    }


def _tell(found: Sequence[Change], touched: Mapping[str, list[str]] | None) -> None:
    out = console()
    for change in found:
        out.print(f"{change.id}  {change.kind}", style="bold")
        for name, pair in change.differences.items():
            _print(out, _marked(name, _text(pair.old), _text(pair.new)))
        if change.warning:
            _print(out, Text(f"Warning: {change.warning}", style="yellow"))
        if touched is not None:
            _print(out, Text(f"Cases: {_stems(touched.get(change.id, []))}"))
        out.print()
    summary = ", ".join(f"{count} {kind}" for kind, count in Counter(change.kind for change in found).items())
    count = "" if touched is None else f"; {sum(len(touched.get(change.id, [])) for change in found)} cases touched"
    out.print(f"{summary}{count}", style="bold")


def _print(out: Console, text: Text) -> None:
    out.print(Padding(text, (0, 0, 0, 2), expand=False))


def _marked(name: str, old: str, new: str) -> Text:
    text = Text(f"{name}:")
    for fate, run in words(old, new):
        opening, closing = _MARKS[fate]
        text.append(" ").append(f"{opening}{run}{closing}", style=_STYLES[fate])
    return text


def _text(value: Value | None) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return ", ".join(value)
    return str(value)


def _stems(cases: Sequence[str]) -> str:
    """Cases without their parameters, each with the number of its instances."""
    counts = Counter("/".join(case.split("/")[:2]) for case in cases)
    return ", ".join(f"{stem} ({count})" if count > 1 else stem for stem, count in counts.items()) or "none"
