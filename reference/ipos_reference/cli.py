"""The door ``ipos-router``.

Exit codes: 0 all well, 2 not understood or something that is needed is missing or wrong, 3 no router was reached; a
router that is ended while it starts: 128 and the signal's number.
"""

import errno
import json
import os
import random
import re
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ipos_reference import capture, configuration, explanation, privileges
from ipos_reference.applications import ApplicationError
from ipos_reference.capture import CapturingRouter
from ipos_reference.capture_file import DEFAULT_LIMIT, CaptureFileError, check_writable
from ipos_reference.choosing import choose
from ipos_reference.configuration import CaptureTable, Configuration, ConfigurationError, LanTable, report
from ipos_reference.configuration.report import counted
from ipos_reference.control import commands
from ipos_reference.control.answers import Desk
from ipos_reference.control.place import PlaceError, candidates, listening
from ipos_reference.control.server import ControlServer
from ipos_reference.descriptors import raise_limit
from ipos_reference.driver import Driver
from ipos_reference.event_log import EventLog, LogFormat, to_descriptor
from ipos_reference.garbage import collect_young_only
from ipos_reference.knowledge import Knowledge
from ipos_reference.lab import commands as lab
from ipos_reference.local_address import LocalAddress
from ipos_reference.machine import Machine
from ipos_reference.ports import Port, PortError
from ipos_reference.ports.impairment import ImpairedPort
from ipos_reference.ports.packet import PacketPort
from ipos_reference.ports.shared import halves
from ipos_reference.ports.tap import TapPort
from ipos_reference.privileges import PrivilegeError
from ipos_reference.record_text import told
from ipos_reference.refusal import refuse
from ipos_reference.request import read
from ipos_reference.router import Lan, Router
from ipos_reference.services import Services

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The ipOS reference router: hands live connections over to other servers' routers, and takes over theirs.",
)

File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="The router's configuration.", show_default=False)]
CaptureOption = Annotated[
    Path | None,
    typer.Option("--capture", metavar="FILE.pcapng", help="Keep all frames of both LANs, with what was done and why."),
]

app.add_typer(commands.app)
app.add_typer(lab.app)


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if show_version:
        typer.echo(f"ipos-router {version('ipos')}")
        raise typer.Exit


@app.command(epilog="Example: ipos-router check router.toml")
def check(file: File) -> None:
    """Read a configuration and say what is wrong with it, or what stands in the tables for choosing a server."""
    found = _read(file)
    settings = found.settings()
    if found.capture is not None:
        try:
            check_writable(Path(found.capture.file))
        except CaptureFileError as error:
            refuse(str(error))
    summary, *more = report.lines(found)
    typer.echo("\n".join([f"{file}: right. {summary}", *(f"  {line}" for line in more)]))
    for title, table in Knowledge.of(settings).tables():
        if len(table):
            typer.echo(f"{title}: {counted(table, 'record')} of at most {table.table.bound.records}")
            for heard in table:
                typer.echo(f"  {told(heard.record)}")


@app.command(epilog="Example: ipos-router explain GET /images/a.png --cookie ipos=7f3a router.toml")
def explain(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Of the request, such as GET.", show_default=False)],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What is asked for: /a/b.", show_default=False)],
    file: File,
    host: Annotated[str | None, typer.Option(help="Host that is asked; without, the router's address.")] = None,
    cookie: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="May be given more than once.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the server; without, the first that is configured.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")] = False,
) -> None:
    """Say which server would be chosen for a request, and why, by the tables that the configuration sets.

    The request is read as the router reads it:
    on a raw port, and where it is no HTTP request, it says nothing.
    """
    found = _read(file)
    settings = found.settings()
    asked = next(iter(settings.listeners), None) if port is None else port
    if asked is None or asked not in settings.listeners:
        served = ", ".join(str(one) for one in settings.listeners) or "none is configured, see [[listen]]"
        refuse(f"--port: found {asked}; expected a port that the router serves: {served}")
    if method != "CONNECT" and not re.match(r"/|\*$|https?://", target):
        refuse(f"TARGET: found {target!r}; expected a path such as /a/b, a whole URL, or *")
    for pair in cookie or []:
        if "=" not in pair:
            refuse(f"--cookie: found {pair!r}; expected NAME=VALUE, such as ipos=7f3a")
    fields = [("Host", host or found.router.address), *(("Cookie", pair) for pair in cookie or [])]
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
    request = read(settings.listeners[asked], os.fsencode("\r\n".join(lines)))
    decision = choose(request, asked, Knowledge.of(settings), now=0.0)
    if as_json:
        typer.echo(json.dumps(explanation.document(decision), indent=2))
    else:
        typer.echo("\n".join(explanation.sentences(decision)))


@app.command(
    epilog="Example: unshare --user --map-root-user --net sh -c 'ip link set lo up; exec ipos-router run router.toml'"
)
def run(
    file: File,
    capture_to: CaptureOption = None,
    log_format: Annotated[LogFormat, typer.Option(help="Of the log on stderr, one event a line.")] = LogFormat.TEXT,
) -> None:
    """Run a router until SIGINT or SIGTERM.

    Applications are started first, then the interfaces appear;
    once they do, the router answers.
    At the end nobody new is taken, live connections may finish for run.grace seconds, and the rest is reset;
    a second signal ends at once.
    """
    found = _read(file)
    if capture_to is not None:
        limit = found.capture.limit_mib if found.capture is not None else DEFAULT_LIMIT
        found = found.model_copy(update={"capture": CaptureTable(file=str(capture_to), limit_mib=limit)})
    try:
        _run(found, EventLog(log_format, to_descriptor(sys.stderr.fileno())))
    except (ApplicationError, CaptureFileError, PlaceError, PortError, PrivilegeError) as error:
        refuse(str(error))


def main() -> None:
    """Entry point of the console script."""
    app()


def _run(found: Configuration, log: EventLog) -> None:
    account = privileges.account(found.run.user) if found.run.user is not None else None
    release = version("ipos")  # while the modules that tell it can be read, whoever the router becomes
    _check_ways(served.address for served in found.applications().values())
    raise_limit()
    with ExitStack() as stack:
        router = _router(found, log, stack)
        selector = stack.enter_context(selectors.DefaultSelector())
        services = Services(router, found.applications(), selector, log=log, account=account)
        stack.callback(services.stop)
        _on_signals(_leave)  # the applications are in sessions of their own, nobody else would end them
        services.start()
        look = _look(found, router, services)
        driver = Driver(router, _ports(found), services, selector, look=look, log=log, grace=found.run.grace)
        stack.callback(driver.close)
        if found.control is not None:
            path = Path(found.control.socket) if found.control.socket else candidates(os.environ)[0]
            listener = stack.enter_context(listening(path))
            server = ControlServer(selector, listener, os.geteuid(), Desk(router, driver.traffic).answer)
            stack.callback(server.close)
        if account is not None:
            privileges.become(account)
        _on_signals(lambda *_: driver.stop())
        collect_young_only()
        log.note("started", address=found.router.address, version=release, process=os.getpid())
        driver.run()
        traffic = driver.traffic
        log.note("stopped", frames_not_sent=traffic.not_sent, datagrams_not_delivered=traffic.not_delivered)


def _router(found: Configuration, log: EventLog, stack: ExitStack) -> Router:
    settings, randomness = found.settings(), random.SystemRandom()
    if found.capture is None:
        return Router(settings, randomness)
    file = capture.open_file(
        Path(found.capture.file),
        settings,
        found.capture.limit_mib,
        on_failure=lambda line: log.note("capture-ended", why=line),
    )
    stack.callback(file.close)
    return CapturingRouter(settings, randomness, file)


def _look(found: Configuration, router: Router, services: Services) -> Callable[[float], None] | None:
    """How the router sees how busy its machine is.

    Not at all where the operator has said it; nor where servers do not tell each other, since real figures of this one
    beside the best that is assumed of the others would send everybody away.
    """
    if found.router.state is not None or not found.router.advertise:
        return None
    machine = Machine(found.first_lan.interface, applications_alone=found.router.measure == "applications")
    return lambda now: router.set_state(machine.look(now, services.processes))


def _check_ways(addresses: Iterable[LocalAddress]) -> None:
    """In a fresh network namespace loopback is down: nobody could be reached there, however long we wait."""
    for address in addresses:
        if address.host.startswith("127."):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                if probe.connect_ex((address.host, address.port)) == errno.ENETUNREACH:
                    refuse(f"{address} can't be reached: the loopback interface is down; set it up: ip link set lo up")


def _on_signals(handler: Callable[[int, object], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def _ports(found: Configuration) -> dict[Lan, Port]:
    tables = dict(zip(Lan, (found.first_lan, found.second_lan), strict=True))
    ports: dict[Lan, Port]
    if found.one_interface:
        device = _device(found.first_lan, max(table.mtu for table in tables.values()))
        ports = dict(zip(Lan, halves(device, found.settings().ether_type), strict=True))
    else:
        ports = {lan: _device(table, table.mtu) for lan, table in tables.items()}
    impairments = {lan: table.impairment.impairment() for lan, table in tables.items()}
    return {lan: ImpairedPort(ports[lan], bad) if bad is not None else ports[lan] for lan, bad in impairments.items()}


def _device(table: LanTable, mtu: int) -> Port:
    return TapPort(table.interface, mtu) if table.port == "tap" else PacketPort(table.interface)


def _read(file: Path) -> Configuration:
    try:
        return configuration.read(file)
    except ConfigurationError as error:
        refuse(str(error))
