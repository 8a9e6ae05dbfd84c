"""`ipos-spec model`: the model made from the state tables, explored."""

import json
from typing import Annotated

import typer

from ipos_spec.cli.common import Json, app, meant, refuse
from ipos_spec.states.model import (
    LARGE,
    REMOVABLE,
    SCENARIOS,
    Exploration,
    Scenario,
    explore,
    removed,
    scenario,
    told,
)
from ipos_spec.states.model.scenarios import UnknownScenarioError
from ipos_spec.states.model.variations import UnknownVariationError

VIOLATED = 1


@app.command(
    epilog="Scenarios:\n\n"
    + "\n\n".join(f"{it.name}: {it.documentation}" for it in SCENARIOS.values())
    + f"\n\nLarge ones, minutes each: {', '.join(LARGE)}\n\n"
    "Examples:\n\nipos-spec model\n\nipos-spec model return --without FWD-4"
)
def model(
    name: Annotated[str | None, typer.Argument(metavar="SCENARIO", help="One of those below; else each.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=f"Leave a rule out: {', '.join(REMOVABLE)}.")
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="Each of the large ones, in place of the others.")] = False,
    as_json: Json = False,
) -> None:
    """Explore every order of events within small bounds; tell the shortest way to a broken property.

    The exit code is 1 where a property is broken.
    """
    if large and name is not None:
        refuse(f"--large explores each of the large ones; leave out either it or {name!r}")
    try:
        variations = removed([meant(REMOVABLE, rule) or rule for rule in without or ()])
        known = (*SCENARIOS, *LARGE)
        chosen = (
            list((LARGE if large else SCENARIOS).values()) if name is None else [scenario(meant(known, name) or name)]
        )
    except (UnknownScenarioError, UnknownVariationError) as error:
        refuse(str(error))
    explored = []
    for each in chosen:
        exploration = explore(each.bounds, variations)
        explored.append(_plain(each, exploration))
        if not as_json:
            _tell(each, exploration)
    if as_json:
        typer.echo(json.dumps(explored, indent=2))
    if any(it["violation"] for it in explored):
        raise typer.Exit(VIOLATED)


def _plain(each: Scenario, exploration: Exploration) -> dict[str, object]:
    return {
        "scenario": each.name,
        "states": exploration.states,
        "transitions": exploration.transitions,
        "depth": exploration.depth,
        "violation": exploration.violation and exploration.violation.name,
        "story": told(exploration),
    }


def _tell(each: Scenario, exploration: Exploration) -> None:
    figures = f"{exploration.states} states, {exploration.transitions} transitions, depth {exploration.depth}"
    outcome = "clean" if exploration.violation is None else f"broken: {exploration.violation.name}"
    typer.echo(f"{each.name}: {figures}, {outcome}")
    for line in told(exploration):
        typer.echo(line)
