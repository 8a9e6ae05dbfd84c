"""The sources of single frames, each an endless stream for a target and a seed."""

from collections.abc import Callable, Collection, Iterator
from random import Random

from ipos_conformance.frames import Lan
from ipos_conformance.target import Target

from ipos_fuzz.sources.strategies import draw, frames
from ipos_fuzz.sources.valid import known_of
from ipos_fuzz.sources.volume import volume

Stimulus = tuple[Lan, bytes, str, tuple[str, ...], bytes]
"""LAN, octets, what was done to them (a name), paths of the fields that were changed, the right frame (or nothing)."""

SCHEMAS = "drawn-from-schemas"
"""Name of what is done to a frame that Hypothesis draws."""
_AT_ONCE = 500


def volume_of(target: Target, seed: int, kinds: Collection[str] = ()) -> Iterator[Stimulus]:
    """The quick generator's frames. kinds: see `volume`."""
    for one in volume(target, seed, kinds):
        yield one.lan, one.octets, one.operator, one.fields, one.original


def _schemas(target: Target, seed: int) -> Iterator[Stimulus]:
    """Right, nearly right and any frames for the second LAN."""
    strategy = frames(known_of(target))
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    while True:
        for frame in draw(strategy, _AT_ONCE, random.randrange(1 << 32)):
            yield Lan.SECOND, frame, SCHEMAS, (), b""


STREAMS: dict[str, Callable[[Target, int], Iterator[Stimulus]]] = {"volume": volume_of, "schemas": _schemas}
"""By name."""
