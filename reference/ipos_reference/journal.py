"""What a router tells of its own doings while it does them, to whoever wants to know.

Each call comes when the thing has just happened, so that what is handed in can be looked at as it stands now.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # these tell a journal, so that they can't be imported from here
    from ipos_reference.addresses import Address
    from ipos_reference.connection import Connection
    from ipos_reference.discards import Discard
    from ipos_reference.forward_table import Onward
    from ipos_reference.tables import Place, Placed
    from ipos_reference.tally import Happening
    from ipos_reference.tcp.segment import Segment


class Journal:
    """Keeps nothing; one that keeps something overrides what it is about."""

    def discarded(self, reason: "Discard", times: int) -> None:
        """Something was dropped; ``times`` is more than 1 where several packets waited for the same."""

    def placed(self, connection: "Placed", before: "Place | None", after: "Place | None") -> None:
        """An endpoint was entered into a table (``before`` is None), moved to another, or removed (``after``)."""

    def attached(self, connection: "Placed") -> None:
        """An application is told of an endpoint."""

    def acknowledged(self, *, again: bool) -> None:
        """A connection packet is acknowledged; ``again`` where its endpoint was there before it (TGT-3)."""

    def definite(self, connection: "Placed") -> None:
        """A provisional endpoint has become definite (TGT-12)."""

    def held(self, connection: "Placed", count: int) -> None:
        """A packet waits, unacknowledged, for the choice of a server (ORG-12); ``count`` do now."""

    def migrates(self, connection: "Placed", onward: "Onward") -> None:
        """A connection packet is sent: from now on the client hears nothing from here (ORG-5, ORG-8)."""

    def migrated(self, connection: "Placed", onward: "Onward") -> None:
        """It was acknowledged: the client stands in Forward now (ORG-6)."""

    def given_up(self, connection: "Placed", onward: "Onward") -> None:
        """It was not, however often it was repeated (ORG-7)."""

    def kept(self, connection: "Placed", why: "Happening") -> None:
        """Another server was chosen, and this one serves the client all the same."""

    def forwarded(self, client: "Address", server: "Address", onward: "Onward") -> None:
        """A packet of a client was sent on (FWD-1)."""

    def entry_ended(self, client: "Address", server: "Address", why: str) -> None:
        """A Forward entry has gone."""

    def arrives(self, connection: "Connection", segment: "Segment", now: float) -> None:
        """An endpoint is about to be given a segment of its client."""

    def arrived(self, connection: "Connection") -> None:
        """It has taken the segment of `arrives`, or dropped it."""


SILENT = Journal()
"""For a router that nobody listens to."""
