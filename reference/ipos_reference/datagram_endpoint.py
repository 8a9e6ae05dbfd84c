"""One client's datagrams to one server address: what a router knows of them (UDP-1 to UDP-3)."""

from dataclasses import dataclass, field

from ipos_spec.addresses import Mac
from ipos_spec.encapsulation import Reference

from ipos_reference.addresses import Address
from ipos_reference.forwarding import Transit
from ipos_reference.hold import MAXIMUM_OCTETS, MAXIMUM_PACKETS


@dataclass(slots=True)
class DatagramEndpoint:
    """One client's datagrams to one server address.

    number, client, server, key, listener: as a TCP connection has them
    origin       MAC that its connection packet came from; None for one that began here
    provisional  no datagram has made it definite yet (TGT-12)
    held         packets that wait for an acknowledgement, in order of arrival
    migrating    a connection packet of it is under way
    heard        when the last datagram went either way, seconds
    """

    number: int
    client: Address
    server: Address
    key: Reference
    listener: int
    heard: float
    origin: Mac | None = None
    provisional: bool = False
    held: list[Transit] = field(default_factory=list)
    migrating: bool = False
    attached: bool = False

    def hold(self, packet: Transit) -> bool:
        """Hold a packet; False if there is no room (ORG-12)."""
        octets = sum(len(held.octets) for held in self.held) + len(packet.octets)
        if len(self.held) >= MAXIMUM_PACKETS or octets > MAXIMUM_OCTETS:
            return False
        self.held.append(packet)
        return True
