"""Knowledge, written briefly: what servers 1 to 4 have told a router that serves the first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ipos_reference.knowledge import Knowledge
from ipos_spec.addresses import IPv4, ipv4
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import ApplicationInformation, CookieEntry, ListeningSocket, ServerState, UrlEntry

NOW = 1000.0
PORT = 80


def server(number: int) -> IPv4:
    """The address of a server, by its number."""
    return IPv4(ipv4("192.0.2.0") + number)


@dataclass(frozen=True)
class Told:
    """What one server has told: CPU in percent, and how many seconds ago; ``ago`` is None for the operator's word."""

    cpu: float = 0
    connections: int = 0
    memory: int = 1000
    bandwidth: int = 0
    needs: int | None = None
    listens: bool = True
    ago: float | None = 0.0


@dataclass(frozen=True)
class Scene:
    """Servers by number; URL Map by prefix; Cookie Map."""

    servers: Mapping[int, Told]
    urls: Mapping[str, Iterable[int]] = field(default_factory=dict)
    cookies: Mapping[str, int] = field(default_factory=dict)


def known(scene: Scene, protocol: Protocol = Protocol.TCP, *, backwards: bool = False) -> Knowledge:
    """The router's knowledge, entered in the scene's order or in the opposite one."""
    knowledge = Knowledge(server(1))
    order = reversed if backwards else list
    for number, told in order(list(scene.servers.items())):
        _enter(knowledge, server(number), told, protocol)
    for url, servers in order(list(scene.urls.items())):
        for number in order(list(servers)):
            assert knowledge.urls.put(UrlEntry(url=url, server_ip=server(number)), server(number), NOW)
    for cookie, number in order(list(scene.cookies.items())):
        assert knowledge.cookies.put(CookieEntry(cookie_id=cookie, server_ip=server(number)), server(number), NOW)
    return knowledge


def _enter(knowledge: Knowledge, address: IPv4, told: Told, protocol: Protocol) -> None:
    state = ServerState(
        server_ip=address,
        tcp_connections=told.connections,
        cpu_utilization=round(told.cpu * 100),
        available_memory=told.memory,
        available_bandwidth=told.bandwidth,
    )
    knowledge.server_state.put(state, address, None if told.ago is None else NOW - told.ago)
    if told.listens:
        socket = ListeningSocket(server_ip=address, port=PORT, process=7)
        knowledge.listening[protocol].put(socket, address, NOW)
    if told.needs is not None:
        needs = ApplicationInformation(process_id=7, memory_requirements=told.needs, cpu_utilization=0)
        knowledge.applications.put(needs, address, NOW)
