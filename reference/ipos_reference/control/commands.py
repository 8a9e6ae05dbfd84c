"""``ipos-router tables``, ``counters`` and ``metrics``: what an operator asks a running router."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from ipos_spec.cli.common import console
from ipos_spec.cli.spelled import printable
from ipos_spec.description import describe
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ipos_reference.control.client import NoRouterError, RefusedError, ask, pages
from ipos_reference.refusal import NO_ROUTER, refuse

app = typer.Typer()

Socket = Annotated[
    Path | None,
    typer.Option(
        "--socket",
        metavar="PATH",
        envvar="IPOS_ROUTER_SOCKET",
        help="The router's control socket; else under $XDG_RUNTIME_DIR or /run.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]

_EVERY = 1.0
"""Seconds from one look to the next with ``--watch``."""

_EXIT_CODES = "Exit codes: 0 all well, 2 not understood, 3 no router was reached."


@app.command(
    epilog="Examples:\n\nipos-router tables\n\nipos-router tables local --watch\n\n"
    f"ipos-router tables forward-connect --json\n\n{_EXIT_CODES}"
)
def tables(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Of a table; without, all are listed.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until Ctrl-C.")] = False,
    as_json: Json = False,
    socket: Socket = None,
) -> None:
    """Show what stands in a running router's tables (FIG. 12)."""

    def look() -> dict[str, Any]:
        return ask(socket, {"ask": "tables"}) if name is None else _whole(socket, name)

    show = _overview if name is None else _records
    with _refusals():
        if not watch:
            _print(look(), show, as_json=as_json)
        elif as_json:
            _each_second(lambda: typer.echo(json.dumps(look())))
        else:
            with Live(console=console(), auto_refresh=False) as live:
                _each_second(lambda: live.update(show(look()), refresh=True))


@app.command(epilog=f"Examples:\n\nipos-router counters\n\nipos-router counters --json\n\n{_EXIT_CODES}")
def counters(as_json: Json = False, socket: Socket = None) -> None:
    """Show what a running router has counted: frames, and what was discarded for which reason."""
    with _refusals():
        _print(ask(socket, {"ask": "counters"}), _counters, as_json=as_json)


@app.command(epilog=f"Examples:\n\nipos-router metrics\n\nipos-router metrics --listen 127.0.0.1:9100\n\n{_EXIT_CODES}")
def metrics(
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Serve them over HTTP until Ctrl-C, in this process.")
    ] = None,
    socket: Socket = None,
) -> None:
    """Print a running router's counters as Prometheus metrics, or serve them."""
    # Imported here, since every other command would wait for an HTTP server that it has no use for.
    from prometheus_client import generate_latest, start_http_server

    from ipos_reference.control.exposition import registry

    request = {"ask": "counters"}
    if listen is None:
        with _refusals():
            answer = ask(socket, request)
        typer.echo(generate_latest(registry(lambda: answer)).decode(), nl=False)
        return
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        refuse(f"--listen: found {listen!r}; expected HOST:PORT, such as 127.0.0.1:9100")
    try:
        server, thread = start_http_server(int(port), host, registry(lambda: ask(socket, request)))
    except OSError as error:
        refuse(f"--listen {listen}: {error.strerror}; choose another address or port")
    typer.echo(f"http://{host}:{server.server_port}/metrics")
    with _until_interrupted():
        thread.join()


def _whole(socket: Path | None, name: str) -> dict[str, Any]:
    found = list(pages(socket, name))
    return {"table": name, "records": [record for page in found for record in page["records"]]}


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NoRouterError as error:
        refuse(str(error), NO_ROUTER)
    except RefusedError as error:
        refuse(str(error))


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit from None


def _each_second(look: Callable[[], None]) -> None:
    with _until_interrupted():
        while True:
            look()
            time.sleep(_EVERY)


def _print(found: dict[str, Any], show: Callable[[dict[str, Any]], RenderableType], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        console().print(show(found))


def _overview(found: dict[str, Any]) -> RenderableType:
    shown = _plain("Table", "Protocol", "Records", "Bound")
    for table in found["tables"]:
        shown.add_row(table["table"], table["protocol"] or "", str(table["records"]), str(table["bound"]))
    return shown


def _records(found: dict[str, Any]) -> RenderableType:
    (described,) = (table for table in describe().tables if table.name == found["table"])
    fields = described.record.fields
    headings = [f"{field.name} ({field.unit})" if field.unit else field.name for field in fields]
    shown = _plain("protocol", *headings)
    for record in found["records"]:
        shown.add_row(record["protocol"] or "", *(printable(str(record[field.name])) for field in fields))
    return Group(Text(f"{described.title}: {len(found['records'])} records"), Text(), shown)


def _counters(found: dict[str, Any]) -> RenderableType:
    shown = _plain("Count", "What")
    for way in ("received", "sent"):
        for lan, count in found[way].items():
            shown.add_row(str(count), f"frames {way}, {lan}")
    shown.add_row(str(found["not_sent"]), "frames not sent: an interface was down or had no room")
    for reason, count in found["discards"].items():
        shown.add_row(str(count), f"discarded, {reason}")
    return Group(Text(f"Up for {found['uptime_seconds']:.0f} s"), Text(), shown, Text(), _overview(found))


def _plain(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("Records", "Bound", "Count") else "left")
    return table
