"""Bounded memory: a campaign takes a night, and what was forgotten must not be taken for what never was."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_BITS = 1 << 24


class Memory(Generic[Key, Value]):
    """What was used last, up to a number of entries, each made when it is first asked for.

    make    a new entry, told whether its key is surely new
    bound   number of entries
    fresh   whether nothing was there before the first one
    """

    def __init__(self, make: Callable[[bool], Value], bound: int, *, fresh: bool) -> None:
        self._make = make
        self._bound = bound
        self._fresh = fresh
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        # One bit for each key that was ever forgotten, by its hash: two keys may share one, and the newer is then taken
        # for known. That errs on the side of the target.
        self._forgotten = bytearray(_BITS // 8)

    def get(self, key: Key) -> Value | None:
        """What is known of a key, if anything is."""
        return self._entries.get(key)

    def of(self, key: Key) -> Value:
        """What is known of a key, from now on if nothing was."""
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = self._make(self.is_new(key))
            if len(self._entries) > self._bound:
                self._forget()
        else:
            self._entries.move_to_end(key)
        return found

    def is_new(self, key: Key) -> bool:
        """Whether nothing can ever have been known of a key that is not known now."""
        bit = hash(key) % _BITS
        return self._fresh and not self._forgotten[bit >> 3] >> (bit & 7) & 1

    def _forget(self) -> None:
        key, _ = self._entries.popitem(last=False)
        bit = hash(key) % _BITS
        self._forgotten[bit >> 3] |= 1 << (bit & 7)
