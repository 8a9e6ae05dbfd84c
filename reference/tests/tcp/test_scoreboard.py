"""The scoreboard against RFC 6675's definitions, which are about single octets and taken literally here."""

from hypothesis import given, settings
from hypothesis import strategies as st
from ipos_reference.tcp.scoreboard import MAXIMUM_RANGES, NOTHING, Rule, Scoreboard

FLIGHT, MSS = 120, 10
edge = st.one_of(st.integers(-5, FLIGHT + 5), st.integers(0, FLIGHT // 5).map(lambda n: 5 * n))
block = st.tuples(edge, st.sampled_from((-1, 0, 1, 4, 5, 10, 50))).map(lambda each: (each[0], each[0] + each[1]))
blocks = st.lists(block, max_size=12)


class Literal:
    """RFC 6675 2 to 4, octet by octet."""

    def __init__(self, reported):
        self.sacked = set()
        for first, last in reported:
            if 0 < first < last <= FLIGHT:
                self.sacked |= set(range(first, last))

    def is_lost(self, offset):
        above = [each for each in self.sacked if each > offset]
        ranges = [each for each in above if each - 1 not in self.sacked]
        return offset not in self.sacked and (len(ranges) >= 3 or len(above) > 2 * MSS)

    def pipe(self, high_rxt):
        missing = set(range(FLIGHT)) - self.sacked
        return sum(not self.is_lost(each) for each in missing) + sum(each < high_rxt for each in missing)

    def next_seg(self, high_rxt, *, new, rescue):
        """The rule, and the number that the segment must begin with (or, a rescue, end with)."""
        missing = set(range(FLIGHT)) - self.sacked
        between = [each for each in missing if high_rxt <= each < max(self.sacked, default=0)]
        if any(self.is_lost(each) for each in between):
            return Rule.LOST, min(each for each in between if self.is_lost(each))
        if new:
            return Rule.NEW, None
        if between:
            return Rule.NOT_YET_LOST, min(between)
        last = max(missing)
        return (Rule.RESCUE, last) if rescue and last >= high_rxt else None


@settings(max_examples=300)
@given(blocks, st.integers(-20, FLIGHT), st.booleans(), st.booleans())
def test_it_is_what_rfc_6675_says(reported, high_rxt, new, rescue):
    """RFC 6675 4, but for a rescue of what was repeated before."""
    board, literal = NOTHING.reported(reported, FLIGHT), Literal(reported)
    assert {each for first, last in board.ranges for each in range(first, last)} == literal.sacked
    assert [board.is_lost(each, MSS) for each in range(FLIGHT)] == [literal.is_lost(each) for each in range(FLIGHT)]
    assert board.pipe(FLIGHT, high_rxt, MSS) == literal.pipe(high_rxt)
    choice = board.next_seg(FLIGHT, high_rxt, MSS, new=new, rescue=rescue)
    expected = literal.next_seg(high_rxt, new=new, rescue=rescue)
    assert (choice and choice[0]) == (expected and expected[0])
    if choice is not None and choice[0] is not Rule.NEW:
        first, last = choice[1]
        assert not literal.sacked & set(range(first, last))
        assert expected[1] == (last - 1 if choice[0] is Rule.RESCUE else first)


@settings(max_examples=300)
@given(blocks, blocks)
def test_the_order_of_blocks_does_not_matter(earlier, later):
    """RFC 2018 5: bits that are set, however they were reported; in ranges that are apart, in order."""
    board = NOTHING.reported(earlier, FLIGHT).reported(later, FLIGHT)
    assert board == NOTHING.reported(later[::-1] + earlier, FLIGHT)
    edges = [edge for each in board.ranges for edge in each]
    assert edges == sorted(set(edges))
    assert board.reported(earlier, FLIGHT) is board


@given(blocks, st.integers(1, FLIGHT))
def test_what_is_acknowledged_leaves_and_a_broken_word_empties_it(reported, octets):
    """RFC 2018 8."""
    board, literal = NOTHING.reported(reported, FLIGHT), Literal(reported)
    left = board.acknowledged(octets)
    if octets in literal.sacked:
        assert left == NOTHING
    else:
        kept = {each + octets for first, last in left.ranges for each in range(first, last)}
        assert kept == {each for each in literal.sacked if each > octets}


def test_crumbs_fill_it_only_so_far():
    """The highest are forgotten, and are news to nobody when they are reported again."""
    crumbs = [(10 * n, 10 * n + 1) for n in range(1, 1000)]
    board = NOTHING.reported(crumbs, 10_000)
    assert board == Scoreboard(tuple(crumbs[:MAXIMUM_RANGES]))
    assert board.reported(crumbs[-3:], 10_000) is board
    assert board.reported([(5, 6)], 10_000).ranges[:2] == ((5, 6), (10, 11))
