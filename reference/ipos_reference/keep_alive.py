"""Whether a silent client is still there: when to ask, and when to stop asking (TGT-13; RFC 9293 3.8.4).

TGT-13 is about migrated endpoints, whose Forward entries live by the answers. One that was never migrated is asked as
hosts do it, so that clients that have vanished don't fill Local.
"""

from dataclasses import dataclass

from ipos_spec.encapsulation import Protocol
from ipos_spec.tables import FORWARD_CONNECT

from ipos_reference.tcp.endpoint import Endpoint, State

MOST = 3
"""Probes without an answer after which the endpoint is removed, silently."""

_SILENCE, _SILENCE_AFTER_FIN, _ANSWER = (
    FORWARD_CONNECT.lifetime(name, Protocol.TCP).seconds for name in ("probe", "probe-after-fin", "probe-answer")
)

SILENCE_OF_OWN = 7200.0
"""Seconds after which the client of an endpoint that was never migrated is probed: RFC 9293 3.8.4's two hours."""


@dataclass(slots=True)
class Probes:
    """Probes sent since the client was last heard, and when the last one was, seconds."""

    sent: int = 0
    at: float = 0.0

    def due(self, endpoint: Endpoint, scale: float, *, migrated: bool) -> float | None:
        """When the next probe is due, or the end behind the last; None where TCP's own timers see to the client.

        ``scale`` is the factor on the protocol's times (TIM-1); RFC 9293's are not among them.
        """
        if endpoint.state not in (State.ESTABLISHED, State.CLOSE_WAIT) or endpoint.outstanding:
            return None
        if self.sent and endpoint.heard_at < self.at:
            return self.at + _ANSWER * (scale if migrated else 1.0)
        self.sent = 0
        if not migrated:
            return endpoint.heard_at + SILENCE_OF_OWN
        return endpoint.heard_at + (_SILENCE_AFTER_FIN if endpoint.peer_finished else _SILENCE) * scale

    def send(self, endpoint: Endpoint, now: float) -> bool:
        """Probe once more; False if that was done often enough."""
        if self.sent >= MOST:
            return False
        self.sent += 1
        self.at = now
        endpoint.probe()
        return True
