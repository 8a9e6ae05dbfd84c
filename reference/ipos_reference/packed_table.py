"""A hash table of a fixed size in one block of memory, for a million records of which each packet needs one.

A dict of objects would do it in fewer lines, but takes four times the memory, in pieces: table, key, record and each of
its numbers are five or six places outside the processor's caches, so that a look-up among a million takes four times as
long as one among a thousand (`bench/tables.py`). Here key and record share one cache line.
"""

import mmap
import struct
from array import array
from collections.abc import Iterator
from typing import Any

SIZE = 64
"""Octets of a slot: a cache line."""

_HEADER = struct.Struct("=QI")  # the key, 0 in a free slot; the record's place in `_order`
_KEY = struct.Struct("=Q")
_KEYS_OF_A_SLOT = SIZE // _KEY.size
_PLACE_AT = _KEY.size
_PLACE = struct.Struct("=I")
_MULTIPLIER = 0x9E3779B1  # 2^32 divided by the golden ratio: keys that differ a little are spread (Knuth, 6.4)

HEADER = "=QI"
"""What a record's layout begins with: the key, and a number of the table's own."""

PAYLOAD = struct.calcsize(HEADER)
"""Offset of the record's own octets in a slot."""


class PackedTable:
    """Keys, 1 to 2^48 - 1, to slots of one block: open addressing with linear probing, never more than half full.

    The block is addressed from the beginning, but takes memory only where it has been used.

    layout  of a record, `HEADER` included
    """

    def __init__(self, bound: int, layout: struct.Struct = _HEADER) -> None:
        self._layout = layout
        slots = 1 << (2 * max(bound, 1) - 1).bit_length()
        self._mask = slots - 1
        self.block = mmap.mmap(-1, max(slots * SIZE, mmap.PAGESIZE))
        if hasattr(mmap, "MADV_HUGEPAGE") and slots * SIZE >= 1 << 24:
            self.block.madvise(mmap.MADV_HUGEPAGE)  # a page table that fits the processor's cache, too
        self._keys = memoryview(self.block).cast("Q")  # a key is read in a third of the time that `struct` takes
        self._order = array("I")
        self._bound = bound

    def find(self, key: int) -> int | None:
        """Offset of a key's slot in the block."""
        keys, mask = self._keys, self._mask
        slot = (key * _MULTIPLIER >> 7) & mask
        while (found := keys[slot * _KEYS_OF_A_SLOT]) != key:
            if not found:
                return None
            slot = (slot + 1) & mask
        return slot * SIZE

    def record(self, key: int) -> tuple[Any, ...] | None:
        """All fields of a key's record."""
        offset = self.find(key)
        return None if offset is None else self._layout.unpack_from(self.block, offset)

    def insert(self, key: int) -> int:
        """Offset of the slot of a new key. The caller sees to the bound; beyond it OverflowError is raised."""
        if len(self._order) >= self._bound:
            raise OverflowError(f"{self._bound} records are all that this table takes")
        slot = self._home(key)
        while self._key(slot):
            slot = (slot + 1) & self._mask
        _HEADER.pack_into(self.block, slot * SIZE, key, len(self._order))
        self._order.append(slot)
        return slot * SIZE

    def delete(self, offset: int) -> None:
        """Free a slot; records behind it that probing would no longer find move up (Knuth, 6.4, algorithm R)."""
        free = offset // SIZE
        self._forget_place(free)
        slot = free
        while True:
            slot = (slot + 1) & self._mask
            key = self._key(slot)
            if not key:
                break
            if (slot - self._home(key)) & self._mask >= (slot - free) & self._mask:
                self._move(slot, free)
                free = slot
        self.block[free * SIZE : (free + 1) * SIZE] = bytes(SIZE)

    def keys(self, first: int = 0, most: int | None = None) -> Iterator[int]:
        """At most so many keys, ``first`` left out, in no order that means anything; none may change meanwhile."""
        end = len(self._order) if most is None else min(len(self._order), first + most)
        return (self._key(self._order[place]) for place in range(first, end))

    def __len__(self) -> int:
        return len(self._order)

    def _home(self, key: int) -> int:
        return (key * _MULTIPLIER >> 7) & self._mask

    def _key(self, slot: int) -> int:
        return self._keys[slot * _KEYS_OF_A_SLOT]

    def _place(self, slot: int) -> int:
        (place,) = _PLACE.unpack_from(self.block, slot * SIZE + _PLACE_AT)
        return int(place)

    def _forget_place(self, slot: int) -> None:
        place, last = self._place(slot), self._order.pop()
        if last != slot:
            self._order[place] = last
            _PLACE.pack_into(self.block, last * SIZE + _PLACE_AT, place)

    def _move(self, slot: int, to: int) -> None:
        self.block[to * SIZE : (to + 1) * SIZE] = self.block[slot * SIZE : (slot + 1) * SIZE]
        self._order[self._place(to)] = to
