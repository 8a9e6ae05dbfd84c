"""Frames of two LANs in the order of their times."""

from hypothesis import given
from hypothesis import strategies as st
from ipos_reference.lab.sniffer import Sniffed, ready


def at(*times: int) -> list[Sniffed]:
    return [Sniffed(time, "first LAN", b"") for time in times]


def test_a_frame_that_came_while_the_other_lan_was_read_waits() -> None:
    now, later = ready(at(30, 10, 20), until_ns=20)
    assert (now, later) == (at(10, 20), at(30))


@given(st.lists(st.lists(st.integers(0, 100), max_size=5), max_size=10))
def test_whatever_is_read_when_it_is_written_in_order(rounds: list[list[int]]) -> None:
    """Each round brings only frames later than the one before was read until."""
    written: list[Sniffed] = []
    later: list[Sniffed] = []
    for number, times in enumerate(rounds):
        read = at(*(100 * number + time for time in times))
        now, later = ready([*later, *read], until_ns=100 * number + 50)
        written += now
    written += later
    assert written == sorted(written)
    assert len(written) == sum(map(len, rounds))
