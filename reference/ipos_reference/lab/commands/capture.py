"""``lab capture``."""

import sys
import time
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from ipos_spec.captures import CapturedFrame, CaptureError, CaptureWriter, Direction
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN

from ipos_reference.lab import laboratory, plan
from ipos_reference.lab.commands.common import EXIT_CODES, Directory, app, place_of, refusals
from ipos_reference.lab.following import Following
from ipos_reference.refusal import refuse

_LOOK_AGAIN = 0.05
_STANDARD_OUTPUT = "-"


class Lan(StrEnum):
    """One of the two."""

    FIRST = plan.FIRST_LAN
    SECOND = plan.SECOND_LAN


_CAPTURED = {Lan.FIRST: FIRST_LAN, Lan.SECOND: SECOND_LAN}


@app.command(
    epilog="Examples:\n\nipos-router lab capture lans.pcapng --time 10\n\n"
    f"ipos-router lab capture - --lan second-lan | wireshark -k -i -\n\n{EXIT_CODES}"
)
def capture(
    output: Annotated[
        str, typer.Argument(metavar="FILE.pcapng", help="Where to; - is standard output.", show_default=False)
    ],
    seconds: Annotated[
        float | None, typer.Option("--time", metavar="SECONDS", min=0, help="How long; without, until Ctrl-C.")
    ] = None,
    lan: Annotated[Lan | None, typer.Option(help="Of one LAN alone.")] = None,
    since_up: Annotated[
        bool, typer.Option("--since-up", help="Begin with what is kept since the lab was made.")
    ] = False,
    directory: Directory = None,
) -> None:
    """Write down what crosses the LANs from now on."""
    with refusals():
        lab = laboratory.find(place_of(directory))
    wanted = {_CAPTURED[lan]} if lan is not None else set(_CAPTURED.values())
    count = 0
    with ExitStack() as stack:
        file = _opened(output, stack)
        try:
            following = stack.enter_context(Following(lab.place.capture, from_start=since_up))
            writer = CaptureWriter(file, [FIRST_LAN, SECOND_LAN], comments=["The lab of FIG. 2A"])
            end = time.monotonic() + seconds if seconds is not None else None
            while True:
                is_last = end is not None and time.monotonic() >= end
                for frame in following.news():
                    if frame.interface in wanted:
                        _write(writer, frame)
                        count += 1
                if is_last or not lab.keeper.is_running():
                    break
                time.sleep(_LOOK_AGAIN)
        except (KeyboardInterrupt, BrokenPipeError):
            pass  # how one ends it; nobody reads any more
        except (CaptureError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            refuse(f"{output}: {why}; what was written until then is whole")
    typer.echo(f"{count} frame{'' if count == 1 else 's'}", err=True)


def _opened(output: str, stack: ExitStack) -> BinaryIO:
    if output == _STANDARD_OUTPUT:
        if sys.stdout.isatty():
            refuse("- is a terminal, expected a pipe or a file: a capture is no text")
        return stack.enter_context(open(sys.stdout.fileno(), "wb", buffering=0, closefd=False))
    try:
        return stack.enter_context(Path(output).open("wb", buffering=0))
    except OSError as error:
        refuse(f"{output}: {error.strerror}; choose another file")


def _write(writer: CaptureWriter, frame: CapturedFrame) -> None:
    writer.write(frame.interface, frame.time_ns or 0, frame.octets, (), direction=Direction.INBOUND)
