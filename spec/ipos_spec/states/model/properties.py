"""What must never happen, in any order of events."""

from enum import StrEnum

from ipos_spec.states import origin, target
from ipos_spec.states.model.world import Phase, World


class Property(StrEnum):
    """The properties, each by the sentence that is false once it is broken."""

    ONE_VOICE = "never do two routers speak to the client for one connection"
    NO_CIRCLE = "no packet passes more routers than there are, and one more for each migration"
    CONSUMED_ONCE = "each request octet reaches an application once, and in order"
    NOTHING_LOST = "an octet that was acknowledged to the client is consumed, or its holder still has it"
    NOT_CUT = "no router resets a connection that the client still uses"
    UNMIXED = "no packet of an old connection acts on a new one"
    ANSWERED = "when nothing is lost any more, the client is answered"
    EMPTY = "when the client is gone, all tables become empty"


SPEAKING = frozenset({origin.HANDSHAKE, origin.WAITING, origin.HOLDING, origin.LOCAL, target.DEFINITE})
"""States in which a router may send to the client for an endpoint (ORG-8, TGT-12)."""


def broken(world: World) -> Property | None:
    """The property that this world breaks, by itself or by the step that led to it."""
    if world.wrong:
        return Property(world.wrong)
    speaking = [
        router.endpoint.connection
        for router in world.routers
        if router.endpoint is not None and router.endpoint.state in SPEAKING
    ]
    if len(set(speaking)) < len(speaking):
        return Property.ONE_VOICE
    client = world.client
    if client.una > world.consumed[client.connection]:
        held = [router.endpoint for router in world.routers if router.endpoint and router.endpoint.buffered]
        if not any(endpoint.connection == client.connection for endpoint in held):
            return Property.NOTHING_LOST
    return None


def broken_at_rest(world: World) -> Property | None:
    """The property that a world breaks in which nothing happens any more by itself."""
    if world.client.phase is not Phase.CLOSED:
        return Property.ANSWERED
    if any(router.endpoint or router.entry or router.ended for router in world.routers):
        return Property.EMPTY
    return None
