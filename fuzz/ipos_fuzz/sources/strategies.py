"""Hypothesis strategies made from the schemas: a new field is drawn the day it is written down.

`packets` draws right packets of every kind, `frames` frames that are right, nearly right, or any octets; `draw` takes
many at once, the same ones for the same seed.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.codec import decode_extended
from ipos_spec.packets import Packet

from ipos_fuzz import ip_packet
from ipos_fuzz.interruption import uninterrupted
from ipos_fuzz.operators.operator import boundary_values
from ipos_fuzz.places import HEADER, Place
from ipos_fuzz.sources.valid import DEFAULT, Known, Maker, makers
from ipos_fuzz.subject import INNER, Subject

DrawnT = TypeVar("DrawnT")

_REST = 160
"""Octets that a client's packet, or records, are made from, and the most of any run of them."""

_DEVIATION, _DEVIATIONS = 10, 3
"""Octets that one deviation is made from (which field, what kind of value, the value), and how many there are."""

_BACKEND = "ipos-fuzz"


class _Provider(HypothesisProvider):
    """Hypothesis' own source of chance, but for two things.

    It leaves out the constants that Hypothesis finds in whatever modules are loaded: with them, the same seed would
    give other frames in another program. And it draws octets in one run, not one by one, which takes less time.
    """

    def draw_bytes(self, min_size: int = 0, max_size: int = _REST) -> bytes:
        assert self._random is not None  # noqa: S101 - it is None only outside of an example
        return self._random.randbytes(self._random.randint(min_size, min(max_size, max(min_size, _REST))))

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[_BACKEND] = _Provider


def packets(known: Known = DEFAULT) -> st.SearchStrategy[Packet | TableAdvertisement]:
    """Right packets of every kind, extension packets included; `known` says what holds on the bench."""
    (ether_type,) = known["ethernet.type"]
    return valid_frames(known).map(lambda frame: decode_extended(frame, int.from_bytes(ether_type, "big")))


def valid_frames(known: Known = DEFAULT) -> st.SearchStrategy[bytes]:
    """The same as frames."""
    return st.one_of([_frames_of(maker) for maker in makers(known)])


def frames(known: Known = DEFAULT) -> st.SearchStrategy[bytes]:
    """Frames of which a router takes some, has to discard most, and can't read others at all."""
    kinds = (raw_frames(known), *[valid_frames(known)] * 3, *[near_valid_frames(known)] * 12)
    return st.sampled_from(kinds).flatmap(lambda kind: kind)


def near_valid_frames(known: Known = DEFAULT) -> st.SearchStrategy[bytes]:
    """Right frames in which up to three fields hold any value; the checksums are right for it in most of them."""
    (ether_type,) = known["ethernet.type"]
    deviations = _octets(1 + _DEVIATION * _DEVIATIONS)
    return st.builds(_deviating, valid_frames(known), st.just(int.from_bytes(ether_type, "big")), deviations)


def raw_frames(known: Known = DEFAULT) -> st.SearchStrategy[bytes]:
    """Any octets, behind an Ethernet header that is right in most of them."""
    start = b"".join(known.get(path, [b""])[0] for path in ("ethernet.destination", "ethernet.source", "ethernet.type"))
    headers = (
        (start, start, start[:-2] + b"\x08\x00", start[:-2] + b"\x08\x06", b"") if len(start) == HEADER else (b"",)
    )
    return st.builds(
        lambda header, octets: (header + octets).ljust(HEADER, b"\0"),
        st.sampled_from(headers),
        st.binary(max_size=_REST),
    )


def draw(strategy: st.SearchStrategy[DrawnT], count: int, seed: int) -> list[DrawnT]:
    """Take `count` examples, the same ones for the same seed.

    Nothing is read from or left in Hypothesis' database. The first example is the smallest that there is. Interrupted,
    it ends first: Hypothesis may answer that with an AssertionError. For the main thread.
    """
    drawn: list[DrawnT] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
        backend=_BACKEND,
    )
    @given(strategy)
    def collect(example: DrawnT) -> None:
        drawn.append(example)

    run: Callable[[], None] = collect
    with uninterrupted():
        run()
    return drawn[:count]


def _frames_of(maker: Maker) -> st.SearchStrategy[bytes]:
    if maker.extension is None and not maker.packet.carries_client_packet:
        return st.builds(maker.frame, _octets(maker.size))
    return st.builds(maker.frame, _octets(maker.size), _octets(_REST))


def _octets(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def _deviating(frame: bytes, ether_type: int, deviations: bytes) -> bytes:
    subject = Subject.of(frame, ether_type)
    fields = [place for place in subject.shape.places if place.is_whole and place.offset >= HEADER]
    for start in range(1, 1 + (1 + deviations[0] % _DEVIATIONS) * _DEVIATION, _DEVIATION):
        place = fields[deviations[start] % len(fields)]
        value = _any_value(place, deviations[start + 1 : start + _DEVIATION])
        frame = ip_packet.put(frame, place.offset, value)
    return _repaired(subject, frame, how=deviations[0] >> 4)


def _any_value(place: Place, octets: bytes) -> bytes:
    """A number at the field's bounds, or any; `octets` say which."""
    boundaries = boundary_values(place.size)
    kind = octets[0] % (2 * len(boundaries))
    if kind < len(boundaries):
        return boundaries[kind].to_bytes(place.size, "big")
    return octets[1 : 1 + place.size].rjust(place.size, b"\0")


def _repaired(subject: Subject, frame: bytes, how: int) -> bytes:
    """With all checksums right for what the fields hold, or only ipOS's, or none, each as often as `how` has it."""
    if how and subject.shape.ip is not None and how != 1:
        frame = frame[:INNER] + ip_packet.sealed(frame[INNER:])
    return subject.carried(frame) if how else frame
