"""A bound on how often something happens."""

from dataclasses import dataclass


@dataclass(slots=True)
class RateLimit:
    """At most ``per_second`` events in a second that begins with the first of them (RFC 5961 7)."""

    per_second: int
    _since: float = float("-inf")
    _count: int = 0

    def allows(self, now: float) -> bool:
        """Count one event and say whether it is within the limit."""
        if now - self._since >= 1.0:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= self.per_second
