"""Every vector is held against the codec: what was put in is what is read, and what is broken is what is refused."""

import operator
from collections import Counter

import pytest
from ipos_spec import decode, encode
from ipos_spec.description import describe
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, acknowledges
from ipos_spec.requirements import registry
from ipos_spec.rules import Stage
from ipos_spec.vectors import Flag, Result, Vector, all_vectors

VECTORS = all_vectors()
READABLE = [vector for vector in VECTORS if vector.result is not Result.INVALID]
INVALID = [vector for vector in VECTORS if vector.result is Result.INVALID]
ACKNOWLEDGEMENTS = [vector for vector in READABLE if vector.acknowledges is not None]


def slug(vector: Vector) -> str:
    return vector.slug


def ether_type(vector: Vector) -> int:
    """The alternative one is read where it is configured (ENC-2)."""
    alternative = Flag.ALTERNATIVE_ETHER_TYPE in vector.flags
    return describe().alternative_ether_type if alternative else describe().ether_type


def ones_complement_sum(octets: bytes) -> int:
    """RFC 1071 word by word, as a check on the vectors' own checksums that shares nothing with them."""
    total = 0
    for at in range(0, len(octets), 2):
        total += int.from_bytes(octets[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_there_are_many() -> None:
    assert len(VECTORS) >= 1000
    assert len({vector.frame for vector in VECTORS}) >= 1000
    assert Counter(vector.result for vector in VECTORS).keys() == set(Result)


def test_each_has_its_slug_and_number() -> None:
    assert [vector.number for vector in VECTORS] == list(range(1, len(VECTORS) + 1))
    assert [slug for slug, count in Counter(vector.slug for vector in VECTORS).items() if count > 1] == []


@pytest.mark.parametrize("vector", READABLE, ids=slug)
def test_readable_vector_reads_as_what_was_put_in(vector: Vector) -> None:
    packet = decode(vector.frame, ether_type(vector))
    assert vector.packet == packet.NAME
    assert {path: operator.attrgetter(path)(packet) for path in vector.values} == vector.values
    assert encode(packet) == vector.frame


@pytest.mark.parametrize("vector", INVALID, ids=slug)
def test_invalid_vector_is_refused_for_its_reason(vector: Vector) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(vector.frame)
    assert vector.discard is not None
    assert (caught.value.requirement, caught.value.path, caught.value.offset) == (
        vector.discard.requirement,
        vector.discard.path,
        vector.discard.offset,
    )


@pytest.mark.parametrize("vector", ACKNOWLEDGEMENTS, ids=slug)
def test_acknowledgement_is_right_for_its_connection_packet_or_says_why_not(vector: Vector) -> None:
    """Discarded for its reference, protocol or checksum (ORG-6, ENC-7), or for its addresses (ENC-12, ENC-13)."""
    packet, connection_packet = decode(vector.frame, ether_type(vector)), vector.acknowledges
    assert connection_packet is not None
    assert isinstance(packet, Acknowledgement)
    belongs = acknowledges(packet, decode(connection_packet, ether_type(vector)))  # type: ignore[arg-type]
    assert belongs == (vector.discard is None or vector.discard.requirement not in ("ENC-7", "ORG-6"))


@pytest.mark.parametrize("vector", [v for v in READABLE if "/checksum" not in v.slug], ids=slug)
def test_checksum_is_right_by_another_sum(vector: Vector) -> None:
    """Of everything that does not ask about it (ENC-6)."""
    covered = describe().packet(vector.packet).covered
    if covered is not None:
        assert ones_complement_sum(vector.frame[slice(*covered)]) == 0xFFFF


def test_acceptable_vectors_break_what_only_a_router_sees() -> None:
    """The rule that a vector names is not one that a reader of frames has to know."""
    by_requirement = {
        rule.requirement
        for packet in describe().packets
        for field in packet.fields
        for rule in field.rules
        if rule.stage is Stage.PACKET
    } | {same.requirement for packet in describe().packets for same in packet.rules}
    for vector in READABLE:
        if vector.result is Result.ACCEPTABLE:
            assert vector.discard is not None
            assert vector.discard.requirement in by_requirement | {"ENC-2", "ENC-7", "ORG-6"}, vector.slug
        else:
            assert vector.discard is None, vector.slug


def test_every_flag_is_used_and_explained() -> None:
    assert set(Flag) - {flag for vector in VECTORS for flag in vector.flags} == set()
    assert [vector.slug for vector in VECTORS if not vector.flags or not vector.about] == []
    assert {requirement for flag in Flag for requirement in flag.requirements} <= registry().keys()
    assert {vector.discard.requirement for vector in VECTORS if vector.discard} <= registry().keys()


def test_flags_have_names_apart() -> None:
    """Two with the same words would be one to Python."""
    assert len({flag.description for flag in Flag}) == len(Flag) == len(Flag.__members__)
