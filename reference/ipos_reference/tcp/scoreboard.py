"""What a client has reported by SACK, and what that says about loss (RFC 2018, RFC 6675): values and pure functions.

All numbers are offsets from SND.UNA, so nothing in here wraps; a range is (first, one past the last). ``recovery`` does
with it what a connection has to do.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter

DUPLICATE_THRESHOLD = 3
"""RFC 6675 2's DupThresh, and RFC 5681 3.2's three duplicate ACKs."""
MAXIMUM_RANGES = 128
"""256 KiB in full segments of 1460 octets have 90 of them at most; crumbs must not make every ACK a long search.
The highest are forgotten first, which is safe: their octets count as outstanding, and at worst are sent again."""

Range = tuple[int, int]
_FIRST, _END = itemgetter(0), itemgetter(1)


class Rule(Enum):
    """Which of NextSeg's rules chose (RFC 6675 4)."""

    LOST = 1
    NEW = 2
    NOT_YET_LOST = 3
    RESCUE = 4


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """The octets that the client has beyond SND.UNA, in ranges that neither overlap nor touch, in order."""

    ranges: tuple[Range, ...] = ()

    def acknowledged(self, octets: int) -> "Scoreboard":
        """SND.UNA has advanced.

        A client that wants next what it has reported has dropped it (RFC 2018 8), and who knows what else: then
        everything is forgotten. No order of arrival makes an honest client's ACK end within a range.
        """
        if any(first <= octets < last for first, last in self.ranges):
            return NOTHING
        return Scoreboard(tuple((first - octets, last - octets) for first, last in self.ranges if last > octets))

    def reported(self, blocks: Iterable[Range], flight: int) -> "Scoreboard":
        """Take a segment's blocks, of which those that can't be are ignored, D-SACKs (RFC 2883) included.

        No block begins at SND.UNA, or the ACK field would say more; none ends after SND.MAX.
        """
        ranges = self.ranges
        for block in blocks:
            if 0 < block[0] < block[1] <= flight:
                ranges = _joined(ranges, block)
        kept = ranges[:MAXIMUM_RANGES]
        return self if kept == self.ranges else Scoreboard(kept)

    def octets(self, first: int, last: int) -> int:
        """How many octets from first on and before last have been reported."""
        position, total = bisect_right(self.ranges, first, key=_END), 0
        while position < len(self.ranges) and self.ranges[position][0] < last:
            start, end = self.ranges[position]
            total += min(end, last) - max(start, first)
            position += 1
        return total

    def lost_before(self, mss: int) -> int:
        """Every octet before this offset that was not reported is lost; 0: none is.

        It is a bound because whatever speaks for the loss of an octet speaks for that of those before it.
        """
        octets = 0
        for count, (first, last) in enumerate(reversed(self.ranges), start=1):
            octets += last - first
            if count == DUPLICATE_THRESHOLD or octets > (DUPLICATE_THRESHOLD - 1) * mss:
                return first
        return 0

    def is_lost(self, offset: int, mss: int) -> bool:
        """RFC 6675 4, IsLost: three ranges, or more than two segments' octets, have been reported beyond it."""
        return offset < self.lost_before(mss) and not self.octets(offset, offset + 1)

    def pipe(self, flight: int, high_rxt: int, mss: int) -> int:
        """RFC 6675 4, SetPipe: octets in the network. high_rxt is one past HighRxt."""
        return self._missing(self.lost_before(mss), flight) + self._missing(0, high_rxt)

    def first_hole(self, offset: int) -> Range | None:
        """The first gap at or after an offset, none beyond the highest reported octet."""
        start = max(0, offset)
        for first, last in self.ranges[bisect_right(self.ranges, start, key=_END) :]:
            if start < first:
                return start, first
            start = last
        return None

    def last_hole(self, flight: int) -> Range | None:
        """The gap with the highest outstanding octet that was not reported."""
        end = flight
        for first, last in reversed(self.ranges):
            if last < end:
                return last, end
            end = first
        return (0, end) if end else None

    def next_seg(self, flight: int, high_rxt: int, mss: int, *, new: bool, rescue: bool) -> tuple[Rule, Range] | None:
        """RFC 6675 4, NextSeg: the rule, and the range of which one segment is to go; of a rescue that is its end.

        ``new``: there is new text, and the window allows it. ``rescue``: this recovery's rescue is still to be had.
        """
        hole = self.first_hole(high_rxt)
        if hole is not None and self.is_lost(hole[0], mss):
            return Rule.LOST, hole
        if new:
            return Rule.NEW, (flight, flight)
        if hole is not None:
            return Rule.NOT_YET_LOST, hole
        last = self.last_hole(flight) if rescue else None
        # RFC 6675 would repeat the last octets even where that was done just now; the rule is about an end that was not
        return (Rule.RESCUE, last) if last is not None and last[1] > high_rxt else None

    def _missing(self, first: int, last: int) -> int:
        return max(0, last - first) - self.octets(first, last)


NOTHING = Scoreboard()


def _joined(ranges: tuple[Range, ...], new: Range) -> tuple[Range, ...]:
    """With one more range, joined with those that it overlaps or touches."""
    first, last = new
    left, right = bisect_left(ranges, first, key=_END), bisect_right(ranges, last, key=_FIRST)
    if left < right:
        first, last = min(first, ranges[left][0]), max(last, ranges[right - 1][1])
    return (*ranges[:left], (first, last), *ranges[right:])
