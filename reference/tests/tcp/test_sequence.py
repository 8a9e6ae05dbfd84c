"""Arithmetic of sequence numbers, held against unbounded integers (RFC 9293 3.4)."""

from hypothesis import given
from hypothesis import strategies as st
from ipos_reference.tcp import sequence

NUMBERS = st.integers(0, 2**32 - 1)
NEAR = st.integers(-(2**31) + 1, 2**31 - 1)


@given(NUMBERS, NEAR)
def test_difference_undoes_add(a, n):
    assert sequence.difference(sequence.add(a, n), a) == n


@given(NUMBERS, NEAR)
def test_order_is_that_of_the_distance(a, n):
    b = sequence.add(a, n)
    assert sequence.lt(a, b) == sequence.gt(b, a) == (n > 0)
    assert sequence.le(a, b) == sequence.ge(b, a) == (n >= 0)
    assert sequence.later(a, b) == sequence.later(b, a) == (b if n >= 0 else a)


@given(NUMBERS, st.integers(0, 2**31), st.integers(0, 2**32 - 1))
def test_window_holds_what_follows_its_left_edge(left, size, distance):
    assert sequence.in_window(sequence.add(left, distance), left, size) == (distance < size)


def test_half_way_round_is_before():
    """RFC 9293 leaves it open; what matters is that the result is one of both, and never out of range."""
    assert sequence.difference(2**31, 0) == -(2**31)
    assert sequence.difference(0, 2**31) == -(2**31)
