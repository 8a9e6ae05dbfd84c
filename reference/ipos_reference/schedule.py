"""When each thing is next due: a heap in which a thing may be set anew at any time."""

import heapq
from collections.abc import Iterator

_SLACK = 64
"""Stale entries that are left alone however few keys there are."""


class Schedule:
    """Due times by key; each key has at most one. Times are seconds of the caller's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._due: dict[int, float] = {}

    def set(self, key: int, when: float | None) -> None:
        """Make ``key`` due at ``when``, in place of any earlier word; None takes it out."""
        if when is None:
            self._due.pop(key, None)
        elif self._due.get(key) != when:
            self._due[key] = when
            heapq.heappush(self._heap, (when, key))
            self._drop_stale()

    def next(self) -> float | None:
        """When the first key is due."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # set anew or taken out since
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Iterator[int]:
        """Take out each key that is due, in order of time; what is set meanwhile for later waits for its turn."""
        while (when := self.next()) is not None and when <= now:
            _, key = heapq.heappop(self._heap)
            del self._due[key]
            yield key

    def _drop_stale(self) -> None:
        """A key set anew leaves its old entry behind until that is due: a timer that each packet restarts, many."""
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            self._heap = [(when, key) for key, when in self._due.items()]
            heapq.heapify(self._heap)
