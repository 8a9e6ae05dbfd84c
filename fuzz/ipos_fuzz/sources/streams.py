"""The sources of single frames, each an endless stream for a target and a seed."""

from collections.abc import Callable, Iterator

from ipos_conformance.frames import Lan
from ipos_conformance.target import Target

from ipos_fuzz.sources.volume import volume

Stimulus = tuple[Lan, bytes, str, tuple[str, ...]]
"""LAN, octets, what was done to them (a name), paths of the fields that were changed."""


def _volume(target: Target, seed: int) -> Iterator[Stimulus]:
    for one in volume(target, seed):
        yield one.lan, one.octets, one.operator, one.fields


STREAMS: dict[str, Callable[[Target, int], Iterator[Stimulus]]] = {"volume": _volume}
"""By name."""
