"""What `decode` is given: hexadecimal or captures, as arguments, in files or on standard input."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import typer

from ipos_spec import captures
from ipos_spec.captures import CapturedFrame, CaptureError
from ipos_spec.cli.common import reason, refuse

STANDARD_INPUT = "-"

_OFFSET = re.compile(r"(0x)?([0-9a-fA-F]{4}){1,2}(:\s|\s\s)")
"""How a line of a hex dump begins (Wireshark's, xxd's, tcpdump -xx's): no octets of the frame, though it reads so."""

_LONGEST_LINE = 1 << 20
"""Characters, more than any frame has in hexadecimal."""


@dataclass(frozen=True, slots=True)
class GivenFrame:
    """A frame and its number: its place in its capture, or among what was given in hexadecimal."""

    number: int
    octets: bytes
    captured: CapturedFrame | None = None


@dataclass(frozen=True, slots=True)
class _Capture:
    """A capture that is read when its turn comes: standard input may be still growing."""

    name: str
    file: BinaryIO
    start: bytes


def given_frames(arguments: list[str]) -> Iterator[GivenFrame]:
    """All frames, in order; without arguments those of standard input.

    Hexadecimal is read to its end before the first frame is given: a slip of the pen in the third must not leave half
    an output. A capture that breaks off ends the command when its last whole frame has been given.
    """
    numbers = itertools.count(1)
    sources: list[GivenFrame | _Capture] = []
    for place, argument in enumerate(arguments or [STANDARD_INPUT], start=1):
        octets = None if argument == STANDARD_INPUT else _octets(argument)
        if octets is None:
            sources += _sources(argument, place, numbers)
        else:
            sources.append(GivenFrame(next(numbers), octets))
    return (frame for source in sources for frame in ([source] if isinstance(source, GivenFrame) else _read(source)))


def _sources(argument: str, place: int, numbers: Iterator[int]) -> Iterable[GivenFrame | _Capture]:
    """What is in a file: its first octets tell a capture from hexadecimal, not its name."""
    from_stdin = argument == STANDARD_INPUT
    name = "standard input" if from_stdin else argument
    file = typer.get_binary_stream("stdin") if from_stdin else _open(argument, place)
    try:
        start = file.read(captures.MAGIC_SIZE)
        if captures.is_capture(start):
            return [_Capture(name, file, start)]
        return [GivenFrame(next(numbers), octets) for octets in _frames(name, _lines(file, start))]
    except OSError as error:
        refuse(f"{name} can't be read ({reason(error)})")


def _open(argument: str, place: int) -> BinaryIO:
    try:
        file = Path(argument).open("rb")  # noqa: SIM115 - a capture is read when its turn comes, to the command's end
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else "no file has such a name"
        found = f"frame {place} is not hexadecimal, nor a file that can be read ({why}): {argument.strip()[:80]!r}"
        refuse(f"{found}; expected two digits for each octet, such as 020000000202..., or a pcap or pcapng file")
    return file


def _lines(file: BinaryIO, start: bytes) -> Iterator[str]:
    """The lines of a text that are not blank, as they come: what is no text need not be read to its end."""
    piece = start + file.readline(_LONGEST_LINE)
    while piece:
        yield from (line for line in piece.decode("ascii", errors="replace").splitlines() if line.strip())
        piece = file.readline(_LONGEST_LINE)


def _frames(name: str, lines: Iterable[str]) -> list[bytes]:
    """The frames of a text, one a line."""
    frames = []
    for number, line in enumerate(lines, start=1):
        frame = _octets(line)
        if frame is None:
            found = f"frame {number} of {name} is not hexadecimal: {line.strip()[:40]!r}"
            refuse(f"{found}; expected two digits for each octet, no offsets, or a pcap or pcapng capture")
        frames.append(frame)
    if not frames:
        refuse(f"no frame in {name}: expected one a line in hexadecimal, or a pcap or pcapng capture")
    return frames


def _octets(text: str) -> bytes | None:
    if _OFFSET.match(text.strip()):
        return None
    try:
        return bytes.fromhex(text.strip().removeprefix("0x").replace(":", " "))
    except ValueError:
        return None


def _read(capture: _Capture) -> Iterator[GivenFrame]:
    frames = captures.read(capture.file, capture.start)
    try:
        for number, frame in enumerate(frames, start=1):
            yield GivenFrame(number, frame.octets, frame)
    except CaptureError as error:
        refuse(f"{capture.name}: {error}")
    except OSError as error:
        refuse(f"{capture.name} can't be read ({reason(error)})")
