"""`ipos-fuzz in-process`."""

import os
import time
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from ipos_conformance.errors import OutputError
from ipos_conformance.runs.phases import usual
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_conformance.verdicts import ExitCode

from ipos_fuzz.campaign.observing import observers
from ipos_fuzz.campaign.outcome import counted
from ipos_fuzz.cli.options import Duration, Seed, seconds
from ipos_fuzz.errors import FuzzError
from ipos_fuzz.in_process import fault_file
from ipos_fuzz.in_process.fewest import shown_by
from ipos_fuzz.in_process.hunt import Fault, Tally, hunt, mixed
from ipos_fuzz.in_process.loading import load
from ipos_fuzz.in_process.playing import Maker, Play
from ipos_fuzz.interruption import interruptible, uninterrupted
from ipos_fuzz.sources.streams import STREAMS

commands = typer.Typer()
_WEIGHTS = {"volume": 9.0, "schemas": 1.0}
"""Of the streams. What Hypothesis draws takes some ten times as long."""


@commands.command()
def in_process(
    factory: Annotated[str, typer.Argument(metavar="MODULE:FACTORY", help="Makes a router of a configuration file.")],
    target_file: Annotated[
        Path, typer.Argument(metavar="[TARGET.toml]", help="Who it is, and who is around.", show_default="packaged")
    ] = DEFAULT_TARGET,
    duration: Duration = "60s",
    cases: Annotated[int | None, typer.Option(min=1, help="End after so many frames.")] = None,
    seed: Seed = None,
    output: Annotated[Path, typer.Option(help="Folder of the faults, a file each.")] = Path("ipos-fuzz-in-process"),
    play: Annotated[Path | None, typer.Option(help="Hand over the frames of such a file, and nothing else.")] = None,
) -> None:
    """Hand frames to a router that is a Python object without sockets and clock, as many as it takes.

    FACTORY gets the path of the target file's configuration, and gives an object with receive(lan, frame, now),
    frames_to_send(), next_timeout() and handle_timeout(now). What it raises is a fault, and so is what the protocol
    does not allow.

    Exit status: 0 nothing found, or fixed; 1 a fault, or still there; 2 usage; 3 a fault could not be written.

    Examples: [bold]ipos-fuzz in-process ipos_reference.in_process:router --cases 1000[/]
    """
    target = read_target(target_file)
    new_router = load(factory, target.here / target.target.configuration)
    new_observer = observers(target, usual(target, (), ()))

    def make() -> Play:
        return Play(new_router(), new_observer(), target)

    if play is not None:
        raise typer.Exit(_again(make, fault_file.read(play)))
    number = time.time_ns() % (1 << 32) if seed is None else seed

    _check_writable(output)
    unwritten: list[OSError] = []

    def tell(fault: Fault) -> None:
        typer.echo(f"FOUND  {fault.violation.signature}: {fault.violation.what}")
        with uninterrupted():
            where = _kept(fault_file.document(fault, factory, number), output, unwritten)
        typer.echo(f"       {counted(len(fault.frames), 'frame')}, after {counted(fault.after_cases, 'case')}: {where}")

    streams = {name: stream(target, number) for name, stream in STREAMS.items()}
    stimuli = mixed(streams, _WEIGHTS, Random(number))  # noqa: S311 - reproducible, not secret
    with interruptible() as interruption:
        tally = hunt(
            make,
            stimuli,
            target,
            seconds=seconds(duration) or None,
            cases=cases,
            tell=tell,
            is_interrupted=lambda: interruption.came,
        )
    _say_end(tally, number)
    if unwritten:
        raise OutputError(
            f"{output}: {unwritten[-1].strerror}; {counted(len(unwritten), 'fault')} could not be written; "
            f"{'it stands' if len(unwritten) == 1 else 'they stand'} above, a line of JSON each"
        )
    raise typer.Exit(ExitCode.NOT_CONFORMANT if tally.faults else ExitCode.CONFORMANT)


def _check_writable(folder: Path) -> None:
    """Before hours are spent; the folder is made when there is something to write. Raises FuzzError."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise FuzzError(f"{folder}: {there} is no such folder, expected a folder that can be written")


def _kept(document: fault_file.FaultFile, folder: Path, unwritten: list[OSError]) -> str:
    """Where it is. What can't be written is not lost: it goes to standard error, and the hunt goes on."""
    try:
        return str(fault_file.write(document, folder))
    except OSError as error:
        unwritten.append(error)
        typer.echo(document.model_dump_json(), err=True)
        return f"not written: {error.strerror}"


def _say_end(tally: Tally, seed: int) -> None:
    typer.echo(f"{counted(tally.cases, 'case')} in {tally.seconds:.1f} s, {tally.rate:,.0f} a second; seed {seed}")
    again = counted(tally.again.total(), "time")
    typer.echo(f"{counted(len(tally.faults), 'fault')}, met again {again}" if tally.faults else "nothing found")


def _again(make: Maker, found: fault_file.FaultFile) -> ExitCode:
    violation = shown_by(make, found.fed(), found.signature)
    typer.echo(f"FIXED  {found.signature}" if violation is None else f"STILL  {found.signature}: {violation.what}")
    return ExitCode.CONFORMANT if violation is None else ExitCode.NOT_CONFORMANT
