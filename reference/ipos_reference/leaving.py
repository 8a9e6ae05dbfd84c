"""Whether an endpoint may leave for another server at its request, and what says that it may not; pure functions."""

from dataclasses import dataclass

from ipos_spec.addresses import Mac

from ipos_reference.addresses import Address
from ipos_reference.tally import Happening
from ipos_reference.tcp.endpoint import Endpoint

SMALLEST_MSS = 64
"""Octets; a client with a smaller MSS is served where it is (ORG-9; no target would continue it, TCB-2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What the router knows when an endpoint is to leave.

    mac           second-LAN MAC of the chosen server's router, if it is known
    client_moved  this client's IP and port has a Forward entry, or a migration in progress (TAB-3)
    room          Forward has room, migrations in progress counted (TAB-4)
    let_go        no application has it, or the one that has it is done with the client (TGT-10)
    """

    endpoint: Endpoint
    client: Address
    mac: Mac | None
    client_moved: bool
    room: bool
    let_go: bool


def obstacle(departure: Departure) -> Happening | None:
    """Why an endpoint has to stay; None if it may go."""
    if not departure.client.port:
        return Happening.PORT_ZERO
    if departure.mac is None:
        return Happening.UNKNOWN_ROUTER
    if departure.client_moved:
        return Happening.SECOND_CONNECTION
    if not departure.room:
        return Happening.FORWARD_FULL
    if departure.endpoint.peer_mss < SMALLEST_MSS:
        return Happening.SMALL_SEGMENTS
    if not departure.let_go or not departure.endpoint.quiescent:
        return Happening.NOT_QUIESCENT
    return None
