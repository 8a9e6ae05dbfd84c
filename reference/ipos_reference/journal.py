"""What a router tells of its own doings while it does them, to whoever wants to know.

Each call comes when the thing has just happened, so that what is handed in can be looked at as it stands now.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # these tell a journal, so that they can't be imported from here
    from ipos_reference.connection import Connection
    from ipos_reference.discards import Discard
    from ipos_reference.tables import Place
    from ipos_reference.tcp.segment import Segment


class Journal:
    """Keeps nothing; one that keeps something overrides what it is about."""

    def discarded(self, reason: "Discard", times: int) -> None:
        """Something was dropped; ``times`` is more than 1 where several packets waited for the same."""

    def placed(self, connection: "Connection", before: "Place | None", after: "Place | None") -> None:
        """An endpoint was entered into a table (``before`` is None), moved to another, or removed (``after``)."""

    def attached(self, connection: "Connection") -> None:
        """An application is told of an endpoint."""

    def acknowledged(self, *, again: bool) -> None:
        """A connection packet is acknowledged; ``again`` where its endpoint was there before it (TGT-3)."""

    def definite(self, connection: "Connection") -> None:
        """A provisional endpoint has become definite (TGT-12)."""

    def held(self, connection: "Connection") -> None:
        """A segment waits, unacknowledged, for the choice of a server (ORG-12)."""

    def arrives(self, connection: "Connection", segment: "Segment", now: float) -> None:
        """An endpoint is about to be given a segment of its client."""

    def arrived(self, connection: "Connection") -> None:
        """It has taken the segment of `arrives`, or dropped it."""


SILENT = Journal()
"""For a router that nobody listens to."""
