"""`ipos-spec exchanges`: whole exchanges told, or written as captures."""

import json
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ipos_spec.cli.common import Json, app, meant, reason, refuse
from ipos_spec.cli.spelled import seconds_text
from ipos_spec.exchanges import EXCHANGES, Exchange, write
from ipos_spec.sequence import exchange_svg

_STANDARD_OUTPUT = "-"
_PICTURE = ".svg"


@app.command(
    epilog="Examples:\n\nipos-spec exchanges\n\nipos-spec exchanges migration\n\n"
    "ipos-spec exchanges migration -o - | ipos-spec decode --all\n\nipos-spec exchanges -o captures/\n\n"
    "ipos-spec exchanges migration -o migration.svg"
)
def exchanges(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One of them; else all.")] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR|FILE",
            help="Write pcapng there, or a diagram to FILE.svg; - is standard output.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell whole exchanges: migrations with all that passes on both LANs, and the mishaps.

    With a name every frame of it: time, LAN, what happens, and the requirement that rules it.
    With -o as pcapng, for Wireshark or `ipos-spec decode`: an interface for each LAN, what happens as comments.
    With -o FILE.svg as a sequence diagram.
    """
    if name is not None:
        name = meant(EXCHANGES, name) or refuse(f"no exchange is called {name!r}; there are {', '.join(EXCHANGES)}")
    if output is not None and as_json:
        refuse("-o writes a file and --json prints JSON, expected one of them")
    chosen = list(EXCHANGES.values()) if name is None else [EXCHANGES[name]]
    if output is not None:
        _write(chosen, output, into_directory=name is None)
    elif as_json:
        typer.echo(json.dumps([_as_json(exchange) for exchange in chosen], indent=2))
    elif name is None:
        for exchange in chosen:
            typer.echo(f"{exchange.name:<24}{exchange.title}")
    else:
        _tell(chosen[0])


def _tell(exchange: Exchange) -> None:
    typer.echo(exchange.title)
    start_ns = exchange.frames[0].time_ns
    for frame in exchange.frames:
        typer.echo(f"{seconds_text(frame.time_ns - start_ns)[:-5]:>10} s  {frame.lan:<10}  {frame.comment}")


def _write(chosen: Iterable[Exchange], output: str, *, into_directory: bool) -> None:
    """To a file; where there are several, or the file is a directory, each to its own in that directory."""
    if into_directory and output == _STANDARD_OUTPUT:
        refuse(f"only one exchange goes to standard output; name one of {', '.join(EXCHANGES)}")
    path = Path(output)
    try:
        if into_directory:
            path.mkdir(parents=True, exist_ok=True)
        for exchange in chosen:
            target = path / f"{exchange.name}.pcapng" if path.is_dir() else path
            stream = typer.get_binary_stream("stdout")
            with nullcontext(stream) if output == _STANDARD_OUTPUT else target.open("wb") as file:
                if target.suffix == _PICTURE:
                    file.write(exchange_svg(exchange).encode())
                else:
                    write(exchange, file)
    except OSError as error:
        refuse(f"{output!r} can't be written ({reason(error)}); give another file or directory")


def _as_json(exchange: Exchange) -> dict[str, object]:
    frames = [
        {
            "time": seconds_text(frame.time_ns),
            "interface": frame.lan,
            "comment": frame.comment,
            "violates": frame.violates,
            "octets": frame.octets.hex(),
        }
        for frame in exchange.frames
    ]
    return {"name": exchange.name, "title": exchange.title, "frames": frames}
