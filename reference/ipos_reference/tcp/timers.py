"""The timers of a connection as values. One at a time: each belongs to a situation that excludes the others.

The delayed ACK is not among them, it runs beside any of these (``Connection.ack_at``). All times in seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is outstanding."""


@dataclass(frozen=True, slots=True)
class Retransmit:
    """Something is outstanding (RFC 6298 5)."""

    expires: float
    since: float
    """When it was first sent, or the last time that something new was acknowledged."""
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Persist:
    """Something waits, but the client's window has no room for it (RFC 9293 3.8.6.1)."""

    expires: float
    since: float
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class FinWait2:
    """Our FIN is acknowledged, the client's has not come."""

    expires: float


@dataclass(frozen=True, slots=True)
class TimeWait:
    """Both FINs are acknowledged; the client may not know (RFC 9293 3.6)."""

    expires: float


Timer = Idle | Retransmit | Persist | FinWait2 | TimeWait
IDLE = Idle()
