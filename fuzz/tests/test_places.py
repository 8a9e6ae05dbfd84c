"""Which fields two frames differ in."""

from random import Random

import pytest
from ipos_fuzz.places import LENGTH, REST, Place, differing

SEED = 20
PLACES = (Place("flag", 8, 1), Place("offset", 9, 13), Place("port", 32, 16), Place("sum", 64, 16))
"""Octets 3 and 6-7 are nobody's, nor are two bits of octet 2."""

BEFORE = bytes(range(12))


@pytest.mark.parametrize(
    ("octet", "flipped", "fields"),
    [
        (1, 0x80, ("flag",)),
        (1, 0x40, ("offset",)),
        (1, 0xC0, ("flag", "offset")),
        (2, 0x04, ("offset",)),
        (2, 0x02, (REST,)),
        (0, 0xFF, (REST,)),
        (6, 0x01, (REST,)),
        (9, 0x01, ("sum",)),
        (11, 0x01, (REST,)),
    ],
)
def test_a_change_is_told_by_the_field_it_is_in(octet: int, flipped: int, fields: tuple[str, ...]) -> None:
    after = bytearray(BEFORE)
    after[octet] ^= flipped
    assert differing(PLACES, BEFORE, bytes(after)) == fields


def test_a_field_that_is_cut_is_no_field() -> None:
    assert differing(PLACES, BEFORE, BEFORE[:9]) == (LENGTH,)
    assert differing(PLACES, BEFORE, BEFORE[:8] + b"\xff") == (REST, LENGTH)
    assert differing(PLACES, BEFORE, BEFORE) == ()


def test_any_changes_are_those_of_the_bits_that_differ() -> None:
    random = Random(SEED)
    for _ in range(500):
        flips = random.getrandbits(96) & random.getrandbits(96) & random.getrandbits(96)
        after = (int.from_bytes(BEFORE, "big") ^ flips).to_bytes(12, "big")
        owner = {bit: place.path for place in PLACES for bit in range(place.bit, place.bit + place.bits)}
        touched = [owner.get(bit, REST) for bit in range(96) if flips >> 95 - bit & 1]
        assert sorted(differing(PLACES, BEFORE, after)) == sorted(set(touched))
