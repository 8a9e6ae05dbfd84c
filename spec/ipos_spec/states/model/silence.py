"""How long a client that lives may be silent, against how long a Forward entry waits for it.

The exploration takes for granted that an entry does not end while the endpoint behind it lives and its client answers
probes. That is a matter of lengths alone: all that can vary is how many probes get lost.
"""

from dataclasses import dataclass

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD, FORWARD_CONNECT

PROBES = 3
"""How many unanswered probes end an endpoint (TGT-13)."""
BEFORE_PROBES, BEFORE_PROBES_AFTER_FIN, BETWEEN_PROBES = (
    FORWARD_CONNECT.lifetime(name, Protocol.TCP).seconds for name in ("probe", "probe-after-fin", "probe-answer")
)
"""Seconds of silence before the first probe, and between one and the next (TGT-13)."""
ENTRY_TIME, CLOSING_TIME = (FORWARD.lifetime(name, Protocol.TCP).seconds for name in ("idle", "closing"))
"""Seconds without a packet after which an entry ends; after FIN or RST (FWD-2)."""
LONGEST = BEFORE_PROBES + PROBES * BETWEEN_PROBES
"""Seconds after which an endpoint has ended whose client is not heard of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence of a living client, and the entry's patience.

    lost     probes, or answers to them, that were lost in a row
    silence  seconds from the client's last packet to its next answer
    entry    seconds after which the entry ends without a packet
    """

    situation: str
    lost: int
    silence: int
    entry: int

    @property
    def outlived(self) -> bool:
        """Whether the entry is still there when the answer comes."""
        return self.silence < self.entry


def silences(*, entry_time: int = ENTRY_TIME, closing_time: int = CLOSING_TIME) -> tuple[Silence, ...]:
    """Every silence that a living client can keep, in every situation of its Forward entry."""
    situations = (
        ("an idle connection", BEFORE_PROBES, entry_time),
        ("after the client's FIN", BEFORE_PROBES_AFTER_FIN, closing_time),
        ("after an RST that is not the client's", BEFORE_PROBES, closing_time),
    )
    return tuple(
        Silence(situation=situation, lost=lost, silence=first + lost * BETWEEN_PROBES, entry=patience)
        for situation, first, patience in situations
        for lost in range(PROBES)
    )
