"""``lab diagram``: a sequence diagram of a capture, of the lab's or any other."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from ipos_spec import captures
from ipos_spec.addresses import ipv4, ipv4_text
from ipos_spec.captures import CapturedFrame, CaptureError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.exchanges.internet import Socket
from ipos_spec.sequence import Conversation, conversations, line, sequence, svg

from ipos_reference.lab import plan
from ipos_reference.lab.commands.common import app
from ipos_reference.refusal import refuse

_STANDARD_STREAM = "-"
_MOST_LISTED = 20


@app.command(
    epilog="Examples:\n\nipos-router lab diagram lans.pcapng -o exchange.svg\n\n"
    "ipos-router lab diagram lans.pcapng --client 198.51.100.10:40112 --text\n\n"
    "Exit codes: 0 drawn, 2 not understood, or nothing to draw."
)
def diagram(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE", help="A pcap or pcapng file of both LANs; - is standard input.", show_default=False
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE.svg", help="Where to; - is standard output.")
    ] = _STANDARD_STREAM,
    client: Annotated[
        str | None,
        typer.Option(metavar="IP:PORT", help="Whose connection; else the last that was handed over, or the last."),
    ] = None,
    ether_type: Annotated[str, typer.Option(metavar="NUMBER", help="Of ipOS, such as 0x88b5 (ENC-2).")] = (
        f"0x{ETHER_TYPE:04x}"
    ),
    title: Annotated[str, typer.Option(help="Of the diagram.")] = "",
    as_text: Annotated[bool, typer.Option("--text", help="Lines of text instead of SVG.")] = False,
) -> None:
    """Draw who sent what to whom for one client's connection: client, edge routers, origin, targets."""
    found = conversations(_frames(capture), _number(ether_type))
    talk = _chosen(found, _socket(client) if client is not None else None)
    told = sequence(talk, plan.names())
    others = len(found) - 1
    more = f"; {others} other{'' if others == 1 else 's'}: {_listed(one for one in found if one is not talk)}"
    typer.echo(f"{_name(talk)}: {len(talk.frames)} frames{more if others else ''}", err=True)
    lines = [line(message, told) for message in told.messages]
    _write(output, "\n".join(lines) + "\n" if as_text else svg(told, title))


def _frames(capture: str) -> Sequence[CapturedFrame]:
    try:
        if capture == _STANDARD_STREAM:
            return list(captures.read(sys.stdin.buffer))
        with Path(capture).open("rb") as file:
            return list(captures.read(file))
    except OSError as error:
        refuse(f"{capture}: {error.strerror}; expected a pcap or pcapng file")
    except CaptureError as error:
        refuse(f"{capture}: {error}")


def _chosen(found: Sequence[Conversation], client: Socket | None) -> Conversation:
    if not found:
        refuse("found no client's connection in the capture; expected IPv4 with TCP or UDP, or ipOS, on Ethernet")
    if client is None:
        return next((talk for talk in reversed(found) if talk.handed_over), found[-1])
    of_client = [talk for talk in found if talk.client == client]
    if not of_client:
        refuse(f"--client: found nothing of {_text(client)}; the capture has {_listed(found)}")
    return of_client[-1]


def _listed(talks: Iterable[Conversation]) -> str:
    names = [_name(talk) for talk in talks]
    more = [f"and {len(names) - _MOST_LISTED} more"] if len(names) > _MOST_LISTED else []
    return ", ".join([*names[:_MOST_LISTED], *more])


def _name(talk: Conversation) -> str:
    handed_over = " (handed over)" if talk.handed_over else ""
    return f"{_text(talk.client)} {talk.protocol.name}{handed_over}"


def _text(socket: Socket) -> str:
    return f"{ipv4_text(socket.ip)}:{socket.port}"


def _socket(text: str) -> Socket:
    address, _, port = text.rpartition(":")
    try:
        return Socket(ipv4(address), int(port))
    except ValueError:
        refuse(f"--client: found {text!r}; expected IP:PORT, such as 198.51.100.10:49152")


def _number(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        refuse(f"--ether-type: found {text!r}; expected a number from 0 to 0xffff, such as 0x88b5")
    return number


def _write(output: str, content: str) -> None:
    if output == _STANDARD_STREAM:
        typer.echo(content, nl=False)
        return
    try:
        Path(output).write_text(content, encoding="utf-8")
    except OSError as error:
        refuse(f"{output}: {error.strerror}; choose another file")
