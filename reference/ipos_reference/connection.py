"""What the router knows of one client's connection beyond the TCP endpoint itself."""

from dataclasses import dataclass, field

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.encapsulation import Reference

from ipos_reference.addresses import Address
from ipos_reference.exchange import Exchange
from ipos_reference.hold import Hold
from ipos_reference.keep_alive import Probes
from ipos_reference.numbers import Numbers
from ipos_reference.tcp.endpoint import Endpoint


@dataclass(slots=True)
class Migration:
    """How an endpoint came in.

    origin       MAC that the connection packet came from, the only one that a provisional endpoint listens to (TGT-12)
    numbers      of the connection packet, by which its repetition is known (TGT-3)
    provisional  no packet has made the endpoint definite yet
    since        when its connection packet came, seconds
    """

    origin: Mac
    numbers: Numbers
    provisional: bool
    since: float


@dataclass(slots=True)
class Connection:
    """One endpoint with its surroundings.

    number     FIG. 12's endpoint reference
    client     the client's address
    server     the address that the client talks to (CON-1)
    key        FIG. 12's key: the client and the endpoint's own address
    listener   the router's own port whose application serves it
    migration  None for an endpoint that was accepted here
    hold       packets that wait for the choice of a server, or for its answer
    chosen     the server chosen at the last request (ORG-3); None while there was none
    wish       the server that the operator wants it to have at its next request
    migrating  a connection packet of it is under way (ORG-8)
    attached   an application has been told of it
    exchange   where its application is with the client's requests, if that can be followed
    """

    number: int
    client: Address
    server: Address
    key: Reference
    listener: int
    endpoint: Endpoint
    migration: Migration | None = None
    hold: Hold = field(default_factory=Hold)
    chosen: IPv4 | None = None
    wish: IPv4 | None = None
    migrating: bool = False
    attached: bool = False
    exchange: Exchange | None = None
    probes: Probes = field(default_factory=Probes)
    opened_at: float = 0.0

    @property
    def provisional(self) -> bool:
        """Came in by migration and not yet definite (TGT-12)."""
        return self.migration is not None and self.migration.provisional
