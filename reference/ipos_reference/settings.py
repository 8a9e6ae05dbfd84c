"""What an operator decides about a router, as one value; `configuration` reads it from a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.tables import FORWARD, FORWARD_CONNECT, LOCAL, TEMPORARY
from ipos_spec.tables.records import CookieEntry, ListeningSocket, ServerState, UrlEntry

from ipos_reference.request import RequestKind

IPV4_AND_TCP = 40
"""Octets of the headers of a TCP segment without options."""

ENCAPSULATION = 16
"""Octets that ipOS puts before a client's packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many records each table takes (TAB-4), and how many endpoints that ended are remembered (TGT-4)."""

    temporary: int = TEMPORARY.bound.records
    local: int = LOCAL.bound.records
    forward_connect: int = FORWARD_CONNECT.bound.records
    forward: int = FORWARD.bound.records
    ended: int = 1024


def idle(server: IPv4) -> ServerState:
    """The state of a server as long as nothing is known that would speak against it."""
    return ServerState(
        server_ip=server, tcp_connections=0, cpu_utilization=0, available_memory=2**64 - 1, available_bandwidth=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Records that the operator enters into the tables for choosing, so that no router needs to advertise (section 9).

    listening  sockets of other servers; the router's own are its listeners
    """

    server_states: tuple[ServerState, ...] = ()
    listening: Mapping[Protocol, tuple[ListeningSocket, ...]] = field(default_factory=dict)
    urls: tuple[UrlEntry, ...] = ()
    cookies: tuple[CookieEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A router's own addresses, its LANs and its neighbours.

    first_mtu, second_mtu  octets of an Ethernet payload
    peers                  second-LAN MAC of the router that owns each address (NBR-1)
    listeners              what each TCP port in Listening Sockets carries
    udp_listeners          UDP ports in Listening Sockets
    processes              who serves a port; 0 for one that is started on demand, numbered as they come if not named
    advertise              whether this router tells the others of its tables (section 9)
    session_cookies        HTTP ports whose answers give a client without a session one (section 10)
    memory_requirements    octets that the application of a TCP port needs; 0 for one that is not named
    entered                what the operator says of all servers, to choose one by
    timer_scale            factor on the timers of the protocol, not on TCP's (TIM-1)
    """

    address: IPv4
    prefix: int
    gateway: IPv4 | None
    first_mac: Mac
    second_mac: Mac
    first_mtu: int = 1500
    second_mtu: int = 1600
    ether_type: int = ETHER_TYPE
    peers: Mapping[IPv4, Mac] = field(default_factory=dict)
    listeners: Mapping[int, RequestKind] = field(default_factory=dict)
    udp_listeners: frozenset[int] = frozenset()
    processes: Mapping[tuple[Protocol, int], int] = field(default_factory=dict)
    advertise: bool = False
    session_cookies: frozenset[int] = frozenset()
    memory_requirements: Mapping[int, int] = field(default_factory=dict)
    entered: Entered = field(default_factory=Entered)
    bounds: Bounds = field(default_factory=Bounds)
    timer_scale: float = 1.0

    @property
    def offered_mss(self) -> int:
        """Octets; a segment of this size still fits when it is encapsulated (ORG-2)."""
        return min(self.first_mtu, self.second_mtu - ENCAPSULATION) - IPV4_AND_TCP

    def next_hop(self, destination: IPv4) -> IPv4 | None:
        """Whom to hand a packet for ``destination`` on the first LAN, or None without a route."""
        shift = 32 - self.prefix
        return destination if destination >> shift == self.address >> shift else self.gateway
