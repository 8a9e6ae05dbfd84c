"""What the model knows of a bench: addresses, MACs, sizes, and how patient it has to be."""

from collections.abc import Mapping
from dataclasses import dataclass

from ipos_conformance.target import Target
from ipos_spec.addresses import IPv4, Mac

MARGIN, SHARE = 0.1, 0.05
"""How far from a requirement's time something may end, either way: seconds, and share of it (TIM-1)."""


@dataclass(frozen=True)
class Facts:
    """One target and who stands around it, from its target file.

    address, first_mac, second_mac   the router's own
    first_mtu, second_mtu            octets in a frame behind the Ethernet header
    peers                            other servers' addresses, and their routers' MACs on the second LAN
    clients, clients_mask            the network of the harness's clients, as numbers
    closed_port                      served by nobody, by TCP or UDP
    scale                            the factor on the requirements' timers (TIM-1)
    skew                             seconds that a frame on one LAN may be older than it seems beside the other LAN's
    """

    address: IPv4
    first_mac: Mac
    second_mac: Mac
    first_mtu: int
    second_mtu: int
    ether_type: int
    one_lan: bool
    gateway: IPv4
    peers: Mapping[IPv4, Mac]
    clients: int
    clients_mask: int
    closed_port: int
    extensions: frozenset[int]
    scale: float
    skew: float

    @classmethod
    def of(cls, target: Target) -> "Facts":
        """Read them off a target file."""
        network = target.suite.client_network
        return cls(
            address=target.router.address,
            first_mac=target.first_lan.router_mac,
            second_mac=target.second_lan.router_mac,
            first_mtu=target.first_lan.mtu,
            second_mtu=target.second_lan.mtu,
            ether_type=target.second_lan.ether_type,
            one_lan=target.one_lan,
            gateway=target.router.gateway,
            peers={peer.address: peer.mac for peer in target.peer},
            clients=int(network.network_address),
            clients_mask=int(network.netmask),
            closed_port=target.pixit.closed_port,
            extensions=frozenset(target.pics.extensions),
            scale=target.timing.scale,
            skew=target.timing.answer,
        )

    def is_client(self, address: int) -> bool:
        """Whether an address is in the network of the harness's clients."""
        return address & self.clients_mask == self.clients

    def is_somebody_else(self, address: int) -> bool:
        """Whether an address is surely none of the router's own."""
        return address in self.peers or address == self.gateway or self.is_client(address)

    def is_own(self, mac: bytes, lan_mac: Mac) -> bool:
        """Whether a MAC is the router's on that LAN, or where both are one interface, either one."""
        return mac == lan_mac or (self.one_lan and mac in (self.first_mac, self.second_mac))

    def at_least(self, seconds: float) -> float:
        """The earliest end of one of the requirements' times (TIM-1)."""
        return seconds * self.scale * (1 - SHARE) - MARGIN

    def at_most(self, seconds: float) -> float:
        """The latest one."""
        return seconds * self.scale * (1 + SHARE) + MARGIN
