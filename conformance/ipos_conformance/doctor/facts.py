"""What the kernel says of this machine and of its interfaces; read once, judged elsewhere."""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from pyroute2 import IPRoute

from ipos_conformance.bench import namespaces
from ipos_conformance.bench.ethtool import Offload, is_on
from ipos_conformance.bench.interfaces import interface_state
from ipos_conformance.errors import BenchError

_SO_RCVBUFFORCE = 33
_WANTED_BUFFER = 16 << 20
_WAKINGS, _STEP = 200, 0.001
COUNTERS = ("rx_dropped", "rx_length_errors", "rx_crc_errors", "rx_fifo_errors", "tx_dropped", "tx_errors")


@dataclass(frozen=True)
class MachineFacts:
    """One machine.

    packet_sockets, tun, namespaces   why there are none; empty if there are
    receive_buffer   octets that the kernel gives a socket of the suite
    clock            name of the kernel's clock source
    lateness         seconds by which a process is woken too late, of many times, in order
    backlog_drops    frames that the kernel has dropped since it started, before any socket saw them
    """

    packet_sockets: str
    tun: str
    namespaces: str
    receive_buffer: int
    clock: str
    lateness: tuple[float, ...]
    backlog_drops: int


@dataclass(frozen=True)
class InterfaceFacts:
    """One interface.

    carrier      whether the cable leads to something that is on; None if it is down, where nobody knows
    master       name of the bridge or bond that takes its frames away
    offloads     which are switched on
    addresses    the machine's IPv4 addresses on it; elsewhere: on all others
    sysctls      by the names of `settings`
    counters     of trouble
    """

    name: str
    mac: bytes
    driver: str
    is_up: bool
    carrier: bool | None
    mtu: int
    largest_mtu: int
    master: str
    default_route: bool
    offloads: frozenset[Offload]
    addresses: tuple[IPv4Interface, ...]
    elsewhere: tuple[IPv4Interface, ...]
    sysctls: Mapping[str, int]
    counters: Mapping[str, int]


def machine_facts() -> MachineFacts:
    """Look at this machine; takes a third of a second."""
    buffer, sockets = 0, ""
    try:
        buffer = _receive_buffer()
    except OSError as error:
        sockets = str(error.strerror)
    return MachineFacts(
        packet_sockets=sockets,
        tun=_problem(namespaces.check_tun),
        namespaces=_problem_of_child(namespaces.enter_private_namespace),
        receive_buffer=buffer,
        clock=_text(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        lateness=_lateness(),
        backlog_drops=_backlog_drops(),
    )


def interface_facts(name: str) -> InterfaceFacts | None:
    """Look at an interface; None if there is none of this name."""
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        return None
    with IPRoute() as route:
        link = route.link("get", index=index)[0]
        master = link.get("IFLA_MASTER")
        addresses: dict[bool, list[IPv4Interface]] = {True: [], False: []}
        for one in route.get_addr(family=socket.AF_INET):
            addresses[one["index"] == index].append(IPv4Interface(f"{one.get('IFA_ADDRESS')}/{one['prefixlen']}"))
    is_up = link["state"] == "up"
    state, counted = interface_state(name), link.get("IFLA_STATS64")
    return InterfaceFacts(
        name=name,
        mac=bytes.fromhex((link.get("IFLA_ADDRESS") or "").replace(":", "")),
        driver=state.driver or state.kind or "unknown",
        is_up=is_up,
        carrier=bool(link.get("IFLA_CARRIER")) if is_up else None,
        mtu=link.get("IFLA_MTU"),
        largest_mtu=link.get("IFLA_MAX_MTU") or 65535,
        master="" if master is None else socket.if_indextoname(master),
        default_route=namespaces.carries_default_route(name),
        offloads=frozenset(one for one in Offload if _is_on(name, one)),
        addresses=tuple(addresses[True]),
        elsewhere=tuple(addresses[False]),
        sysctls={key: _sysctl(name, key) for key in ("ipv4.arp_ignore", "ipv4.forwarding", "ipv6.disable_ipv6")},
        counters={key: counted[key] for key in COUNTERS},
    )


def _receive_buffer() -> int:
    """Octets that a packet socket gets that asks for as many as those of a run. Raises OSError."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as trial:
        with contextlib.suppress(PermissionError):
            trial.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _WANTED_BUFFER)
        return trial.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # the kernel counts its own share, too


def length_errors(interface: str) -> int:
    """Frames that its driver has discarded because of their length."""
    with IPRoute() as route:
        link = route.link("get", index=socket.if_nametoindex(interface))[0]
    return int(link.get("IFLA_STATS64")["rx_length_errors"])


def _is_on(interface: str, offload: Offload) -> bool:
    try:
        return is_on(interface, offload)
    except OSError:
        return False


def _sysctl(interface: str, name: str) -> int:
    family, _, key = name.partition(".")
    # Where there is no IPv6 at all, it is as good as switched off.
    return int(_text(Path("/proc/sys/net", family, "conf", interface, key)) or family == "ipv6")


def _problem(check: Callable[[], None]) -> str:
    try:
        check()
    except BenchError as error:
        return str(error)
    return ""


def _problem_of_child(check: Callable[[], None]) -> str:
    """The same in a process of its own, for a check from which there is no way back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, _problem(check).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def _lateness() -> tuple[float, ...]:
    late = []
    for _ in range(_WAKINGS):
        due = time.monotonic() + _STEP
        select.select([], [], [], _STEP)
        late.append(time.monotonic() - due)
    return tuple(sorted(late))


def _backlog_drops() -> int:
    lines = _text(Path("/proc/net/softnet_stat")).splitlines()
    return sum(int(line.split()[1], 16) for line in lines)


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="ascii", errors="replace").strip()
    return ""
