"""A run of the suite of which every frame is kept, in the order in which the suite saw it: what oracles are tried on.

    python tests/recording.py FRAMES run [what `ipos-conformance run` takes]

The results file has the frames of a case's last attempt alone, and none of what passes between the cases.
"""

import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import ipos_conformance.traffic as watched
from ipos_conformance.bench.wire import Port
from ipos_conformance.cli import main
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.target import Target

_START, _HEAD = 0xFF, struct.Struct(">BBdHH")
"""LAN and direction by their number, time, EtherType of ipOS, length; LAN 255 is the beginning of a phase."""

_LANS, _DIRECTIONS = tuple(Lan), tuple(Direction)


def read(path: Path) -> list[list[Frame]]:
    """The frames of each phase, which begins with the target set up anew."""
    phases: list[list[Frame]] = []
    octets, at = path.read_bytes(), 0
    while at < len(octets):
        lan, direction, time, ether_type, length = _HEAD.unpack_from(octets, at)
        at += _HEAD.size
        if lan == _START:
            phases.append([])
            continue
        content = octets[at : at + length]
        phases[-1].append(Frame(_LANS[lan], _DIRECTIONS[direction], time, content, ether_type))
        at += length
    return phases


def of_phase(target: Target, phase: int) -> Target:
    """The target as it is set up in the first phase, or in the second, quick one."""
    if phase == 0 or target.quick is None:
        return target
    return target.model_copy(update={"timing": target.timing.model_copy(update={"scale": target.quick.scale})})


def _record(to: BinaryIO) -> None:
    """Have whatever passes through the suite's hands written down."""

    def write(frame: Frame) -> None:
        head = (_LANS.index(frame.lan), _DIRECTIONS.index(frame.direction), frame.time, frame.ether_type)
        to.write(_HEAD.pack(*head, len(frame.octets)) + frame.octets)

    begin, wait, send = watched.Traffic.__init__, watched.wait, watched.Traffic.send

    def beginning(self: watched.Traffic, *arguments: Any) -> None:
        to.write(_HEAD.pack(_START, 0, 0, 0, 0))
        begin(self, *arguments)

    def waiting(ports: Sequence[Port], seconds: float) -> list[Frame]:
        return list(_each(wait(ports, seconds)))

    def _each(frames: Sequence[Frame]) -> Iterator[Frame]:
        for frame in frames:
            write(frame)
            yield frame

    def sending(self: watched.Traffic, lan: Lan, octets: bytes) -> Frame:
        frame = send(self, lan, octets)
        write(frame)
        return frame

    watched.Traffic.__init__ = beginning  # type: ignore[method-assign]
    watched.Traffic.send = sending  # type: ignore[method-assign]
    watched.wait = waiting


if __name__ == "__main__":
    with Path(sys.argv[1]).open("wb") as file:
        _record(file)
        sys.argv[1:] = sys.argv[2:]
        main()
