"""``ipos-router tables``, ``counters``, ``metrics``, ``migrate`` and ``drain``: what an operator asks of a router."""

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
        readable=False,  # whoever may not open it is told so by `ask`, in one line
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]

_EVERY = 1.0
"""Seconds from one look to the next with ``--watch``."""

_LOOK_AGAIN = 0.2
"""Seconds from one look to the next while `drain` waits."""

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


@app.command(epilog=f"Example: ipos-router migrate 198.51.100.7:49152 192.0.2.2\n\n{_EXIT_CODES}")
def migrate(
    client: Annotated[str, typer.Argument(metavar="CLIENT:PORT", help="The client's address.", show_default=False)],
    server: Annotated[str, typer.Argument(metavar="SERVER", help="Address of the server.", show_default=False)],
    as_json: Json = False,
    socket: Socket = None,
) -> None:
    """Have a client's connection go to another server at its next request, whatever would be chosen for that.

    A connection moves between a whole answer and the next request (TGT-10).
    If the other server does not take it (TGT-2), it stays.
    """
    with _refusals():
        _print(ask(socket, {"ask": "migrate", "client": client, "server": server}), _left, as_json=as_json)


@app.command(
    epilog="Examples:\n\nipos-router drain\n\nipos-router drain --wait 60\n\nipos-router drain --undo\n\n"
    "Exit codes: 0 nothing is left, 1 something is, 2 not understood, 3 no router was reached."
)
def drain(
    undo: Annotated[bool, typer.Option("--undo", help="Take part again.")] = False,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Wait until nothing more can move, at most so long.")
    ] = 0.0,
    as_json: Json = False,
    socket: Socket = None,
) -> None:
    """Move everything movable away from this server, and report what is left.

    From now on other servers are chosen, whatever sessions and URLs say,
    no endpoint is taken over, and kept-open connections leave at their next request.
    The router goes on forwarding its clients' packets: it is its server that may then be stopped, not the router.
    """
    with _refusals():
        found = ask(socket, {"ask": "undrain" if undo else "drain"})
        give_up = time.monotonic() + wait
        while not undo and found["movable"] and time.monotonic() < give_up:
            time.sleep(_LOOK_AGAIN)
            found = ask(socket, {"ask": "left"})
    _print(found, _left, as_json=as_json)
    if found["total"] and not undo:
        raise typer.Exit(1)


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
    of_protocols = any(record["protocol"] for record in found["records"])
    shown = _plain(*(["protocol"] if of_protocols else []), *headings)
    for record in found["records"]:
        values = [printable(str(record[field.name])) for field in fields]
        shown.add_row(*([record["protocol"]] if of_protocols else []), *values)
    count = len(found["records"])
    return Group(Text(f"{described.title}: {count} record{'' if count == 1 else 's'}"), Text(), shown)


def _left(found: dict[str, Any]) -> RenderableType:
    state = "This router is being drained. " if found["draining"] else ""
    if not found["total"]:
        return Text(f"{state}No connection is here.")
    shown = _plain("Protocol", "Client", "Server", "What becomes of it")
    for one in found["connections"]:
        shown.add_row(one["protocol"], one["client"], one["server"], one["prospect"])
    more = found["total"] - len(found["connections"])
    counts = "; ".join(f"{what}: {count}" for what, count in found["counts"].items())
    end = [Text(f"and {more} more")] if more else []
    return Group(Text(f"{state}Connections here: {found['total']}; {counts}."), Text(), shown, *end)


def _counters(found: dict[str, Any]) -> RenderableType:
    shown = _plain("Count", "What")
    for way in ("received", "sent"):
        for lan, count in found[way].items():
            shown.add_row(str(count), f"frames {way}, {lan}")
    shown.add_row(str(found["not_sent"]), "frames not sent: an interface was down or had no room")
    for what, count in found["happenings"].items():
        if count:
            shown.add_row(str(count), what)
    for reason, count in found["discards"].items():
        shown.add_row(str(count), f"discarded, {reason}")
    return Group(Text(f"Up for {found['uptime_seconds']:.0f} s"), Text(), shown, Text(), _overview(found))


def _plain(*headings: str) -> Table:
    """Where the terminal is too narrow, values go on in the next line: half an address would be none."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(
            heading, overflow="fold", justify="right" if heading in ("Records", "Bound", "Count") else "left"
        )
    return table
