"""Received octets: in order for the application, out of order until the gap is filled (RFC 9293 3.10.7.4)."""

from dataclasses import dataclass, field

MAXIMUM_BLOCKS = 256
"""Separate out-of-order blocks; beyond, new ones are dropped (the client repeats them): one-octet segments with gaps
must not make every arrival a long search."""


@dataclass(slots=True)
class _Block:
    """Contiguous octets from stream position start on."""

    start: int
    octets: bytearray

    @property
    def end(self) -> int:
        return self.start + len(self.octets)

    def absorb(self, other: "_Block") -> "_Block":
        """Join with a block that overlaps or touches this one."""
        first, second = (self, other) if self.start <= other.start else (other, self)
        first.octets += second.octets[max(0, first.end - second.start) :]
        return first


@dataclass(slots=True)
class Reassembly:
    """Positions count the stream's octets from 0, unbounded, so nothing in here wraps; offsets are from rcv_nxt."""

    _position: int = 0
    _ready: bytearray = field(default_factory=bytearray)
    _blocks: list[_Block] = field(default_factory=list)
    """Most recently touched first, as RFC 2018 4 wants them reported; they neither overlap nor touch."""
    _end: int | None = None
    """Position of the FIN, once one has arrived."""
    complete: bool = False
    """The FIN has been reached."""

    @property
    def readable(self) -> int:
        """Octets that are in order and not yet read."""
        return len(self._ready)

    @property
    def has_gap(self) -> bool:
        """Something is held beyond rcv_nxt (a FIN alone too)."""
        return bool(self._blocks) or (self._end is not None and not self.complete)

    def read(self, limit: int) -> bytes:
        """Take up to limit octets in order."""
        octets = bytes(self._ready[: max(0, limit)])
        del self._ready[: len(octets)]
        return octets

    def insert(self, offset: int, octets: bytes, *, fin: bool) -> int:
        """Take a segment's text, whose first octet is offset octets after rcv_nxt; returns how far rcv_nxt advances.

        A FIN counts as one. Octets before rcv_nxt or after a FIN are dropped.
        """
        if self.complete:
            return 0
        start = self._position + offset
        if fin and self._end is None:
            self._end = start + len(octets)
        skipped = max(0, self._position - start)
        stop = len(octets) if self._end is None else max(0, self._end - start)
        self._hold(_Block(start + skipped, bytearray(octets[skipped:stop])))
        return self._advance()

    def blocks(self, limit: int) -> list[tuple[int, int]]:
        """Up to limit blocks beyond rcv_nxt as offsets (first, one past the last), most recent first."""
        return [(b.start - self._position, b.end - self._position) for b in self._blocks[:limit]]

    def _hold(self, new: _Block) -> None:
        if not new.octets:
            return
        apart: list[_Block] = []
        joined = new
        for block in self._blocks:
            if block.end < new.start or new.end < block.start:
                apart.append(block)
            else:
                joined = joined.absorb(block)
        if len(apart) < MAXIMUM_BLOCKS or new.start == self._position:
            self._blocks = [joined, *apart]

    def _advance(self) -> int:
        before = self._position
        for block in self._blocks[:1]:
            if block.start == self._position:
                self._ready += block.octets
                self._position = block.end
                del self._blocks[0]
        if self._position == self._end:
            self.complete = True
            self._blocks.clear()
            return self._position - before + 1
        return self._position - before
