"""The door ``ipos-spec``: frames spelled out, the requirements, the worked examples.

Exit codes: 0 all well, 1 a frame is no ipOS packet, 2 the command was not understood.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from ipos_spec import vectors
from ipos_spec.codec import decode as decode_frame
from ipos_spec.dissection import Item, dissect
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.packets import Packet
from ipos_spec.requirements import LEVELS, ROLES, Requirement, registry

BAD_FRAME, USAGE = 1, 2
WIDTH_OF_A_FILE = 140
"""Columns that a table takes where no terminal says how many there are."""

app = typer.Typer(
    name="ipos-spec",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The ipOS protocol: spells out frames, tells the requirements, gives worked examples.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if show_version:
        typer.echo(f"ipos-spec {version('ipos')}")
        raise typer.Exit


@app.command(
    epilog="Examples:\n\nipos-spec decode 0200000002020200000002010007c6336407c000c000020100500301e204\n\n"
    "ipos-spec decode --json < frames.txt"
)
def decode(
    frames: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HEX", help="Frames in hexadecimal, without frame check sequence; else one a line on stdin."
        ),
    ] = None,
    as_json: Json = False,
    ether_type: Annotated[
        str, typer.Option(metavar="NUMBER", help="EtherType to expect, such as 0x88b5 (ENC-2).")
    ] = f"0x{ETHER_TYPE:04x}",
) -> None:
    """Spell out frames: each field with its offset, value, unit and meaning.

    A frame that is no ipOS packet is named on stderr with field,
    offset and requirement, and the exit code is 1.
    With --json each frame gives one line, with "fields" or "error".
    """
    expected = _ether_type(ether_type)
    console = _console()
    bad = False
    for number, frame in enumerate(_octets(frames or _lines_of_stdin()), start=1):
        try:
            packet = decode_frame(frame, expected)
        except DecodeError as error:
            bad = True
            typer.echo(f"ipos-spec: frame {number}: {error}", err=True)
            if as_json:
                typer.echo(json.dumps({"frame": number, "error": _error_as_json(error)}))
            continue
        if as_json:
            typer.echo(json.dumps({"frame": number, **_packet_as_json(packet)}))
        else:
            console.print(_packet_as_table(number, len(frame), packet))
    if bad:
        raise typer.Exit(BAD_FRAME)


@app.command(
    epilog="Examples:\n\nipos-spec requirements ENC-7\n\nipos-spec requirements TGT ORG --level MUST\n\n"
    "ipos-spec requirements --role origin --json"
)
def requirements(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, or how they begin; else all.")] = None,
    level: Annotated[str | None, typer.Option(metavar="LEVEL", help=f"Only these: {', '.join(LEVELS)}.")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help=f"Only these: {', '.join(ROLES)}.")] = None,
    as_json: Json = False,
) -> None:
    """Tell the normative statements: id, level, who has to do it, the sentence, and what it rests on."""
    level, role = level and level.upper(), role and role.lower()
    if level not in (None, *LEVELS):
        _refuse(f"level {level!r} is not one of {', '.join(LEVELS)}")
    if role not in (None, *ROLES):
        _refuse(f"role {role!r} is not one of {', '.join(ROLES)}")
    named = _named(slugs) if slugs else registry().values()
    entries = [entry for entry in named if level in (None, entry.level) and role in (None, entry.role)]
    if not entries:
        _refuse("no requirement has this level and role")
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    console = _console()
    for entry in entries:
        console.print(f"{entry.id}  {entry.level}  {entry.role}  [{'; '.join(entry.source)}]", style="bold")
        console.print(entry.sentence)
        if entry.note:
            console.print(f"Note: {entry.note}")
        console.print()


@app.command("vectors", epilog="Examples:\n\nipos-spec vectors\n\nipos-spec vectors --json")
def print_vectors(as_json: Json = False) -> None:
    """Give one worked example of each packet of FIG. 11E-11I, in hexadecimal."""
    if as_json:
        typer.echo(json.dumps({name: frame.hex() for name, frame in vectors.FRAMES.items()}, indent=2))
        return
    for name, frame in vectors.FRAMES.items():
        typer.echo(f"{name:<16} {frame.hex()}")


def main() -> None:
    """Run the command line."""
    app()


def _refuse(problem: str) -> NoReturn:
    typer.echo(f"ipos-spec: {problem}", err=True)
    raise typer.Exit(USAGE)


def _console() -> Console:
    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    return Console(markup=False, highlight=False, emoji=False, width=width)


def _ether_type(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        _refuse(f"EtherType {text!r} is not a number from 0 to 0xffff, such as 0x88b5")
    return number


def _lines_of_stdin() -> list[str]:
    text = typer.get_binary_stream("stdin").read().decode("ascii", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        _refuse("no frame: give hexadecimal as argument, or one frame a line on stdin")
    return lines


def _octets(texts: Iterable[str]) -> list[bytes]:
    """All frames, read before the first is decoded: a slip of the pen in the third must not leave half an output."""
    octets = []
    for number, text in enumerate(texts, start=1):
        try:
            octets.append(bytes.fromhex(text.strip().removeprefix("0x").replace(":", " ")))
        except ValueError:
            found = f"frame {number} is not hexadecimal: {text.strip()[:40]!r}"
            _refuse(f"{found}; expected two digits for each octet and nothing else, such as 020000000202...")
    return octets


def _named(slugs: Iterable[str]) -> Iterable[Requirement]:
    wanted = [slug.upper() for slug in slugs]
    for slug in wanted:
        if not any(_matches(known, slug) for known in registry()):
            _refuse(f"no requirement is called {slug!r} or begins so; `ipos-spec requirements` tells all")
    return (entry for known, entry in registry().items() if any(_matches(known, slug) for slug in wanted))


def _matches(known: str, wanted: str) -> bool:
    """ENC-1 is one requirement, not also ENC-10; ENC and ENC- are a group."""
    return known == wanted or ("-" not in wanted.rstrip("-") and known.startswith(wanted))


def _packet_as_table(number: int, length: int, packet: Packet) -> Table:
    title = f"Frame {number}: {type(packet).__name__}, {length} octets"
    table = Table("Offset", "Size", "Field", "Value", "Unit", "Meaning", title=title, title_justify="left", box=SIMPLE)
    table.columns[2].no_wrap = True
    table.columns[3].overflow = "fold"
    group = ""
    for item in (item for item in dissect(packet) if item.size):
        parent, _, name = item.path.rpartition(".")
        if parent != group:
            table.add_row("", "", parent, style="bold")
            group = parent
        table.add_row(str(item.offset), str(item.size), name, item.text, item.wire.unit, item.wire.documentation)
    return table


def _packet_as_json(packet: Packet) -> dict[str, object]:
    return {"packet": type(packet).__name__, "fields": [_item_as_json(item) for item in dissect(packet)]}


def _item_as_json(item: Item) -> dict[str, object]:
    return {
        "path": item.path,
        "offset": item.offset,
        "size": item.size,
        "value": item.value.hex() if isinstance(item.value, bytes) else int(item.value),
        "text": item.text,
        "unit": item.wire.unit,
        "documentation": item.wire.documentation,
        "source": item.wire.source,
    }


def _error_as_json(error: DecodeError) -> dict[str, object]:
    return {name: getattr(error, name) for name in ("path", "offset", "problem", "requirement")}
