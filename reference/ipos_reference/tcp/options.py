"""TCP options: values and their octets (RFC 9293 3.1 and 3.2; RFC 7323; RFC 2018)."""

import struct
from functools import lru_cache
from typing import NamedTuple

MAXIMUM_OCTETS = 40
"""What a data offset of 15 leaves for options (RFC 9293 3.1)."""

_END, _NO_OPERATION = 0, 1
_MSS, _WINDOW_SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMPS = 2, 3, 4, 5, 8
_FIXED_LENGTHS = {_MSS: 4, _WINDOW_SCALE: 3, _SACK_PERMITTED: 2, _TIMESTAMPS: 10}
_ALIGNED_TIMESTAMPS = bytes((_NO_OPERATION, _NO_OPERATION, _TIMESTAMPS, 10))
"""How RFC 7323 appendix A begins a header's options where timestamps are all that there is."""


class SegmentError(Exception):
    """Octets that are not a TCP segment; the message names the field and its offset in the segment."""


class Options(NamedTuple):
    """The options that this endpoint understands; None, False or empty means absent."""

    mss: int | None = None
    """Largest segment that the sender of this option wants to receive, in octets."""
    window_scale: int | None = None
    """Shift count as on the wire (values above 14 count as 14, see ``negotiation``)."""
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    """Blocks of sequence numbers, (first, one past the last); one to four of them."""
    timestamps: tuple[int, int] | None = None
    """(TSval, TSecr)."""


NO_OPTIONS = Options()


@lru_cache(maxsize=64)  # segments that are sent together have the same
def encode(options: Options) -> bytes:
    """The options as octets, padded to a multiple of four. Raises ValueError if they exceed 40 octets."""
    if options == NO_OPTIONS:
        return b""
    octets = b""
    if options.mss is not None:
        octets += struct.pack("!BBH", _MSS, 4, options.mss)
    if options.sack_permitted:
        octets += bytes((_SACK_PERMITTED, 2))
    if options.timestamps is not None:
        # RFC 7323 appendix A: two NOPs align the values, unless SACK-permitted's two octets do so already
        alignment = bytes((_NO_OPERATION,)) * (2 - len(octets) % 4)
        octets += alignment + struct.pack("!BBII", _TIMESTAMPS, 10, *options.timestamps)
    if options.window_scale is not None:
        octets += bytes((_NO_OPERATION, _WINDOW_SCALE, 3, options.window_scale))
    if options.sack:
        numbers = [number for block in options.sack for number in block]
        octets += struct.pack(
            f"!4B{len(numbers)}I", _NO_OPERATION, _NO_OPERATION, _SACK, 2 + 4 * len(numbers), *numbers
        )
    octets += bytes(-len(octets) % 4)
    if len(octets) > MAXIMUM_OCTETS:
        raise ValueError(f"{options} take {len(octets)} octets, more than {MAXIMUM_OCTETS}")
    return octets


def decode(octets: bytes) -> Options:
    """Read the options of a header. Raises SegmentError on impossible lengths; unknown kinds are skipped."""
    if not octets:
        return NO_OPTIONS
    if len(octets) == 12 and octets.startswith(_ALIGNED_TIMESTAMPS):
        return Options(timestamps=_pair(octets[4:]))  # nearly all segments: a shorter way to the same
    found: dict[int, bytes] = {}
    position = 0
    while position < len(octets) and octets[position] != _END:
        if octets[position] == _NO_OPERATION:
            position += 1
            continue
        length = _option_length(octets, position)
        # of a repeated option the last one counts, as in the kernels that clients run
        found[octets[position]] = octets[position + 2 : position + length]
        position += length
    return Options(
        mss=int.from_bytes(found[_MSS], "big") if _MSS in found else None,
        window_scale=found[_WINDOW_SCALE][0] if _WINDOW_SCALE in found else None,
        sack_permitted=_SACK_PERMITTED in found,
        sack=tuple(struct.iter_unpack("!II", found.get(_SACK, b""))),
        timestamps=_pair(found[_TIMESTAMPS]) if _TIMESTAMPS in found else None,
    )


def _pair(octets: bytes) -> tuple[int, int]:
    first, second = struct.unpack("!II", octets)
    return first, second


def _option_length(octets: bytes, position: int) -> int:
    """Length of the option at position, kind and length octets included (RFC 9293 MUST-7: illegal lengths occur)."""
    kind = octets[position]
    where = f"options[kind {kind}] at offset {20 + position}"
    if position + 1 >= len(octets):
        raise SegmentError(f"{where}: no length")
    length = octets[position + 1]
    if length < 2 or position + length > len(octets):
        raise SegmentError(f"{where}: length {length} of {len(octets) - position} octets")
    if length != _FIXED_LENGTHS.get(kind, length):
        raise SegmentError(f"{where}: length {length}, not {_FIXED_LENGTHS[kind]}")
    if kind == _SACK and (length - 2) % 8:
        raise SegmentError(f"{where}: length {length} is no number of blocks")
    return length
