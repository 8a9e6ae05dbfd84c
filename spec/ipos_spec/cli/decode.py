"""`ipos-spec decode`: frames spelled out."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from ipos_spec.cli.common import BAD_FRAME, Json, app, console, refuse
from ipos_spec.codec import decode as decode_frame
from ipos_spec.dissection import Item, dissect
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.packets import Packet


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
    out = console()
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
            out.print(_packet_as_table(number, len(frame), packet))
    if bad:
        raise typer.Exit(BAD_FRAME)


def _ether_type(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        refuse(f"EtherType {text!r} is not a number from 0 to 0xffff, such as 0x88b5")
    return number


def _lines_of_stdin() -> list[str]:
    text = typer.get_binary_stream("stdin").read().decode("ascii", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        refuse("no frame: give hexadecimal as argument, or one frame a line on stdin")
    return lines


def _octets(texts: Iterable[str]) -> list[bytes]:
    """All frames, read before the first is decoded: a slip of the pen in the third must not leave half an output."""
    octets = []
    for number, text in enumerate(texts, start=1):
        try:
            octets.append(bytes.fromhex(text.strip().removeprefix("0x").replace(":", " ")))
        except ValueError:
            found = f"frame {number} is not hexadecimal: {text.strip()[:40]!r}"
            refuse(f"{found}; expected two digits for each octet and nothing else, such as 020000000202...")
    return octets


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
