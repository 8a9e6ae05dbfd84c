"""What was changed in the frames of a finding: held against the right frames that they were made of."""

from collections.abc import Iterable, Mapping, Sequence

from ipos_conformance.findings.differences import differences, nearest
from ipos_conformance.findings.evidence import Change, Evidence, changes_of
from ipos_conformance.frames import Direction


def with_changes(
    frames: Sequence[Evidence], first: Iterable[Evidence], originals: Mapping[bytes, bytes], ether_type: int
) -> tuple[Evidence, ...]:
    """Frames, each that was sent with what is known to be changed in it.

    first      what passed when the fault was seen first, with the changes that the stations know of
    originals  of single frames, by their octets: the right frames, empty where none is known
    """
    known = {bytes.fromhex(one.octets): one.changes for one in first if one.direction is Direction.SENT}
    for octets in known.keys() & originals.keys():
        right = originals[octets]
        known[octets] = changes_of(differences(right, octets, ether_type)) if right else ()
    return tuple(
        one.model_copy(update={"changes": _of(bytes.fromhex(one.octets), known)})
        if one.direction is Direction.SENT
        else one
        for one in frames
    )


def _of(octets: bytes, known: Mapping[bytes, tuple[Change, ...]]) -> tuple[Change, ...]:
    """A frame that is sent again has other numbers: what stands in it as it did then was changed then."""
    if octets in known:
        return known[octets]
    before = nearest(octets, known)
    if before is None or len(before) != len(octets):
        return ()
    return tuple(change for change in known[before] if _stands(change, before) == _stands(change, octets))


def _stands(change: Change, octets: bytes) -> bytes:
    return octets[change.offset : change.offset + change.size]
