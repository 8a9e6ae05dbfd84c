"""Send buffer and reassembly, held against plain models."""

from hypothesis import given
from hypothesis import strategies as st
from ipos_reference.tcp.reassembly import MAXIMUM_BLOCKS, Reassembly
from ipos_reference.tcp.send_buffer import SendBuffer

STREAM = bytes(range(256)) * 2


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120)), max_size=40))
def test_reassembly_delivers_the_stream_from_any_pieces(pieces):
    """Whatever the order, overlap and repetition: what is contiguous from the start is delivered, once, in order."""
    reassembly, arrived, position, delivered = Reassembly(), set(), 0, b""
    for start, length in pieces:
        stop = min(start + length, 400)
        arrived.update(range(start, stop))
        position += reassembly.insert(start - position, STREAM[start:stop], fin=stop == 400 and start < 400)
        expected = next((n for n in range(401) if n not in arrived), 400)
        assert position == expected + (expected == 400)
        delivered += reassembly.read(50)
        assert reassembly.complete == (expected == 400)
        if not reassembly.complete:
            ranges = reassembly.blocks(1000)
            covered = {position + n for first, last in ranges for n in range(first, last)}
            assert covered == {n for n in arrived if n > expected}
    assert STREAM.startswith(delivered + reassembly.read(1000))


def test_reassembly_is_bounded():
    """One-octet segments with gaps: at most so many blocks, and the gap can still be filled."""
    reassembly = Reassembly()
    for number in range(1, 2 * MAXIMUM_BLOCKS):
        assert reassembly.insert(2 * number, b"x", fin=False) == 0
    assert len(reassembly.blocks(10**6)) == MAXIMUM_BLOCKS
    assert reassembly.insert(0, b"yy", fin=False) == 3


def test_a_second_fin_elsewhere_changes_nothing():
    reassembly = Reassembly()
    reassembly.insert(3, b"", fin=True)
    reassembly.insert(5, b"", fin=True)
    assert reassembly.insert(0, b"abcdef", fin=False) == 4
    assert reassembly.read(10) == b"abc"


@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.binary(max_size=30), st.integers(0, 30)), max_size=30))
def test_send_buffer_keeps_what_was_not_released(start, steps):
    buffer, model, released = SendBuffer(start, 100), b"", 0
    for octets, release in steps:
        taken = buffer.append(octets)
        assert taken == min(len(octets), 100 - (len(model) - released))
        model += octets[:taken]
        released = min(released + release, len(model))
        buffer.release((start + released) % 2**32)
        assert len(buffer) == len(model) - released
        assert buffer.end == (start + len(model)) % 2**32
        assert buffer.octets((start + released) % 2**32, 7) == model[released : released + 7]
        buffer.release((start + max(0, released - 3)) % 2**32)
