"""What the lab is made of, as values: FIG. 2A's parts with their names, addresses, interfaces and routes.

client-1 --- isp-1 --- edge-router-a --+
               |                       |
               |                   first-lan --- server-1, server-2, server-3 --- second-lan
               |                       |
client-2 --- isp-2 --- edge-router-b --+

An interface is called by what it leads to. All addresses are for documentation (RFC 5737): the first LAN has
192.0.2.0/24, ISP 1 198.51.100.0/24, ISP 2 203.0.113.0/24. On the second LAN nobody has an IP address.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac, ipv4, mac

FIRST_LAN, SECOND_LAN = "first-lan", "second-lan"
"""Namespaces, each with a bridge of the same name."""

FIRST_MTU, SECOND_MTU = 1500, 1600
"""MTU-1 wants 1516 or more on the second LAN, so that a full packet of the first one fits in."""

HTTP, ECHO, CALCULATION = 80, 7, 9000
"""The servers' ports: web pages, datagrams that come back (RFC 862), and a calculation that keeps a CPU busy."""

_EDGE_A, _EDGE_B = "192.0.2.253", "192.0.2.254"
_FARM = "192.0.2.0/24"


class Interface(NamedTuple):
    """One end of a link. address: with its prefix length, empty for none; mac: what it must be, empty for any."""

    namespace: str
    name: str
    address: str = ""
    mac: str = ""


class Link(NamedTuple):
    """A cable between two namespaces."""

    one: Interface
    other: Interface
    mtu: int = FIRST_MTU


class Route(NamedTuple):
    """An entry in a namespace's routing table; of several to one destination the one with the least metric counts."""

    namespace: str
    destination: str
    gateway: str
    metric: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server and its ipOS router, which owns its address. name: of its namespace."""

    number: int

    @property
    def name(self) -> str:
        """Of its namespace, and of the ports that lead to it on both LANs."""
        return f"server-{self.number}"

    @property
    def address(self) -> str:
        """Public, as server 1's is in FIG. 6."""
        return f"192.0.2.{self.number}"

    @property
    def first_mac(self) -> str:
        """Its router's on the first LAN."""
        return f"02:00:00:00:01:{self.number:02x}"

    @property
    def second_mac(self) -> str:
        """Its router's on the second LAN."""
        return f"02:00:00:00:02:{self.number:02x}"


SERVERS = (Server(1), Server(2), Server(3))

PREFIXES = {"/accounts": SERVERS[0], "/images": SERVERS[1], "/downloads": SERVERS[2]}
"""URL Map: who serves what begins so. Whatever does not, any server may serve."""

GATEWAY = _EDGE_A
"""The servers' way to the clients: edge router A, which knows the way by edge router B."""

CLIENTS = {"client-1": "198.51.100.10", "client-2": "203.0.113.10"}
"""Behind ISP 1, and behind ISP 2."""

NAMESPACES = (
    *CLIENTS,
    "isp-1",
    "isp-2",
    "edge-router-a",
    "edge-router-b",
    FIRST_LAN,
    SECOND_LAN,
    *(server.name for server in SERVERS),
)
BRIDGES = {FIRST_LAN: FIRST_MTU, SECOND_LAN: SECOND_MTU}
"""Namespaces with a bridge of their own name, and its MTU."""

LINKS = (
    Link(Interface("client-1", "isp-1", "198.51.100.10/25"), Interface("isp-1", "client-1", "198.51.100.1/25")),
    Link(Interface("client-2", "isp-2", "203.0.113.10/25"), Interface("isp-2", "client-2", "203.0.113.1/25")),
    Link(Interface("isp-1", "isp-2", "203.0.113.249/30"), Interface("isp-2", "isp-1", "203.0.113.250/30")),
    Link(
        Interface("isp-1", "edge-router-a", "198.51.100.253/30"),
        Interface("edge-router-a", "isp-1", "198.51.100.254/30"),
    ),
    Link(
        Interface("isp-2", "edge-router-b", "203.0.113.253/30"),
        Interface("edge-router-b", "isp-2", "203.0.113.254/30"),
    ),
    Link(
        Interface("edge-router-a", FIRST_LAN, f"{_EDGE_A}/24", "02:00:00:00:01:0a"),
        Interface(FIRST_LAN, "edge-router-a"),
    ),
    Link(
        Interface("edge-router-b", FIRST_LAN, f"{_EDGE_B}/24", "02:00:00:00:01:0b"),
        Interface(FIRST_LAN, "edge-router-b"),
    ),
)

_NEAR, _BY_THE_OTHER = 10, 20
ROUTES = (
    Route("client-1", "default", "198.51.100.1", _NEAR),
    Route("client-2", "default", "203.0.113.1", _NEAR),
    Route("isp-1", "203.0.113.0/24", "203.0.113.250", _NEAR),
    Route("isp-2", "198.51.100.0/24", "203.0.113.249", _NEAR),
    Route("isp-1", _FARM, "198.51.100.254", _NEAR),
    Route("isp-1", _FARM, "203.0.113.250", _BY_THE_OTHER),
    Route("isp-2", _FARM, "203.0.113.254", _NEAR),
    Route("isp-2", _FARM, "203.0.113.249", _BY_THE_OTHER),
    Route("edge-router-a", "default", "198.51.100.253", _NEAR),
    Route("edge-router-a", "default", _EDGE_B, _BY_THE_OTHER),
    Route("edge-router-b", "default", "203.0.113.253", _NEAR),
    Route("edge-router-b", "default", _EDGE_A, _BY_THE_OTHER),
)
"""A line that fails takes its routes along, and the other ISP's come to count: no routing protocol is needed."""

LINES = {"isp-1": LINKS[3], "isp-2": LINKS[4]}
"""The Internet connections of FIG. 2A: from each ISP to its edge router."""


def edge_router_mac(name: str) -> Mac:
    """Of an edge router on the first LAN."""
    (end,) = (link.one for link in LINKS if link.one.namespace == name and link.other.namespace == FIRST_LAN)
    return mac(end.mac)


def by_mac() -> dict[Mac, str]:
    """What people call whoever has a MAC address on one of the LANs."""
    edges = {"02:00:00:00:01:0a": "edge router A", "02:00:00:00:01:0b": "edge router B"}
    routers = {address: f"server {one.number}" for one in SERVERS for address in (one.first_mac, one.second_mac)}
    return {mac(address): name for address, name in {**edges, **routers}.items()}


def by_address() -> dict[IPv4, str]:
    """What people call whoever has an IP address that is seen on the first LAN."""
    hosts = {address: name.replace("-", " ") for name, address in CLIENTS.items()}
    hosts |= {_EDGE_A: "edge router A", _EDGE_B: "edge router B"}
    hosts |= {server.address: f"server {server.number}" for server in SERVERS}
    return {ipv4(address): name for address, name in hosts.items()}


def names() -> dict[bytes | int, str]:
    """What people call somebody, by MAC or by IPv4 address."""
    found: dict[bytes | int, str] = dict(by_mac().items())
    found.update(by_address().items())
    return found
