"""What the router knows of one client's connection beyond the TCP endpoint itself."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference

from ipos_reference.addresses import Address
from ipos_reference.hold import Hold
from ipos_reference.tcp.endpoint import Endpoint


class Numbers(NamedTuple):
    """The sequence numbers that tell one holder of a connection from another (TGT-3, TGT-4)."""

    iss: int
    irs: int
    snd_nxt: int
    rcv_nxt: int

    @classmethod
    def of(cls, source: ControlBlock | Endpoint) -> "Numbers":
        """The numbers in a connection packet, or of an endpoint as it stands."""
        return cls(source.iss, source.irs, source.snd_nxt, source.rcv_nxt)


@dataclass(slots=True)
class Migration:
    """How an endpoint came in.

    origin       MAC that the connection packet came from, the only one that a provisional endpoint listens to (TGT-12)
    numbers      of the connection packet, by which its repetition is known (TGT-3)
    provisional  no packet has made the endpoint definite yet
    expires      when a provisional endpoint is removed, seconds
    """

    origin: Mac
    numbers: Numbers
    provisional: bool
    expires: float


@dataclass(slots=True)
class Connection:
    """One endpoint with its surroundings.

    number     FIG. 12's endpoint reference
    client     the client's address
    server     the address that the client talks to (CON-1)
    key        FIG. 12's key: the client and the endpoint's own address
    listener   the router's own port whose application serves it
    migration  None for an endpoint that was accepted here
    hold       packets that wait for the choice of a server, while in Temporary
    chosen     the server chosen at the request (ORG-3); None while there is no request
    attached   an application has been told of it
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
    attached: bool = False
    opened_at: float = 0.0

    @property
    def provisional(self) -> bool:
        """Came in by migration and not yet definite (TGT-12)."""
        return self.migration is not None and self.migration.provisional
