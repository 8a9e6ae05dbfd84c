"""What a verdict rests on: frames, what was changed in them, what was expected of them, times."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError
from ipos_spec.packets import TcpConnectionPacket, UdpConnectionPacket, acknowledgement
from pydantic import Field

from ipos_conformance.findings.differences import Difference, differences, nearest
from ipos_conformance.findings.record import Record
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Frame, Lan, describe

Octets = Annotated[str, Field(pattern="^([0-9a-f]{2})*$")]
"""In hexadecimal."""


class Part(StrEnum):
    """What a frame has to do with the case."""

    CASE = "case"
    """It belongs to what the case is about."""
    PROBE = "probe"
    """It is one of a barrier: it shows that the target lives, and is taken back."""
    NEIGHBOUR = "neighbour"
    """ARP, by which stations find each other."""


class Change(Record):
    """One field of a frame that is not as it should be, or as it usually is."""

    field: str
    """Its dotted name, such as "connection.control_block.t_maxseg" or "inner.tcp.checksum"."""
    offset: int
    """In the frame, in octets."""
    size: int
    """In octets; 0 if the field is missing in this frame."""
    value: str
    """What stands there, as a person writes it; empty if it is missing."""
    usual: str
    """What stands there in the other frame; empty if it is not there."""
    usual_octets: Octets
    """The same in hexadecimal."""


class Evidence(Record):
    """One frame that passed between suite and target during a case."""

    lan: Lan
    """Which of the two LANs."""
    direction: Direction
    """As the suite sees it."""
    time: Annotated[float, Field(ge=0, le=1e10)]
    """Seconds since the epoch: of the kernel's timestamp if received, of the suite's clock if sent."""
    octets: Octets
    """The frame in hexadecimal, without frame check sequence."""
    meaning: str
    """One line in protocol words."""
    part: Part = Part.CASE
    """What it has to do with the case."""
    changes: tuple[Change, ...] = ()
    """Of a sent frame: where it differs from the valid frame of its kind, which is what the target is tested with."""


class Comparison(Record):
    """The frame that would have been right, and the frame that came instead."""

    expected: Octets
    """In hexadecimal."""
    actual: Octets
    """In hexadecimal: of what came, the frame that is most like it."""
    changes: tuple[Change, ...]
    """Every field in which they differ, the first one first; offsets are the actual frame's."""


class Timing(Record):
    """A time that was measured against what the document asks for. All in seconds."""

    what: str
    """Which time."""
    observed: float
    """By the kernel's timestamps."""
    earliest: float
    """The window's start: the nominal time, scaled, less its tolerance and the measured jitter."""
    latest: float
    """The window's end."""

    @property
    def margin(self) -> float:
        """Seconds from the observed time to the nearer end of the window; negative if it is outside."""
        return min(self.observed - self.earliest, self.latest - self.observed)


def evidence(
    frames: Iterable[Frame], valid: Valid, is_probe: Callable[[Frame], bool] = lambda _: False
) -> tuple[Evidence, ...]:
    """Frames as they stand in the results. valid: what the stations would have sent."""
    frames = tuple(frames)
    _note_acknowledgements(frames, valid)
    return tuple(
        Evidence(
            lan=frame.lan,
            direction=frame.direction,
            time=round(frame.time, 9),
            octets=frame.octets.hex(),
            meaning=describe(frame),
            part=Part.NEIGHBOUR if frame.arp is not None else Part.PROBE if is_probe(frame) else Part.CASE,
            changes=changes_of(valid.changes(frame)) if frame.direction is Direction.SENT else (),
        )
        for frame in frames
    )


def comparison(expected: bytes, came: Sequence[Frame]) -> Comparison | None:
    """What was expected, beside the frame that comes nearest to it; None if none is of its kind."""
    by_octets = {frame.octets: frame for frame in came}
    closest = nearest(expected, by_octets)
    if closest is None:
        return None
    found = differences(expected, closest, by_octets[closest].ether_type)
    # Padding is free (ENC-8).
    told = changes_of(one for one in found if one.path != "padding")
    return Comparison(expected=expected.hex(), actual=closest.hex(), changes=told)


def _note_acknowledgements(frames: Iterable[Frame], valid: Valid) -> None:
    """Of each connection packet that came from the target there is one right acknowledgement."""
    for frame in frames:
        if frame.direction is Direction.RECEIVED and frame.header is not None:
            with contextlib.suppress(DecodeError):
                packet = decode(frame.octets, frame.ether_type)
                if isinstance(packet, TcpConnectionPacket | UdpConnectionPacket):
                    valid.note_frame(encode(acknowledgement(packet, packet.ethernet.destination)), frame.time)


def changes_of(found: Iterable[Difference]) -> tuple[Change, ...]:
    """Differences as they stand in the results."""
    return tuple(
        Change(
            field=one.path,
            offset=one.offset,
            size=one.size,
            value=one.words[1],
            usual=one.words[0],
            usual_octets=one.before.hex(),
        )
        for one in found
    )
