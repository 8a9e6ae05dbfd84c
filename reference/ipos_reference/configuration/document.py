"""A whole configuration: whether its tables fit together, and what they mean for the router."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Self

from ipos_spec.addresses import IPv4, mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.tables import COOKIE_MAP, LISTENING_SOCKETS, SERVER_STATE, URL_MAP
from ipos_spec.tables.records import CookieEntry, ListeningSocket, UrlEntry
from pydantic import Field, model_validator

from ipos_reference import url_prefix
from ipos_reference.configuration.tables import (
    BoundsTable,
    CaptureTable,
    ControlTable,
    CookieTable,
    LanTable,
    ListenTable,
    ListenUdpTable,
    PeerTable,
    RouterTable,
    RunTable,
    StateTable,
    Table,
    UrlTable,
)
from ipos_reference.local_address import LocalAddress
from ipos_reference.request import RequestKind
from ipos_reference.service import Key, Served
from ipos_reference.settings import Entered, Settings


class Configuration(Table):
    """The whole file."""

    router: RouterTable
    first_lan: LanTable
    second_lan: LanTable
    peer: list[PeerTable] = Field(default=[])
    listen: list[ListenTable] = Field(default=[])
    listen_udp: list[ListenUdpTable] = Field(default=[])
    url: list[UrlTable] = Field(default=[])
    cookie: list[CookieTable] = Field(default=[])
    bounds: BoundsTable = BoundsTable()
    capture: CaptureTable | None = None
    control: ControlTable | None = None
    run: RunTable = RunTable()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_lans()
        self._check_measure()
        for name, tables in (("listen", self.listen), ("listen_udp", self.listen_udp)):
            _check_applications(name, tables)
        self._check_sessions()
        self._check_addresses()
        self._check_servers()
        self._check_bounds()
        return self

    def _check_lans(self) -> None:
        first, second = self.first_lan, self.second_lan
        if first.ether_type is not None:
            raise ValueError(
                "first_lan.ether_type: found a value, expected none: ipOS is spoken on the second LAN only"
            )
        if self.one_interface and first.port != second.port:
            raise ValueError(
                f"second_lan.port: found {second.port!r}, expected {first.port!r} as on the first LAN, whose interface "
                "it shares"
            )

    def _check_measure(self) -> None:
        router = self.router
        if router.measure == "applications" and (router.state is not None or not router.advertise):
            why = "router.state has been said" if router.state is not None else "router.advertise is not true"
            raise ValueError(
                f"router.measure: found {router.measure!r}, but nothing is measured since {why}; expected no such key"
            )

    def _check_sessions(self) -> None:
        for number, listen in enumerate(self.listen):
            if listen.session_cookie and listen.kind is not RequestKind.HTTP:
                raise ValueError(
                    f'listen.{number}.session_cookie: found true on a {listen.kind} port; expected kind = "http"'
                )

    def _check_addresses(self) -> None:
        own, gateway = self.router.address, self.router.gateway
        network = IPv4Network((own, self.router.prefix), strict=False)
        ends = (network.network_address, network.broadcast_address)
        if IPv4Address(own) in ends:
            raise ValueError(f"router.address: found {own!r}; expected an address between {ends[0]} and {ends[1]}")
        if gateway is not None and (gateway == own or not ends[0] < IPv4Address(gateway) < ends[1]):
            raise ValueError(f"router.gateway: found {gateway!r}; expected another address in {network}")
        taken = {own: "the router's own address"}
        for number, peer in enumerate(self.peer):
            if peer.address in taken:
                found = f"found {peer.address!r}, which is {taken[peer.address]}"
                raise ValueError(f"peer.{number}.address: {found}; expected an address of its own for each server")
            taken[peer.address] = f"peer.{number}'s"
            if mac(peer.mac) == mac(self.second_lan.mac):
                raise ValueError(f"peer.{number}.mac: found {peer.mac!r}, which is this router's own; expected another")

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
            ("peer.listens", LISTENING_SOCKETS, len(self.listen) + sum(len(p.listens) for p in self.peer)),
            ("peer.listens_udp", LISTENING_SOCKETS, len(self.listen_udp) + sum(len(p.listens_udp) for p in self.peer)),
            ("url", URL_MAP, sum(len(url.servers) for url in self.url)),
            ("cookie", COOKIE_MAP, len(self.cookie)),
        ):
            if records > table.bound.records:
                most = f"expected at most {table.bound.records} (TAB-4)"
                raise ValueError(f"{key}: found {records} records of {table.title}, {most}")

    @property
    def one_interface(self) -> bool:
        """Whether both LANs are on one interface (section 1 of the protocol)."""
        return self.first_lan.interface == self.second_lan.interface

    @property
    def session_cookies(self) -> frozenset[int]:
        """The ports whose answers give a client its session."""
        shared = {port for peer in self.peer for port in peer.listens}
        asked = {one.port: one.session_cookie for one in self.listen if one.kind is RequestKind.HTTP}
        return frozenset(port for port, wanted in asked.items() if (port in shared if wanted is None else wanted))

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
            udp_listeners=frozenset(listen.port for listen in self.listen_udp),
            processes={key: 0 for key, served in self.applications().items() if served.on_demand},
            advertise=self.router.advertise,
            session_cookies=self.session_cookies,
            memory_requirements={listen.port: listen.memory for listen in self.listen},
            entered=self._entered(),
            bounds=self.bounds.bounds(),
            timer_scale=self.router.timer_scale,
        )

    def _entered(self) -> Entered:
        servers = [(_ip(peer.address), peer) for peer in self.peer]
        # Whether a peer's application runs already is not known here: 0 says that it is there, and no more.
        tcp = (ListeningSocket(server_ip=ip, port=port, process=0) for ip, peer in servers for port in peer.listens)
        udp = (ListeningSocket(server_ip=ip, port=port, process=0) for ip, peer in servers for port in peer.listens_udp)
        own = (self.router.state or StateTable()).record(_ip(self.router.address))
        urls = (UrlEntry(url=url.prefix, server_ip=_ip(server)) for url in self.url for server in url.servers)
        return Entered(
            server_states=(own, *(peer.state.record(ip) for ip, peer in servers)),
            listening={Protocol.TCP: tuple(tcp), Protocol.UDP: tuple(udp)},
            urls=tuple(urls),
            cookies=tuple(CookieEntry(cookie_id=one.id, server_ip=_ip(one.server)) for one in self.cookie),
        )

    def applications(self) -> dict[Key, Served]:
        """The application of each port."""
        tables = [(Protocol.TCP, table) for table in self.listen] + [(Protocol.UDP, table) for table in self.listen_udp]
        return {
            (protocol, table.port): Served(
                address=_local(table.connect, protocol),
                command=tuple(table.command) if table.command is not None else None,
                on_demand=table.start == "demand",
                idle=table.idle,
            )
            for protocol, table in tables
        }


def _check_applications(name: str, tables: Sequence[ListenTable] | Sequence[ListenUdpTable]) -> None:
    ports = [table.port for table in tables]
    if len(set(ports)) != len(ports):
        raise ValueError(f"{name}.port: found one port twice, expected each once")
    for number, table in enumerate(tables):
        if table.start == "demand" and table.command is None:
            raise ValueError(f'{name}.{number}.command: missing; expected what starts it, since start is "demand"')
        if table.idle is not None and table.start != "demand":
            raise ValueError(
                f'{name}.{number}.idle: found {table.idle}; expected none, or start = "demand": what runs with the '
                "router ends with it"
            )


def _check_once(table: str, key: str, values: list[str]) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"{table}.{number}.{key}: found {value!r} twice, expected each once")


def _ip(text: str) -> IPv4:
    return IPv4(int(IPv4Address(text)))


def _local(text: str, protocol: Protocol) -> LocalAddress:
    if text.startswith("unix:"):
        return LocalAddress(path=text.removeprefix("unix:"), protocol=protocol)
    host, _, port = text.rpartition(":")
    return LocalAddress(host=host, port=int(port), protocol=protocol)
