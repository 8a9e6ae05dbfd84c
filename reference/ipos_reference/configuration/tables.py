"""The tables of a configuration file: their keys, and what is taken for one that is not said."""

from dataclasses import replace
from typing import Annotated, Literal

from ipos_spec.addresses import IPv4
from ipos_spec.tables.records import ServerState
from pydantic import BaseModel, ConfigDict, Field

from ipos_reference.capture_file import DEFAULT_LIMIT
from ipos_reference.configuration.values import (
    Command,
    CookieId,
    EtherType,
    HostAddress,
    InterfaceName,
    LocalAddressText,
    Octets,
    PortNumber,
    Probability,
    Records,
    SocketPath,
    StationMac,
    UrlPrefix,
)
from ipos_reference.ports.impairment import Impairment
from ipos_reference.request import RequestKind
from ipos_reference.settings import Bounds, idle

_BOUNDS = Bounds()


class Table(BaseModel):
    """What all tables have in common: a key that is not theirs is an error, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StateTable(Table):
    """``state`` of a server, to choose one by, until it tells its own; what is not said speaks for it.

    cpu in percent, memory in octets, bandwidth in bit/s, both of what is unused; TCP connections.
    """

    connections: Annotated[int, Field(ge=0, lt=2**32)] = 0
    cpu: Annotated[float, Field(ge=0, le=100)] = 0.0
    memory: Octets | None = None
    bandwidth: Octets = 0

    def record(self, server: IPv4) -> ServerState:
        """FIG. 12's record."""
        state = replace(
            idle(server),
            tcp_connections=self.connections,
            cpu_utilization=round(self.cpu * 100),
            available_bandwidth=self.bandwidth,
        )
        return state if self.memory is None else replace(state, available_memory=self.memory)


class RouterTable(Table):
    """``[router]``: the router's own address, which is its server's; prefix in bits; next hop to everybody else.

    advertise  the other routers are told of this one's tables (section 9 of the protocol)
    state      of its own server; without, a router that advertises looks every second
    measure    whose CPU time it then looks at: the machine's, or its own applications' alone, where several servers
               share a machine
    """

    address: HostAddress
    prefix: Annotated[int, Field(ge=1, le=30)]
    gateway: HostAddress | None = None
    timer_scale: Annotated[float, Field(gt=0, le=1)] = 1.0
    advertise: bool = False
    state: StateTable | None = None
    measure: Literal["machine", "applications"] = "machine"


class ImpairmentTable(Table):
    """``impairment`` of a LAN: probabilities, and the seed that makes them repeatable."""

    loss: Probability = 0.0
    corruption: Probability = 0.0
    duplication: Probability = 0.0
    reordering: Probability = 0.0
    seed: int = 0

    def impairment(self) -> Impairment | None:
        """The wire's badness, or None if it is good."""
        probabilities = self.model_dump(exclude={"seed"})
        return Impairment(seed=self.seed, **probabilities) if any(probabilities.values()) else None


class LanTable(Table):
    """``[first_lan]``, ``[second_lan]``: ``port`` is "tap" (made by the router) or "packet" (one that exists)."""

    port: Literal["tap", "packet"]
    interface: InterfaceName
    mac: StationMac
    mtu: Annotated[int, Field(ge=576, le=9216)] = 1500
    ether_type: EtherType | None = None
    impairment: ImpairmentTable = ImpairmentTable()


class PeerTable(Table):
    """``[[peer]]``: another server's address, the second-LAN MAC of its router, and the ports that it serves."""

    address: HostAddress
    mac: StationMac
    listens: list[PortNumber] = []
    listens_udp: list[PortNumber] = []
    state: StateTable = StateTable()


class _ApplicationTable(Table):
    """What the tables of TCP and UDP ports have in common.

    connect  where the application listens on this host
    command  starts it; without, somebody else does
    start    "router": with the router; "demand": when the first client needs it
    idle     seconds without a client after which an application started on demand is ended
    memory   octets that it needs
    """

    port: PortNumber
    connect: LocalAddressText
    command: Command | None = None
    start: Literal["router", "demand"] = "router"
    idle: Annotated[float, Field(gt=0, le=604_800)] | None = None
    memory: Octets = 0


class ListenTable(_ApplicationTable):
    """``[[listen]]``: a TCP port, what it carries, and its application.

    session_cookie  a client without a session gets its cookie with the first answer; unless said, where a peer serves
                    the port too
    """

    kind: RequestKind = Field(default=RequestKind.RAW, strict=False)
    session_cookie: bool | None = None


class ListenUdpTable(_ApplicationTable):
    """``[[listen_udp]]``: a UDP port, and its application, whose ``memory`` no choice asks for (UDP-1)."""


class UrlTable(Table):
    """``[[url]]``: how a URL begins, and the servers that may serve it."""

    prefix: UrlPrefix
    servers: Annotated[list[HostAddress], Field(min_length=1)]


class CookieTable(Table):
    """``[[cookie]]``: what a session's cookie says, and the server that keeps it."""

    id: CookieId
    server: HostAddress


class BoundsTable(Table):
    """``[bounds]``: how many endpoints or clients each table of FIG. 12 takes, for TCP and for UDP each (TAB-4)."""

    temporary: Records = _BOUNDS.temporary
    local: Records = _BOUNDS.local
    forward: Records = _BOUNDS.forward
    forward_connect: Records = _BOUNDS.forward_connect

    def bounds(self) -> Bounds:
        """As the router takes them."""
        return replace(_BOUNDS, **self.model_dump())


class CaptureTable(Table):
    """``[capture]``: a file for the frames of both LANs, and the MiB after which it begins anew."""

    file: Annotated[str, Field(min_length=1)]
    limit_mib: Annotated[int, Field(ge=1)] = DEFAULT_LIMIT


class ControlTable(Table):
    """``[control]``: the router can be asked over a Unix socket, under $XDG_RUNTIME_DIR or /run if none is named."""

    socket: SocketPath | None = None


class RunTable(Table):
    """``[run]``: whom the router becomes once its ports are open; seconds that live connections have at its end."""

    user: Annotated[str, Field(min_length=1)] | None = None
    grace: Annotated[float, Field(ge=0, le=3600)] = 5.0
