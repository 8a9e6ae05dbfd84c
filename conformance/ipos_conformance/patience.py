"""How long an answer is waited for: a run against a target that leaves much unanswered has to end too."""

_MARGIN = 4
"""Times the slowest answer so far."""


class Patience:
    """The full time, until a target has left several things unanswered; then a multiple of what its answers took.

    full    seconds, from the target file
    least   seconds that are always waited
    many    how many answers may be missing before it is less than the full time
    """

    def __init__(self, full: float, *, least: float, many: int) -> None:
        self._full, self._least, self._many = full, least, many
        self._slowest = 0.0
        self._missing = 0

    @property
    def seconds(self) -> float:
        """How long to wait now."""
        if self._missing < self._many:
            return self._full
        return min(self._full, max(self._least, _MARGIN * self._slowest))

    def answered(self, after: float) -> None:
        """An answer came after so many seconds."""
        self._slowest = max(self._slowest, after)

    def missed(self) -> None:
        """None came."""
        self._missing += 1
