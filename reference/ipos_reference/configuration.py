"""A router's configuration file (TOML): what may stand in it, and what is wrong with one."""

import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal, Self

from ipos_spec.addresses import IPv4, is_group_mac, is_unicast_ipv4, mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE
from ipos_spec.fields import fields
from ipos_spec.tables import COOKIE_MAP, LISTENING_SOCKETS, SERVER_STATE, URL_MAP
from ipos_spec.tables.records import CookieEntry, ListeningSocket, ServerState, UrlEntry
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ipos_reference import url_prefix
from ipos_reference.applications import LocalAddress
from ipos_reference.capture_file import DEFAULT_LIMIT
from ipos_reference.control.place import LONGEST_PATH
from ipos_reference.ports.impairment import Impairment
from ipos_reference.request import RequestKind
from ipos_reference.settings import Entered, Settings, idle


class ConfigurationError(Exception):
    """The file can't be used; the text is one line that names the key, what was found and what was expected."""


def _host_address(text: str) -> str:
    try:
        address = int(IPv4Address(text))
    except ValueError:
        address = 0
    if not is_unicast_ipv4(address):
        raise ValueError("expected the IPv4 address of one host, such as 192.0.2.1")
    return text


def _station_mac(text: str) -> str:
    if is_group_mac(mac(text)):
        raise ValueError("expected the MAC address of one station: the lowest bit of its first octet must be 0")
    return text


def _interface_name(text: str) -> str:
    if not re.fullmatch(r"[!-~]{1,15}", text) or text in (".", "..") or set(text) & set("/:%"):
        raise ValueError("expected an interface's name: 1 to 15 characters without blank, '/', ':' and '%'")
    return text


def _ether_type(number: int) -> int:
    if number not in (ETHER_TYPE, ALTERNATIVE_ETHER_TYPE):
        raise ValueError(f"expected 0x{ETHER_TYPE:04x} or 0x{ALTERNATIVE_ETHER_TYPE:04x} (ENC-2)")
    return number


def _local_address(text: str) -> str:
    host, separator, port = text.rpartition(":")
    if text.startswith("unix:/") or (separator and host and port.isdecimal() and 0 < int(port) < 65536):
        return text
    raise ValueError("expected HOST:PORT or unix:/PATH, such as 127.0.0.1:8080")


def _url_prefix(text: str) -> str:
    if not re.fullmatch(r"(?=.)[A-Za-z0-9.-]*(/[!-~]*)?", text) or set(text) & set("?#"):
        raise ValueError('expected how a URL\'s path begins, with a host or not, such as "/images" or "www.a/images"')
    return text


def _cookie_id(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text) or set(text) & set('",;\\'):
        raise ValueError(
            "expected a cookie's value: ASCII without blank, quote, comma, semicolon and backslash (RFC 6265)"
        )
    return text


def _socket_path(text: str) -> str:
    if not text.startswith("/") or "\0" in text or len(text.encode()) > LONGEST_PATH:
        raise ValueError(f"expected an absolute path of at most {LONGEST_PATH} octets, such as /run/ipos/control.sock")
    return text


HostAddress = Annotated[str, AfterValidator(_host_address)]
StationMac = Annotated[str, AfterValidator(_station_mac)]
InterfaceName = Annotated[str, AfterValidator(_interface_name)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
Probability = Annotated[float, Field(ge=0, le=1)]
Octets = Annotated[int, Field(ge=0, lt=2**63)]
UrlPrefix = Annotated[str, Field(max_length=url_prefix.MAXIMUM), AfterValidator(_url_prefix)]
_COOKIE_MAXIMUM: int = dict(fields(CookieEntry))["cookie_id"].format.maximum
CookieId = Annotated[str, Field(max_length=_COOKIE_MAXIMUM), AfterValidator(_cookie_id)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StateTable(_Table):
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


class RouterTable(_Table):
    """``[router]``: the router's own address, which is its server's; prefix in bits; next hop to everybody else."""

    address: HostAddress
    prefix: Annotated[int, Field(ge=1, le=30)]
    gateway: HostAddress | None = None
    timer_scale: Annotated[float, Field(gt=0, le=1)] = 1.0
    state: StateTable = StateTable()


class ImpairmentTable(_Table):
    """``impairment`` of a LAN: probabilities, and the seed that makes them repeatable."""

    loss: Probability = 0.0
    duplication: Probability = 0.0
    reordering: Probability = 0.0
    seed: int = 0


class LanTable(_Table):
    """``[first_lan]``, ``[second_lan]``: ``port`` is "tap" (made by the router) or "packet" (one that exists)."""

    port: Literal["tap", "packet"]
    interface: InterfaceName
    mac: StationMac
    mtu: Annotated[int, Field(ge=576, le=9216)] = 1500
    ether_type: Annotated[int, AfterValidator(_ether_type)] | None = None
    impairment: ImpairmentTable = ImpairmentTable()


class PeerTable(_Table):
    """``[[peer]]``: another server's address, the second-LAN MAC of its router, and the ports that it serves."""

    address: HostAddress
    mac: StationMac
    listens: list[PortNumber] = []
    listens_udp: list[PortNumber] = []
    state: StateTable = StateTable()


class ListenTable(_Table):
    """``[[listen]]``: a TCP port, what it carries, where its application listens, and the command that starts it.

    memory  octets that the application needs
    """

    port: PortNumber
    kind: RequestKind = Field(default=RequestKind.RAW, strict=False)
    connect: Annotated[str, AfterValidator(_local_address)]
    command: Annotated[list[str], Field(min_length=1)] | None = None
    memory: Octets = 0


class UrlTable(_Table):
    """``[[url]]``: how a URL begins, and the servers that may serve it."""

    prefix: UrlPrefix
    servers: Annotated[list[HostAddress], Field(min_length=1)]


class CookieTable(_Table):
    """``[[cookie]]``: what a session's cookie says, and the server that keeps it."""

    id: CookieId
    server: HostAddress


class CaptureTable(_Table):
    """``[capture]``: a file for the frames of both LANs, and the MiB after which it begins anew."""

    file: Annotated[str, Field(min_length=1)]
    limit_mib: Annotated[int, Field(ge=1)] = DEFAULT_LIMIT


class ControlTable(_Table):
    """``[control]``: the router can be asked over a Unix socket, under $XDG_RUNTIME_DIR or /run if none is named."""

    socket: Annotated[str, AfterValidator(_socket_path)] | None = None


class RunTable(_Table):
    """``[run]``: whom the router becomes once its ports are open; seconds that live connections have at its end."""

    user: Annotated[str, Field(min_length=1)] | None = None
    grace: Annotated[float, Field(ge=0, le=3600)] = 5.0


class Configuration(_Table):
    """The whole file."""

    router: RouterTable
    first_lan: LanTable
    second_lan: LanTable
    peer: list[PeerTable] = []
    listen: list[ListenTable] = []
    url: list[UrlTable] = []
    cookie: list[CookieTable] = []
    capture: CaptureTable | None = None
    control: ControlTable | None = None
    run: RunTable = RunTable()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.first_lan.ether_type is not None:
            raise ValueError(
                "first_lan.ether_type: found a value, expected none: ipOS is spoken on the second LAN only"
            )
        if self.first_lan.interface == self.second_lan.interface:
            raise ValueError("second_lan.interface: found the first LAN's, expected another: one for both comes later")
        ports = [listen.port for listen in self.listen]
        if len(set(ports)) != len(ports):
            raise ValueError("listen.port: found one port twice, expected each once")
        self._check_addresses()
        self._check_servers()
        self._check_bounds()
        return self

    def _check_addresses(self) -> None:
        own, gateway = self.router.address, self.router.gateway
        network = IPv4Network((own, self.router.prefix), strict=False)
        if gateway is not None and (gateway == own or IPv4Address(gateway) not in network):
            raise ValueError(f"router.gateway: found {gateway!r}; expected another address in {network}")
        taken = {own: "the router's own address"}
        for number, peer in enumerate(self.peer):
            if peer.address in taken:
                found = f"found {peer.address!r}, which is {taken[peer.address]}"
                raise ValueError(f"peer.{number}.address: {found}; expected an address of its own for each server")
            taken[peer.address] = f"peer.{number}'s"

    def _check_servers(self) -> None:
        known = {self.router.address, *(peer.address for peer in self.peer)}
        named = [(f"url.{n}.servers", server) for n, url in enumerate(self.url) for server in url.servers]
        named += [(f"cookie.{n}.server", cookie.server) for n, cookie in enumerate(self.cookie)]
        for key, server in named:
            if server not in known:
                raise ValueError(f"{key}: found {server!r}; expected the router's own address or a peer's")
        _check_once("url", "prefix", [url_prefix.normalised(url.prefix) for url in self.url])
        _check_once("cookie", "id", [cookie.id for cookie in self.cookie])

    def _check_bounds(self) -> None:
        for key, table, records in (
            ("peer", SERVER_STATE, 1 + len(self.peer)),
            ("peer.listens", LISTENING_SOCKETS, len(self.listen) + sum(len(peer.listens) for peer in self.peer)),
            ("peer.listens_udp", LISTENING_SOCKETS, sum(len(peer.listens_udp) for peer in self.peer)),
            ("url", URL_MAP, sum(len(url.servers) for url in self.url)),
            ("cookie", COOKIE_MAP, len(self.cookie)),
        ):
            if records > table.bound.records:
                most = f"expected at most {table.bound.records} (TAB-4)"
                raise ValueError(f"{key}: found {records} records of {table.title}, {most}")

    def settings(self) -> Settings:
        """The part that concerns the sans-I/O core."""
        return Settings(
            address=_ip(self.router.address),
            prefix=self.router.prefix,
            gateway=_ip(self.router.gateway) if self.router.gateway is not None else None,
            first_mac=mac(self.first_lan.mac),
            second_mac=mac(self.second_lan.mac),
            first_mtu=self.first_lan.mtu,
            second_mtu=self.second_lan.mtu,
            ether_type=self.second_lan.ether_type or ETHER_TYPE,
            peers={_ip(peer.address): mac(peer.mac) for peer in self.peer},
            listeners={listen.port: listen.kind for listen in self.listen},
            memory_requirements={listen.port: listen.memory for listen in self.listen},
            entered=self._entered(),
            timer_scale=self.router.timer_scale,
        )

    def _entered(self) -> Entered:
        servers = [(_ip(peer.address), peer) for peer in self.peer]
        # Whether a peer's application runs already is not known here: 0 says that it is there, and no more.
        tcp = (ListeningSocket(server_ip=ip, port=port, process=0) for ip, peer in servers for port in peer.listens)
        udp = (ListeningSocket(server_ip=ip, port=port, process=0) for ip, peer in servers for port in peer.listens_udp)
        own = self.router.state.record(_ip(self.router.address))
        urls = (UrlEntry(url=url.prefix, server_ip=_ip(server)) for url in self.url for server in url.servers)
        return Entered(
            server_states=(own, *(peer.state.record(ip) for ip, peer in servers)),
            listening={Protocol.TCP: tuple(tcp), Protocol.UDP: tuple(udp)},
            urls=tuple(urls),
            cookies=tuple(CookieEntry(cookie_id=one.id, server_ip=_ip(one.server)) for one in self.cookie),
        )

    def applications(self) -> dict[int, LocalAddress]:
        """Where the application of each port listens."""
        return {listen.port: _local(listen.connect) for listen in self.listen}


def _check_once(table: str, key: str, values: list[str]) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"{table}.{number}.{key}: found {value!r} twice, expected each once")


def impairment(table: ImpairmentTable) -> Impairment | None:
    """The wire's badness, or None if it is good."""
    if not (table.loss or table.duplication or table.reordering):
        return None
    return Impairment(loss=table.loss, duplication=table.duplication, reordering=table.reordering, seed=table.seed)


def read(path: Path) -> Configuration:
    """Read and check a file.

    ``{python}`` and ``{here}`` in commands and ``capture.file`` become the interpreter and the file's
    directory. Raises ConfigurationError.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
    try:
        configuration = Configuration.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_first_problem(error)}") from error
    return _expanded(configuration, {"{python}": sys.executable, "{here}": str(path.resolve().parent)})


def _expanded(configuration: Configuration, places: Mapping[str, str]) -> Configuration:
    def expand(word: str) -> str:
        for place, text in places.items():
            word = word.replace(place, text)
        return word

    listen = [
        table.model_copy(update={"command": table.command and [expand(word) for word in table.command]})
        for table in configuration.listen
    ]
    capture = configuration.capture and configuration.capture.model_copy(
        update={"file": expand(configuration.capture.file)}
    )
    return configuration.model_copy(update={"listen": listen, "capture": capture})


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling says more.
    problem = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_what_was_meant(str(problem['loc'][-1]))}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    if not key:
        return problem["msg"].removeprefix("Value error, ")
    return f"{key}: found {problem['input']!r}; {_expectation(problem)}"


def _what_was_meant(key: str) -> str:
    known = {name for table in _Table.__subclasses__() for name in table.model_fields}
    if key in known:
        return "it belongs into another table"
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else "expected no such key"


def _expectation(problem: ErrorDetails) -> str:
    if problem["type"] == "list_type":
        return 'expected a list, such as ["program", "argument"]'
    message = problem["msg"].removeprefix("Value error, ")
    return re.sub(r"^(Input should be|(List|String) should have) ", "expected ", message)


def _ip(text: str) -> IPv4:
    return IPv4(int(IPv4Address(text)))


def _local(text: str) -> LocalAddress:
    if text.startswith("unix:"):
        return LocalAddress(path=text.removeprefix("unix:"))
    host, _, port = text.rpartition(":")
    return LocalAddress(host=host, port=int(port))
