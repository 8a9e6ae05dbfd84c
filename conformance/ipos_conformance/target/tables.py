"""The tables of a target file: their keys, what each means, and what is taken for one that is not said."""

import sys
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

from ipos_spec.addresses import IPv4, Mac, ipv4_text, is_group_mac, is_unicast_ipv4, mac
from ipos_spec.ethernet import ETHER_TYPE
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)


def _read_mac(text: object) -> Mac:
    address = mac(str(text))
    if is_group_mac(address):
        raise ValueError(f"{text} is a group address, expected one station's")
    return address


def _read_address(text: object) -> IPv4:
    return IPv4(int(IPv4Address(str(text))))


MacAddress = Annotated[
    Mac,
    BeforeValidator(_read_mac),
    PlainSerializer(lambda octets: octets.hex(":")),
    WithJsonSchema({"type": "string", "pattern": "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$"}),
]
Address = Annotated[
    IPv4,
    BeforeValidator(_read_address),
    PlainSerializer(lambda number: str(IPv4Address(number))),
    WithJsonSchema({"type": "string", "format": "ipv4"}),
]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=600)]
CONFIGURATION = "{configuration}"
"""In a command: the file by which the target is set up, another one in each phase."""

Scale = Annotated[float, Field(gt=0, le=1)]
Bound = Annotated[int, Field(ge=1, le=100_000)]


class Table(BaseModel):
    """One table of the file; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(Table):
    """[target]. In commands `{python}` is the running interpreter, `{here}` the target file's folder.

    `{configuration}` is what `configuration` names.

    name        of the device, for reports
    firmware    its version
    configuration  the file by which the target is set up, relative to the target file
    launch      the command that starts it; none if it runs already
    reset       a command that sets it up before the run
    interfaces  "target": the target makes the interfaces on which the suite stands (TAP);
                "veth": the suite makes virtual cables, the target gets the other ends, in a namespace of its own;
                "existing": the suite stands on interfaces that are there (hardware)
    """

    name: str
    firmware: str = ""
    interfaces: Literal["target", "veth", "existing"]
    configuration: Path = Path()
    launch: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _launch_where_needed(self) -> "Identity":
        if self.interfaces != "existing" and not self.launch:
            raise ValueError(f'launch: nothing, expected a command, because interfaces is "{self.interfaces}"')
        return self


class FirstLan(Table):
    """[first_lan]: ordinary IP between edge routers and router.

    interface         the suite's
    target_interface  the other end of its cable, where the suite makes one ("veth")
    router_mac        the target's MAC on this LAN
    mtu               what the target may send in one frame there, and has to be sent
    """

    interface: Annotated[str, Field(min_length=1, max_length=15)]
    target_interface: Annotated[str, Field(min_length=1, max_length=15)] | None = None
    router_mac: MacAddress
    mtu: Annotated[int, Field(ge=576, le=65535)] = 1500


class SecondLan(FirstLan):
    """[second_lan]: ipOS frames between routers; keys as of the first, and one more.

    interface         the suite's
    target_interface  the other end of its cable, where the suite makes one ("veth")
    router_mac        the target's MAC on this LAN
    mtu               what the target may send in one frame there, and has to be sent
    ether_type        under which ipOS travels (ENC-2): 0x0007, or 0x88B5 where equipment takes that for a length
    """

    ether_type: Annotated[int, Field(ge=1, lt=0xFFFF)] = ETHER_TYPE


class Router(Table):
    """[router]: what the target is configured with.

    address  its own address, on both LANs
    prefix   prefix length of the first LAN's IP network
    gateway  its way to the clients: the edge router, which the suite plays
    """

    address: Address
    prefix: Annotated[int, Field(ge=8, le=30)]
    gateway: Address

    @property
    def network(self) -> IPv4Network:
        """The first LAN's IP network."""
        return IPv4Network((self.address, self.prefix), strict=False)


class Suite(Table):
    """[suite]: whom the suite plays on the first LAN.

    gateway_mac     of the edge router
    client_network  of the clients behind it; nobody else may have these addresses
    rate            frames that the suite sends in a second at most, on each LAN
    """

    gateway_mac: MacAddress
    client_network: IPv4Network
    rate: Annotated[float, Field(ge=100, le=1_000_000)] = 10_000


class PeerStation(Table):
    """[[peer]]: another server's router that the suite plays on the second LAN; the target has to know both values.

    address  its server's
    mac      its own on the second LAN
    """

    address: Address
    mac: MacAddress


class Resource(Table):
    """A URL path that the target's server serves itself.

    path     from the first slash on
    content  file that holds the body of its answer, relative to the target file
    """

    path: Annotated[str, Field(pattern=r"^/[\x21-\x7e]*$", max_length=128)]
    content: Path


class Away(Resource):
    """A URL path that the target's operator has given to another server, one of the peers, whatever the load.

    path     from the first slash on
    content  file with what the target's own server answers for it, when that peer does not acknowledge (ORG-7)
    peer     address of that server, one of [[peer]]
    """

    peer: Address


class Echo(Table):
    """Ports of a service that sends back what it gets, octet for octet.

    local  served by the target's own server
    away   connections (or datagrams) to it go to the server of this peer, whatever the load; datagrams that it does not
           take are answered here (ORG-7: by UDP nothing else tells a client of its end)
    peer   address of that server, one of [[peer]]
    """

    local: Port | None = None
    away: Port | None = None
    peer: Address | None = None

    @model_validator(mode="after")
    def _peer_with_away(self) -> "Echo":
        if (self.away is None) != (self.peer is None):
            raise ValueError("away and peer belong together: found one of them, expected both or none")
        return self


class Pixit(Table):
    """[pixit]: how to reach the target's functions. What is not said leaves the cases that need it not applicable.

    http_port      open, served by a web server
    closed_port    served by nobody, by TCP or UDP: its RST proves silence on the first LAN
    first, second  two resources of different content (the answer tells which request was accepted)
    large          one of at least 16 KiB, so that the answer needs many segments
    away           one that is mapped to another server
    raw, udp       echo services over TCP, where the first octet is the request, and over UDP
    patient_port   of a TCP service that takes what it gets, says nothing, and stays open behind the client's FIN
    cookie         name of the cookie whose value is the key of Cookie Map
    """

    http_port: Port
    closed_port: Port
    first: Resource
    second: Resource
    large: Resource
    away: Away | None = None
    raw: Echo = Echo()
    udp: Echo = Echo()
    patient_port: Port | None = None
    cookie: Annotated[str, Field(pattern=r"^[!#-+\-.0-9A-Z^_a-z|~]+$", max_length=64)] | None = None

    def peers(self) -> Iterator[tuple[str, IPv4]]:
        """Each key that names a peer, and the address that it names."""
        for name, place in (("away", self.away), ("raw", self.raw), ("udp", self.udp)):
            if place is not None and place.peer is not None:
                yield f"pixit.{name}.peer", place.peer

    def ports(self) -> Iterator[tuple[str, int]]:
        """Each served port, and the key that names it."""
        yield "http_port", self.http_port
        if self.patient_port is not None:
            yield "patient_port", self.patient_port
        for name, echo in (("raw", self.raw), ("udp", self.udp)):
            for key, port in (("local", echo.local), ("away", echo.away)):
                if port is not None:
                    yield f"{name}.{key}", port


class Pics(Table):
    """[pics]: what the target claims. Claimed and absent is a failure; not claimed, its cases are not applicable.

    origin            it migrates its own clients away (needs [pixit] away)
    udp               it takes datagrams over, too, and (with origin) hands them over; its tables have room for 500
                      UDP endpoints, which nothing but time can end: a run leaves that many behind
    moves_on          it migrates a connection again at the next request (TGT-10)
    allow_list        it takes frames from its peers' MACs only (SEC-1)
    advertises        it broadcasts Table Advertisements (ADV-1)
    hears_advertisements  it chooses by those of other routers: a peer with nothing to do that tells of a socket, a URL
                      or a session gets its clients, however much the target's own server can do
    extensions        the types 0x80-0xFF that it knows (ENC-4)
    """

    origin: bool = True
    udp: bool = True
    moves_on: bool = False
    allow_list: bool = False
    advertises: bool = False
    hears_advertisements: bool = False
    extensions: tuple[Annotated[int, Field(ge=0x80, le=0xFF)], ...] = ()


class Timing(Table):
    """[timing], in seconds.

    start     how long the target may take until it answers for the first time
    answer    how long it may take for an answer of its own: acknowledgement, SYN/ACK, RST, ARP; one that comes later,
              but before the barriers that follow are answered, still counts
    barrier   how long the answer to a barrier is waited for
    barrier_attempts  how often a barrier is sent before silence counts as such
    response  how long its application may take for the next octets of an answer
    transfer  how long a whole answer may take
    scale     the factor on the timers of the requirements at which the target runs (TIM-1)
    longest_wait  a case that has to wait longer than this for one timer, scaled, is skipped, and never passes
    """

    start: Seconds = 10.0
    answer: Seconds = 0.3
    barrier: Seconds = 1.0
    response: Seconds = 3.0
    transfer: Seconds = 20.0
    barrier_attempts: Annotated[int, Field(ge=1, le=10)] = 2
    scale: Scale = 1.0
    longest_wait: Annotated[float, Field(gt=0, le=3600)] = 120.0


class TableBounds(Table):
    """How many records the target's tables take (TAB-4); what is not said is not tested.

    temporary, local, forward, forward_connect  FIG. 12's tables, for TCP
    """

    temporary: Bound | None = None
    local: Bound | None = None
    forward: Bound | None = None
    forward_connect: Bound | None = None


class Quick(Table):
    """[quick]: the same target set up anew for cases that wait for long timers or fill tables, in a second phase.

    configuration  as in [target]
    launch, reset  as in [target], whose launch is taken if there is none here
    scale          the factor on its timers (TIM-1)
    bounds         of its tables, as small as its operator can make them
    """

    configuration: Path = Path()
    launch: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    scale: Scale = 1.0
    bounds: TableBounds = TableBounds()

    @property
    def differs(self) -> bool:
        """Whether anything says how the target is set up for it."""
        return bool(self.configuration != Path() or self.launch or self.reset)


class Target(Table):
    """What is tested, where it stands, whom the suite plays, what its operator says about it.

    target      who it is, and how it is started
    first_lan   where its clients come from
    second_lan  where other routers are
    router      its addresses
    suite       whom the suite plays on the first LAN
    peer        whom the suite plays on the second LAN, at least two
    pixit       how to reach its functions
    pics        what is claimed
    timing      how slow it may be
    quick       the same target with timers scaled and tables small
    """

    target: Identity
    first_lan: FirstLan
    second_lan: SecondLan
    router: Router
    suite: Suite
    peer: Annotated[tuple[PeerStation, ...], Field(min_length=2)]
    pixit: Pixit
    pics: Pics = Pics()
    timing: Timing = Timing()
    quick: Quick | None = None
    here: Path = Field(default=Path(), exclude=True)
    file: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _consistent(self) -> "Target":
        if self.target.interfaces == "veth" and None in (
            self.first_lan.target_interface,
            self.second_lan.target_interface,
        ):
            raise ValueError('target_interface: missing in first_lan or second_lan, expected because of "veth"')
        if self.suite.client_network.overlaps(self.router.network):
            found = f"suite.client_network: {self.suite.client_network} overlaps {self.router.network}"
            raise ValueError(f"{found}, expected a network behind the gateway")
        self._check_addresses()
        for key, port in self.pixit.ports():
            if port == self.pixit.closed_port:
                raise ValueError(f"pixit.closed_port: {port}, which is {key}, expected one that nobody serves")
        played = {peer.address for peer in self.peer}
        for key, address in self.pixit.peers():
            if address not in played:
                raise ValueError(f"{key}: {ipv4_text(address)}, expected the address of a [[peer]]")
        if (
            self.quick is not None
            and self.quick.configuration == Path()
            and not (self.quick.launch or self.quick.reset)
        ):
            raise ValueError(
                "quick.configuration: nothing, expected one, or launch or reset that set the target up anew"
            )
        if self.suite.client_network.num_addresses < 4:
            raise ValueError(f"suite.client_network: {self.suite.client_network}, expected at least a /30")
        return self

    def _check_addresses(self) -> None:
        """What contradicts itself would otherwise look like a router that is wrong everywhere."""
        router, gateway = self.router, self.router.gateway
        if not is_unicast_ipv4(router.address):
            raise ValueError(f"router.address: {ipv4_text(router.address)}, expected the address of one host")
        if IPv4Address(gateway) not in router.network:
            raise ValueError(f"router.gateway: {ipv4_text(gateway)}, expected an address in {router.network}")
        hosts = [router.address, gateway, *(peer.address for peer in self.peer)]
        if len(set(hosts)) < len(hosts):
            raise ValueError("peer.address: one address twice among router, gateway and peers, expected all different")
        stations = [self.second_lan.router_mac, *(peer.mac for peer in self.peer)]
        if len(set(stations)) < len(stations) or self.first_lan.router_mac == self.suite.gateway_mac:
            raise ValueError("peer.mac: one MAC twice among router, gateway and peers of a LAN, expected all different")

    @property
    def one_lan(self) -> bool:
        """Whether both LANs are one physical interface (section 1)."""
        return self.first_lan.interface == self.second_lan.interface

    def command(self, command: tuple[str, ...], configuration: Path = Path()) -> list[str]:
        """A command with its placeholders filled in."""
        values = {"{python}": sys.executable, "{here}": str(self.here), CONFIGURATION: str(self.here / configuration)}
        return [_filled(part, values) for part in command]

    def body(self, resource: Resource) -> bytes:
        """The octets that the server answers for this resource."""
        return (self.here / resource.content).read_bytes()


def _filled(text: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text
