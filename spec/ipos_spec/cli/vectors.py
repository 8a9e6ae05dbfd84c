"""`ipos-spec vectors`: frames with what is to be made of them, to read, to ship, and to hold a parser against."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ipos_spec.captures import CaptureWriter
from ipos_spec.cli.common import Json, app, console, listing, meant, reason, refuse
from ipos_spec.cli.vectors_check import Program, check
from ipos_spec.description import describe
from ipos_spec.vectors import Flag, Result, Vector, all_vectors
from ipos_spec.vectors.coverage import coverage
from ipos_spec.vectors.document import document, requirements_of, schema

_LAN = "second LAN"
_SPACING_NS = 1_000_000

group = typer.Typer(invoke_without_command=True)
app.add_typer(group, name="vectors")

FlagName = Annotated[str | None, typer.Option("--flag", metavar="FLAG", help="Only those that find this bug.")]
PacketName = Annotated[str | None, typer.Option("--packet", metavar="PACKET", help="Only those of this packet.")]
ResultName = Annotated[str | None, typer.Option("--result", metavar="RESULT", help=f"Only these: {', '.join(Result)}.")]


@group.callback(
    epilog="Examples:\n\nipos-spec vectors --packet tcp --result invalid\n\nipos-spec vectors --json\n\n"
    "ipos-spec vectors --flag Truncated --pcapng truncated.pcapng\n\nipos-spec vectors --coverage"
)
def vectors(
    context: typer.Context,
    flag: FlagName = None,
    packet: PacketName = None,
    result: ResultName = None,
    as_json: Json = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; else standard output.")
    ] = None,
    pcapng: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the frames as a capture, their meaning as comments.")
    ] = None,
    show_coverage: Annotated[
        bool, typer.Option("--coverage", help="Count the vectors for each field and rule instead.")
    ] = False,
    show_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of what --json gives instead.")
    ] = False,
) -> None:
    """Give frames with what a reader has to make of them: valid, invalid or acceptable, and which bug they find.

    A line each: number, result, name, frame. With --json all that there is to know, in the shape of Wycheproof's.
    """
    if context.invoked_subcommand is not None:
        if any((flag, packet, result, as_json, output, pcapng, show_coverage, show_schema)):
            refuse(f"options of {context.invoked_subcommand} stand behind it: ipos-spec vectors check --packet tcp ...")
        return
    if show_coverage and (as_json or output is not None):
        refuse("--coverage is a table for people, expected neither --json nor -o")
    chosen = _chosen(flag, packet, result)
    if pcapng is not None:
        _write_capture(pcapng, chosen)
    if show_schema:
        _write(output, json.dumps(schema(), indent=2))
    elif show_coverage:
        _tell_coverage(chosen)
    elif as_json:
        _write(output, json.dumps(document(chosen), indent=2))
    elif pcapng is None or output is not None:
        _write(output, "\n".join(_line(vector) for vector in chosen))


@group.command(
    "check",
    epilog="The program reads frames in hexadecimal, one a line, and answers each with a JSON object in a line:\n\n"
    '{"packet": "tcp-connection", "fields": {"header.source_ip": 3325256711, "ethernet.source": "020000000202"}}\n\n'
    '{"error": "ENC-7"}\n\nNumbers are unsigned integers, octets lowercase hexadecimal; fields may be left out.\n\n'
    "Exit codes: 0 all right, 1 wrong answers, 2 not understood, 3 the program broke.\n\nExamples:\n\n"
    "ipos-spec vectors check -- python3 -m ipos_spec.vectors.parser\n\n"
    "ipos-spec vectors check --packet udp --strict -- python3 -m ipos_spec.vectors.parser",
)
def check_program(
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The program, behind --.")],
    flag: FlagName = None,
    packet: PacketName = None,
    result: ResultName = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Want all fields, and the very requirement for which a frame is refused.")
    ] = False,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long the program may be silent.")] = 10.0,
    as_json: Json = False,
) -> None:
    """Hold a parser against the vectors: any program that reads hexadecimal lines and answers JSON lines."""
    if not 0 < timeout < float("inf"):
        refuse(f"timeout {timeout:g} is not a number of seconds above 0")
    check(_chosen(flag, packet, result), Program(command, timeout), strict=strict, as_json=as_json)


def _chosen(flag: str | None, packet: str | None, result: str | None) -> list[Vector]:
    flag = _one_of("flag", [flag.title for flag in Flag], flag)
    packet = _one_of("packet", [packet.name for packet in describe().packets], packet)
    result = _one_of("result", list(Result), result)
    chosen = [
        vector
        for vector in all_vectors()
        if flag in (None, *(known.title for known in vector.flags))
        and packet in (None, vector.packet)
        and result in (None, vector.result)
    ]
    if not chosen:
        refuse("no vector has this " + " and ".join(filter(None, (flag and "flag", packet and "packet", "result"))))
    return chosen


def _one_of(key: str, names: Sequence[str], text: str | None) -> str | None:
    if text is None:
        return None
    return meant(names, text) or refuse(f"{key} {text!r} is not one of {', '.join(names)}")


def _line(vector: Vector) -> str:
    return f"{vector.number:>4}  {vector.result:<10}  {vector.slug}  {vector.frame.hex()}"


def _write(file: Path | None, text: str) -> None:
    if file is None:
        typer.echo(text)
        return
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        refuse(f"{file} can't be written: {reason(error)}")


def _write_capture(file: Path, chosen: Iterable[Vector]) -> None:
    """A frame a vector; before an acknowledgement the packet that it answers, without which nobody can check it."""
    try:
        with file.open("wb") as stream:
            writer = CaptureWriter(stream, interfaces=[_LAN])
            for vector in chosen:
                flags = ", ".join(flag.title for flag in vector.flags)
                comment = f"{vector.number} {vector.slug}: {vector.result}. {vector.comment}"
                ids = ", ".join(requirements_of(vector))
                if vector.acknowledges is not None:
                    before = f"{vector.number} {vector.slug}: what the next frame acknowledges, or claims to"
                    writer.write(_LAN, vector.number * _SPACING_NS - _SPACING_NS // 2, vector.acknowledges, [before])
                writer.write(_LAN, vector.number * _SPACING_NS, vector.frame, [comment, f"{flags}; {ids}"])
    except OSError as error:
        refuse(f"{file} can't be written: {reason(error)}")


def _tell_coverage(chosen: Sequence[Vector]) -> None:
    lines = coverage(describe(), chosen)
    table = listing("Packet", "Field", "Rule", "Kept or read", "Broken or refused")
    for line in lines:
        style = "bold red" if line.is_missing else ""
        table.add_row(line.packet, line.path, line.rule, str(line.kept), str(line.broken), style=style)
    console().print(table)
    missing = sum(line.is_missing for line in lines)
    typer.echo(f"{len(chosen)} vectors, {len(lines)} fields and rules, {missing} without")
