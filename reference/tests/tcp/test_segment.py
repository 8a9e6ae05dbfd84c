"""Octets of a segment: RFC 9293 3.1 and 3.2, RFC 7323 2.2 and 3.2, RFC 2018 2 and 3."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipos_reference.tcp.segment import Flags, Options, Segment, SegmentError, build, parse
from ipos_spec.checksum import internet_checksum

CLIENT, SERVER = 0xC0000201, 0x7B7B7B01
WORDS, SHORTS = st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)
PAIRS = st.tuples(WORDS, WORDS)


@st.composite
def options(draw):
    """What fits into 40 octets: a SYN's options, or an established connection's."""
    timestamps = draw(st.none() | PAIRS)
    if draw(st.booleans()):
        scale = draw(st.none() | st.integers(0, 255))
        return Options(draw(st.none() | SHORTS), scale, draw(st.booleans()), (), timestamps)
    return Options(sack=tuple(draw(st.lists(PAIRS, max_size=3 if timestamps else 4))), timestamps=timestamps)


SEGMENTS = st.builds(
    Segment,
    source_port=SHORTS,
    destination_port=SHORTS,
    seq=WORDS,
    ack=WORDS,
    flags=st.integers(0, 255),
    window=SHORTS,
    options=options(),
    payload=st.binary(max_size=100),
    urgent=SHORTS,
)


def with_options(octets: bytes) -> bytes:
    """A segment whose options are these octets (a multiple of four), with a right checksum."""
    header = bytearray(20)
    header[12] = (20 + len(octets)) << 2
    segment = bytes(header) + octets
    pseudo = CLIENT.to_bytes(4, "big") + SERVER.to_bytes(4, "big") + bytes((0, 6)) + len(segment).to_bytes(2, "big")
    return segment[:16] + internet_checksum(pseudo + segment).to_bytes(2, "big") + segment[18:]


@given(SEGMENTS)
def test_parse_undoes_build(segment):
    assert parse(build(segment, CLIENT, SERVER), CLIENT, SERVER) == segment


@given(SEGMENTS)
def test_header_is_a_multiple_of_four_and_its_numbers_are_aligned(segment):
    octets = build(segment, CLIENT, SERVER)
    assert len(octets) == (octets[12] >> 4) * 4 + len(segment.payload)


@given(SEGMENTS, st.data())
def test_one_changed_octet_is_noticed(segment, data):
    """RFC 9293 3.1: the checksum covers header, text and pseudo header."""
    octets = bytearray(build(segment, CLIENT, SERVER))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SegmentError):
        parse(bytes(octets), CLIENT, SERVER)


def test_another_address_is_noticed():
    """RFC 9293 3.1: protection against misrouted segments."""
    octets = build(Segment(source_port=1, destination_port=2, seq=3, ack=4, flags=Flags.ACK, window=5), CLIENT, SERVER)
    with pytest.raises(SegmentError, match="checksum"):
        parse(octets, CLIENT, SERVER + 1)


@given(st.binary(max_size=120))
@example(b"")
def test_arbitrary_octets_raise_nothing_else(octets):
    with suppress(SegmentError):
        parse(octets, CLIENT, SERVER)


@given(st.binary(max_size=40).filter(lambda octets: len(octets) % 4 == 0))
def test_arbitrary_options_with_a_right_checksum_raise_nothing_else(octets):
    try:
        parsed = parse(with_options(octets), CLIENT, SERVER)
    except SegmentError:
        return
    assert isinstance(parsed.options, Options)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (bytes((2, 0, 0, 0)), "length 0"),
        (bytes((2, 1, 0, 0)), "length 1"),
        (bytes((2, 3, 5, 0)), "length 3, not 4"),
        (bytes((1, 1, 8, 10)), "length 10 of 2"),
        (bytes((1, 1, 1, 3)), "no length"),
        (bytes((5, 6, 0, 0, 0, 0, 0, 0)), "no number of blocks"),
    ],
)
def test_malformed_options_are_named(octets, message):
    """RFC 9293 3.1 MUST-7: illegal lengths."""
    with pytest.raises(SegmentError, match=message):
        parse(with_options(octets), CLIENT, SERVER)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (bytes((254, 4, 9, 9, 2, 4, 5, 0xB4)), Options(mss=1460)),
        (bytes((1, 1, 1, 1, 2, 4, 5, 0xB4)), Options(mss=1460)),
        (bytes((0, 2, 0, 0)), Options()),
        (bytes((2, 4, 0, 1, 2, 4, 0, 2)), Options(mss=2)),
        (bytes((3, 3, 200, 0)), Options(window_scale=200)),
    ],
    ids=["unknown kind", "padding in front", "after the end", "twice", "scale above 14"],
)
def test_odd_options_are_read(octets, expected):
    """RFC 9293 3.1 MUST-6: unknown options are skipped."""
    assert parse(with_options(octets), CLIENT, SERVER).options == expected


@pytest.mark.parametrize("offset", [0, 4, 15])
def test_malformed_data_offset(offset):
    octets = bytearray(with_options(b""))
    octets[12] = offset << 4
    with pytest.raises(SegmentError, match="data offset"):
        parse(bytes(octets), CLIENT, SERVER)


def test_too_many_options_do_not_build():
    segment = Segment(
        source_port=1,
        destination_port=2,
        seq=3,
        ack=4,
        flags=Flags.ACK,
        window=5,
        options=Options(timestamps=(1, 2), sack=((1, 2),) * 4),
    )
    with pytest.raises(ValueError, match="more than 40"):
        build(segment, CLIENT, SERVER)


def test_length_counts_syn_and_fin():
    """RFC 9293 3.4: SEG.LEN."""
    flags = Flags.SYN | Flags.FIN
    segment = Segment(source_port=1, destination_port=2, seq=3, ack=4, flags=flags, window=5, payload=b"abc")
    assert segment.length == 5
