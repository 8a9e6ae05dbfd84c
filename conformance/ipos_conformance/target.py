"""The target file: what is tested, where it stands, whom the suite plays, what its operator says about it."""

import sys
import tomllib
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

from ipos_spec.addresses import IPv4, Mac, ipv4_text, is_group_mac, is_unicast_ipv4, mac
from ipos_spec.ethernet import ETHER_TYPE
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from ipos_conformance.errors import TargetFileError

DEFAULT_TARGET = Path(__file__).parent / "targets" / "reference-tap.toml"


def _read_mac(text: object) -> Mac:
    address = mac(str(text))
    if is_group_mac(address):
        raise ValueError(f"{text} is a group address, expected one station's")
    return address


def _read_address(text: object) -> IPv4:
    return IPv4(int(IPv4Address(str(text))))


MacAddress = Annotated[Mac, BeforeValidator(_read_mac), PlainSerializer(lambda octets: octets.hex(":"))]
Address = Annotated[IPv4, BeforeValidator(_read_address), PlainSerializer(lambda number: str(IPv4Address(number)))]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Table(BaseModel):
    """One table of the file; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(Table):
    """[target]. In commands, `{python}` is the running interpreter and `{here}` the folder of the target file.

    interfaces  "target": the target makes the interfaces on which the suite stands (TAP);
                "veth": the suite makes virtual cables, the target gets the other ends, in a namespace of its own;
                "existing": the suite stands on interfaces that are there (hardware)
    """

    name: str
    firmware: str = ""
    interfaces: Literal["target", "veth", "existing"]
    launch: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _launch_where_needed(self) -> "Identity":
        if self.interfaces != "existing" and not self.launch:
            raise ValueError(f'launch: nothing, expected a command, because interfaces is "{self.interfaces}"')
        return self


class FirstLan(Table):
    """[first_lan]: the suite's interface, and the router's MAC on that LAN. target_interface: the veth's other end."""

    interface: Annotated[str, Field(min_length=1, max_length=15)]
    target_interface: Annotated[str, Field(min_length=1, max_length=15)] | None = None
    router_mac: MacAddress
    mtu: Annotated[int, Field(ge=576, le=65535)] = 1500


class SecondLan(FirstLan):
    """[second_lan]: as the first, and the EtherType under which ipOS travels (ENC-2)."""

    ether_type: Annotated[int, Field(ge=1, lt=0xFFFF)] = ETHER_TYPE


class Router(Table):
    """[router]: the target's own address, its prefix length, and the gateway that the suite plays."""

    address: Address
    prefix: Annotated[int, Field(ge=8, le=30)]
    gateway: Address

    @property
    def network(self) -> IPv4Network:
        """The first LAN's IP network."""
        return IPv4Network((self.address, self.prefix), strict=False)


class Suite(Table):
    """[suite]: the edge router that the suite plays, and the network of the clients behind it."""

    gateway_mac: MacAddress
    client_network: IPv4Network


class PeerStation(Table):
    """[[peer]]: another server's router that the suite plays on the second LAN."""

    address: Address
    mac: MacAddress


class Resource(Table):
    """A URL path that the target's server serves itself, and the file that holds the body of its answer."""

    path: Annotated[str, Field(pattern=r"^/[\x21-\x7e]*$", max_length=128)]
    content: Path


class Pixit(Table):
    """[pixit]: how to reach the target's functions.

    first, second  two resources of different content (the answer tells which request was accepted)
    large          one of at least 16 KiB, so that the answer needs many segments
    """

    http_port: Port
    closed_port: Port
    first: Resource
    second: Resource
    large: Resource


class Pics(Table):
    """[pics]: optional features that the target claims. extensions: the types 0x80-0xFF that it knows (ENC-4)."""

    extensions: tuple[Annotated[int, Field(ge=0x80, le=0xFF)], ...] = ()


class Timing(Table):
    """[timing], in seconds.

    start     how long the target may take until it answers for the first time
    answer    how long it may take for an answer of its own: acknowledgement, SYN/ACK, RST, ARP; one that comes later,
              but before the barriers that follow are answered, still counts
    barrier   how long the answer to a barrier is waited for, `barrier_attempts` times
    response  how long its application may take for the next octets of an answer
    transfer  how long a whole answer may take
    """

    start: Seconds = 10.0
    answer: Seconds = 0.3
    barrier: Seconds = 1.0
    response: Seconds = 3.0
    transfer: Seconds = 20.0
    barrier_attempts: Annotated[int, Field(ge=1, le=10)] = 2


class Target(Table):
    """The whole file."""

    target: Identity
    first_lan: FirstLan
    second_lan: SecondLan
    router: Router
    suite: Suite
    peer: Annotated[tuple[PeerStation, ...], Field(min_length=2)]
    pixit: Pixit
    pics: Pics = Pics()
    timing: Timing = Timing()
    here: Path = Field(default=Path(), exclude=True)

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
        if self.pixit.closed_port == self.pixit.http_port:
            raise ValueError(
                f"pixit.closed_port: {self.pixit.closed_port}, the HTTP port, expected one that nobody serves"
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

    def command(self, command: tuple[str, ...]) -> list[str]:
        """A command with its placeholders filled in."""
        return [part.replace("{python}", sys.executable).replace("{here}", str(self.here)) for part in command]

    def body(self, resource: Resource) -> bytes:
        """The octets that the server answers for this resource."""
        return (self.here / resource.content).read_bytes()


def read_target(path: Path) -> Target:
    """Read and check a target file. Raises TargetFileError with one line that names the key."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetFileError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetFileError(f"{path}: no TOML: {error}") from error
    if "here" in document:
        raise TargetFileError(f"{path}: here: found, expected no such key")
    try:
        target = Target.model_validate({**document, "here": path.resolve().parent})
    except ValidationError as error:
        raise TargetFileError(f"{path}: {_first_problem(error)}") from error
    _check_content(path, target)
    return target


def _first_problem(error: ValidationError) -> str:
    # A misspelt key is missing as well: the misspelling is what helps.
    problems = error.errors(include_url=False)
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    key = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"{key}: nothing found, expected a value"
    if first["type"] == "extra_forbidden":
        return f"{key}: found {first['input']!r}, expected no such key"
    if isinstance(first["input"], dict | BaseModel):
        return f"{key}: {problem}" if key else problem
    return f"{key}: found {first['input']!r}, expected: {problem}"


def _check_content(path: Path, target: Target) -> None:
    pixit = target.pixit
    bodies = {}
    for name, resource in (("first", pixit.first), ("second", pixit.second), ("large", pixit.large)):
        try:
            bodies[name] = target.body(resource)
        except OSError as error:
            found = f"found {str(resource.content)!r} ({error.strerror})"
            raise TargetFileError(f"{path}: pixit.{name}.content: {found}, expected a readable file") from error
    if bodies["first"] == bodies["second"]:
        raise TargetFileError(f"{path}: pixit.second.content: the same as pixit.first's, expected another")
    if len(bodies["large"]) < 16384:
        raise TargetFileError(f"{path}: pixit.large.content: {len(bodies['large'])} octets, expected at least 16384")
