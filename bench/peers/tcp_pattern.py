"""The octets that all servers of the goodput benchmark send: known at each position, and cheap to check."""

from random import Random

_PERIOD = 65_521
"""A prime: no segment's, page's or buffer's length divides it, so that octets in a wrong place are wrong octets."""

LARGEST_CHECK = 1 << 20
"""Octets that `is_right` takes at most."""

_OCTETS = Random(1).randbytes(_PERIOD) * (2 + LARGEST_CHECK // _PERIOD)  # noqa: S311 - octets to recognise, no secret


def is_right(octets: bytes, position: int) -> bool:
    """Whether these octets stand at this position."""
    return _OCTETS.startswith(octets, position % _PERIOD)


def stretch(position: int, length: int) -> memoryview:
    """Octets from a position on, at most `LARGEST_CHECK`."""
    start = position % _PERIOD
    return memoryview(_OCTETS)[start : start + min(length, LARGEST_CHECK)]
