"""When this machine kept the suite waiting for longer than it asked for: it may have kept the target waiting, too."""

_WORTH_NOTING = 0.01
"""Seconds; a machine that wakes somebody this much too late is busy with something else."""


class Stalls:
    """Each of them, with its end."""

    def __init__(self) -> None:
        self._found: list[tuple[float, float]] = []

    def note(self, ended: float, seconds: float) -> None:
        """We were woken so many seconds too late, at this time (seconds since the epoch)."""
        if seconds >= _WORTH_NOTING:
            self._found.append((ended, seconds))

    def worst_since(self, begin: float) -> float:
        """Seconds of the longest one that ended after this time; 0 if there was none."""
        return max((seconds for ended, seconds in self._found if ended >= begin), default=0.0)
