"""A whole configuration: whether its tables fit together, and what they mean for the router."""

from ipaddress import IPv4Address, IPv4Network
from typing import Self

from ipos_spec.addresses import IPv4, mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.tables import COOKIE_MAP, LISTENING_SOCKETS, SERVER_STATE, URL_MAP
from ipos_spec.tables.records import CookieEntry, ListeningSocket, UrlEntry
from pydantic import Field, model_validator

from ipos_reference import url_prefix
from ipos_reference.applications import LocalAddress
from ipos_reference.configuration.tables import (
    CaptureTable,
    ControlTable,
    CookieTable,
    LanTable,
    ListenTable,
    PeerTable,
    RouterTable,
    RunTable,
    Table,
    UrlTable,
)
from ipos_reference.settings import Entered, Settings


class Configuration(Table):
    """The whole file."""

    router: RouterTable
    first_lan: LanTable
    second_lan: LanTable
    peer: list[PeerTable] = Field(default=[])
    listen: list[ListenTable] = Field(default=[])
    url: list[UrlTable] = Field(default=[])
    cookie: list[CookieTable] = Field(default=[])
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


def _ip(text: str) -> IPv4:
    return IPv4(int(IPv4Address(text)))


def _local(text: str) -> LocalAddress:
    if text.startswith("unix:"):
        return LocalAddress(path=text.removeprefix("unix:"))
    host, _, port = text.rpartition(":")
    return LocalAddress(host=host, port=int(port))
