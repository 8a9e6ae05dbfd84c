"""The values of the small world that the model explores: a client, three routers, the second LAN.

Sequence numbers count octets from the start of a connection: a request is one octet, its response one octet. That
numbers of two connections never fall into each other's window is TCP's own affair (RFC 9293 3.4.1) and taken for
granted: a segment carries its connection beside its number.
"""

from enum import IntEnum
from typing import NamedTuple

from ipos_spec.states.table import State

ROUTERS = ("A", "B", "C")
OWNER = 0
"""Router A owns the server address, and the first LAN brings it all the client's packets."""
FIRST_LAN = -1
"""In place of a router: the packet came from the first LAN."""
NOWHERE = -1
STALE = 99
"""A connection of long ago, of which only a SYN is left."""


class Kind(IntEnum):
    """What a segment of the client is."""

    SYN = 0
    ACK = 1
    DATA = 2
    FIN = 3
    LAST_ACK = 4  # of the holder's FIN
    RST = 5


class Segment(NamedTuple):
    """A segment of the client: of which connection, from which octet on, what it acknowledges."""

    kind: Kind
    connection: int
    seq: int
    ack: int


class Type(IntEnum):
    """Types 1, 2 and 3 of FIG. 11B."""

    CONNECTION = 1
    PACKET = 2
    ACKNOWLEDGEMENT = 3


class Frame(NamedTuple):
    """A frame on the second LAN.

    numbers  rcv_nxt and snd_nxt of the connection information, or of the one that is acknowledged
    hops     how many routers have forwarded the client's packet
    """

    type: Type
    source: int
    target: int
    connection: int
    numbers: tuple[int, int]
    segment: Segment | None = None
    hops: int = 0


class Endpoint(NamedTuple):
    """One side of the client's connection at a router.

    finished  the client's FIN was taken, the router's own FIN is out
    buffered  octets acknowledged, but not yet given to an application (only without ORG-12)
    held      segments that wait for the choice or for the acknowledgement
    target    where it is migrating to
    origin    where it came from, and with which numbers; None if it was accepted here
    """

    state: State
    connection: int
    rcv: int = 0
    snd: int = 0
    una: int = 0
    finished: bool = False
    buffered: int = 0
    held: tuple[Segment, ...] = ()
    target: int = NOWHERE
    origin: int = NOWHERE
    made: tuple[int, int] | None = None


class Entry(NamedTuple):
    """A Forward entry; beside is the connection of the SYN that it doubts, or of the half-open endpoint."""

    state: State
    connection: int
    numbers: tuple[int, int]
    target: int
    beside: int = NOWHERE


class Ended(NamedTuple):
    """What is remembered of a migrated endpoint that ended."""

    connection: int
    numbers: tuple[int, int]


class Router(NamedTuple):
    """The tables of one router, as far as they concern this client."""

    endpoint: Endpoint | None = None
    entry: Entry | None = None
    ended: tuple[Ended, ...] = ()


class Phase(IntEnum):
    """Where the client stands with its newest connection."""

    CLOSED = 0
    SYN_SENT = 1
    OPEN = 2
    FIN_SENT = 3


class Client(NamedTuple):
    """The client: its newest connection, octets acknowledged to it (una), octets of responses that it has (got)."""

    connection: int = -1
    phase: Phase = Phase.CLOSED
    una: int = 0
    got: int = 0


class Saying(IntEnum):
    """What may follow from a step."""

    RESET = 0  # an RST to the client
    CHALLENGE = 1  # an acknowledgement to the client, from an endpoint of a certain connection, with its rcv_nxt
    INPUT = 2  # a segment is taken again
    ENDS = 3  # TCP has ended the endpoint


class Said(NamedTuple):
    """Something that follows from a step and is still to be done."""

    what: Saying
    router: int
    connection: int = 0
    seq: int = 0
    segment: Segment | None = None
    choice: int = NOWHERE


class World(NamedTuple):
    """Everything. lan is sorted and has each frame once; consumed has the request octets per connection.

    left   migrations, duplicates and stale SYNs that may still happen
    said   what follows at once; empty between two moves
    wrong  the property that a step has just broken
    """

    client: Client
    routers: tuple[Router, ...]
    lan: tuple[Frame, ...]
    consumed: tuple[int, ...]
    left: tuple[int, int, int]
    said: tuple[Said, ...] = ()
    wrong: str = ""


def with_router(world: World, number: int, router: Router) -> World:
    """The world with one router's tables changed."""
    routers = world.routers
    return world._replace(routers=(*routers[:number], router, *routers[number + 1 :]))


def with_endpoint(world: World, number: int, endpoint: Endpoint | None) -> World:
    """The world with one router's endpoint changed, or gone."""
    return with_router(world, number, world.routers[number]._replace(endpoint=endpoint))


def with_entry(world: World, number: int, entry: Entry | None) -> World:
    """The world with one router's Forward entry changed, or gone."""
    return with_router(world, number, world.routers[number]._replace(entry=entry))


def alive(world: World, connection: int) -> bool:
    """Whether the client still cares for this connection: it repeats what is unacknowledged and answers probes."""
    return world.client.connection == connection and world.client.phase is not Phase.CLOSED
