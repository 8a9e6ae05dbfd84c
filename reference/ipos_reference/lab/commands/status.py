"""``lab status`` and ``impair``: what there is, and what fails."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from ipos_spec.cli.common import console
from rich.table import Table

from ipos_reference.control.client import NoRouterError, RefusedError, ask
from ipos_reference.lab import laboratory, plan, trouble
from ipos_reference.lab.commands.common import EXIT_CODES, Directory, app, place_of, refusals
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import said
from ipos_reference.refusal import refuse

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]
Part = StrEnum("Part", {name: name for name in (*plan.LINES, *plan.BRIDGES)})  # type: ignore[misc]


@app.command(epilog=f"Examples:\n\nipos-router lab status\n\nipos-router lab status --json\n\n{EXIT_CODES}")
def status(directory: Directory = None, as_json: Json = False) -> None:
    """Show the farm: its hosts and addresses, its routers with what stands in their tables, and what fails."""
    with refusals():
        lab = laboratory.find(place_of(directory))
        found = _status(lab)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"{found['directory']}: web servers are {found['web_server']}")
    console().print(_hosts())
    console().print(_routers(found["routers"]))
    for line in found["said"]:
        typer.echo(f"The keeper says: {line}")
    _tell_trouble(found)


@app.command(
    epilog="Examples:\n\nipos-router lab impair isp-1 --cut\n\nipos-router lab impair isp-1 --mend\n\n"
    f"ipos-router lab impair second-lan --loss 1\n\nipos-router lab impair second-lan --loss 0\n\n{EXIT_CODES}"
)
def impair(
    part: Annotated[
        Part,
        typer.Argument(metavar="PART", help=f"A line: {', '.join(plan.LINES)}; or a LAN: {', '.join(plan.BRIDGES)}."),
    ],
    cut: Annotated[bool, typer.Option("--cut", help="Have a line to its edge router fail.")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="Have it work again.")] = False,
    loss: Annotated[
        float | None, typer.Option(metavar="PERCENT", min=0, max=100, help="Of frames that a LAN loses; 0 ends it.")
    ] = None,
    directory: Directory = None,
) -> None:
    """Have a part of the farm fail, or work again.

    Routes over a line that fails are gone until it works again: packets take the way over the other ISP.
    """
    if [cut, mend, loss is not None].count(True) != 1:
        refuse("expected one of --cut, --mend and --loss PERCENT")
    if (loss is not None) != (part.value in plan.BRIDGES):
        other = ("--loss, a LAN", plan.BRIDGES) if loss is not None else ("--cut and --mend, a line", plan.LINES)
        refuse(f"found {part.value!r}; expected, with {other[0]}: {', '.join(other[1])}")
    with refusals():
        lab = laboratory.find(place_of(directory))
        words = ("lose", part.value, str(loss)) if loss is not None else ("cut" if cut else "mend", part.value)
        found = trouble.ask(lab, *words)
    _tell_trouble(found)


def _status(lab: Laboratory) -> dict[str, Any]:
    return {
        "directory": str(lab.place.directory),
        "web_server": lab.web_server,
        "namespaces": lab.namespaces,
        "routers": {server.name: _router(lab, server.name) for server in plan.SERVERS},
        "said": said(lab.place),
        **trouble.ask(lab, "show"),
    }


def _router(lab: Laboratory, name: str) -> dict[str, Any]:
    try:
        control = lab.place.control(name)
        return {
            "tables": ask(control, {"ask": "tables"})["tables"],
            "draining": ask(control, {"ask": "left"})["draining"],
        }
    except (NoRouterError, RefusedError) as error:
        return {"problem": str(error)}


def _hosts() -> Table:
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Host", "Interface", "Address"):
        shown.add_column(heading, overflow="fold")
    for link in plan.LINKS:
        for end in (link.one, link.other):
            shown.add_row(end.namespace, end.name, end.address or f"port of the bridge {end.namespace}")
    for server in plan.SERVERS:
        shown.add_row(server.name, "its router's", f"{server.address}/24")
    return shown


def _routers(routers: dict[str, Any]) -> Table:
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Router", "Temporary", "Local", "Forward", "Forward-Connect", ""):
        shown.add_column(heading, overflow="fold")
    for name, found in routers.items():
        if "problem" in found:
            shown.add_row(name, "", "", "", "", found["problem"])
            continue
        counts = [
            sum(table["records"] for table in found["tables"] if table["table"] == wanted)
            for wanted in ("temporary", "local", "forward", "forward-connect")
        ]
        shown.add_row(name, *map(str, counts), "being drained" if found["draining"] else "")
    return shown


def _tell_trouble(found: dict[str, Any]) -> None:
    for line, works in found["lines"].items():
        if not works:
            typer.echo(f"The line from {line} to its edge router is cut.")
    for lan, percent in found["loss"].items():
        if percent:
            typer.echo(f"The {lan} loses {percent:g} % of all frames.")
    if all(found["lines"].values()) and not any(found["loss"].values()) and not found.get("said"):
        typer.echo("Nothing fails.")
