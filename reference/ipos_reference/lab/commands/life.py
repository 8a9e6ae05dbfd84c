"""``lab up``, ``shell`` and ``down``."""

import os
import shutil
from enum import StrEnum
from typing import Annotated

import typer

from ipos_reference.lab import laboratory, plan, servers
from ipos_reference.lab.commands.common import EXIT_CODES, Directory, app, place_of, refusals
from ipos_reference.refusal import refuse


class WebServer(StrEnum):
    """What serves the web pages."""

    AUTO = "auto"
    NGINX = "nginx"
    PYTHON = "python"


_NO_NGINX = "nginx is not installed (Debian: apt install nginx-light)"

_NEXT = """\
Try:
  ipos-router lab shell client-1 -- curl http://{server}/images/picture.svg
  ipos-router lab demo
  ipos-router lab view
  ipos-router lab down"""


@app.command(epilog=f"Examples:\n\nipos-router lab up\n\nipos-router lab up --directory /tmp/my-lab\n\n{EXIT_CODES}")
def up(
    directory: Directory = None,
    web_server: Annotated[
        WebServer, typer.Option(help="Of the servers; auto: nginx if it is there, else Python's http.server.")
    ] = WebServer.AUTO,
) -> None:
    """Make the farm and leave it running until `lab down`.

    Without root, a user namespace is made for it.
    Nothing of this machine's network is touched, and nothing is left if it does not come up.
    """
    place = place_of(directory)
    nginx = None if web_server is WebServer.PYTHON else servers.nginx()
    if nginx is None and web_server is WebServer.NGINX:
        refuse(f"--web-server nginx: {_NO_NGINX}; leave the option out for Python's http.server")
    try:
        with refusals():
            lab = laboratory.up(place, nginx, stays=True)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    why = f": {_NO_NGINX}" if nginx is None and web_server is WebServer.AUTO else ""
    typer.echo(f"The lab is up in {place.directory}. Its web servers are {lab.web_server}{why}.")
    for server in plan.SERVERS:
        typer.echo(f"  {server.name}  {server.address}")
    typer.echo(_NEXT.format(server=plan.SERVERS[0].address))


@app.command(epilog=f"Example: ipos-router lab down\n\n{EXIT_CODES}")
def down(directory: Directory = None) -> None:
    """Take the farm down, whatever state it is in: processes, network, files."""
    place = place_of(directory)
    with refusals():
        was_there = laboratory.down(place)
    typer.echo(f"The lab in {place.directory} is gone." if was_there else f"No lab is in {place.directory}.")


@app.command(
    epilog="Examples:\n\nipos-router lab shell client-1\n\nipos-router lab shell client-1 -- curl http://192.0.2.1/\n\n"
    f"ipos-router lab shell edge-router-a -- ip route\n\n{EXIT_CODES} Else that of the shell or command.",
    context_settings={"allow_interspersed_args": False},
)
def shell(
    namespace: Annotated[
        str, typer.Argument(metavar="NAME", help=f"One of {', '.join(plan.NAMESPACES)}.", show_default=False)
    ],
    command: Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help="Without, a shell.")] = None,
    directory: Directory = None,
) -> None:
    """Run a shell, or a command, on one of the lab's hosts.

    Only the network is the host's: files and processes are this machine's.
    """
    program = command[1:] if command and command[0] == "--" else command
    with refusals():
        words = laboratory.find(place_of(directory)).command(namespace, *(program or [os.environ.get("SHELL", "sh")]))
    if program and shutil.which(program[0]) is None:
        refuse(f"{program[0]}: there is no such program")
    os.execvp(words[0], words)  # noqa: S606 - what was asked for
