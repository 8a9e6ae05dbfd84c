"""Settings of an interface that the doctor changes: how they are read and written, and how a person would do it."""

import contextlib
import socket
import time
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pyroute2 import IPRoute

from ipos_conformance.bench.ethtool import Offload, is_on, switch
from ipos_conformance.errors import BenchError

_NEGOTIATION = 5.0

Kind = Literal["up", "mtu", "offload", "sysctl", "address"]


class Setting(BaseModel):
    """One of them.

    kind  "up": whether it is set up; "mtu"; "offload": ``name`` is ethtool's; "sysctl": ``name`` is
          `ipv4.arp_ignore` for `net.ipv4.conf.INTERFACE.arp_ignore`; "address": whether it has the address ``name``
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    interface: str
    kind: Kind
    name: str = ""


class Change(BaseModel):
    """A setting and the number that it gets; yes and no are 1 and 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    setting: Setting
    value: int

    @property
    def command(self) -> str:
        """The same for a person's hands."""
        setting, interface = self.setting, self.setting.interface
        match setting.kind:
            case "up":
                return f"ip link set {interface} {'up' if self.value else 'down'}"
            case "mtu":
                return f"ip link set {interface} mtu {self.value}"
            case "offload":
                return f"ethtool -K {interface} {setting.name} {'on' if self.value else 'off'}"
            case "sysctl":
                family, _, name = setting.name.partition(".")
                return f"sysctl -w net.{family}.conf.{interface}.{name}={self.value}"
            case "address":
                return f"ip address {'add' if self.value else 'del'} {setting.name} dev {interface}"


def read(setting: Setting) -> int:
    """What it is now. Raises BenchError."""
    try:
        return _read(setting)
    except Exception as error:  # pyroute2 has a family of its own
        raise BenchError(
            f"interface {setting.interface}: {setting.kind} {setting.name} can't be read: {error}"
        ) from error


def write(change: Change) -> None:
    """Set it. Raises BenchError with the command that did not work."""
    try:
        _write(change)
    except Exception as error:
        reason = "run as root" if isinstance(error, PermissionError) or getattr(error, "code", 0) == 1 else str(error)
        raise BenchError(f"`{change.command}` was refused: {reason}") from error


def _read(setting: Setting) -> int:
    match setting.kind:
        case "offload":
            return int(is_on(setting.interface, Offload(setting.name)))
        case "sysctl":
            return int(_file(setting).read_text(encoding="ascii"))
        case "address":
            return int(setting.name in _addresses(setting.interface))
    with IPRoute() as route:
        link = route.link("get", index=socket.if_nametoindex(setting.interface))[0]
    return int(link.get("IFLA_MTU") if setting.kind == "mtu" else link["state"] == "up")


def _write(change: Change) -> None:
    setting, value = change.setting, change.value
    match setting.kind:
        case "offload":
            switch(setting.interface, Offload(setting.name), on=bool(value))
            return
        case "sysctl":
            _file(setting).write_text(str(value), encoding="ascii")
            return
    index = socket.if_nametoindex(setting.interface)
    with IPRoute() as route:
        match setting.kind:
            case "up":
                route.link("set", index=index, state="up" if value else "down")
                _await_carrier(route, index, bool(value))
            case "mtu":
                route.link("set", index=index, mtu=value)
            case "address":
                address = IPv4Interface(setting.name)
                how = "add" if value else "del"
                route.addr(how, index=index, address=str(address.ip), prefixlen=address.network.prefixlen)


def _await_carrier(route: IPRoute, index: int, wanted: bool) -> None:
    """Two NICs need a few seconds to agree on a speed; where nobody is at the other end, nothing comes of it."""
    deadline = time.monotonic() + _NEGOTIATION
    while wanted and time.monotonic() < deadline and not route.link("get", index=index)[0].get("IFLA_CARRIER"):
        time.sleep(0.05)


def _addresses(interface: str) -> set[str]:
    with IPRoute() as route, contextlib.suppress(OSError):
        found = route.get_addr(index=socket.if_nametoindex(interface), family=socket.AF_INET)
        return {f"{one.get('IFA_ADDRESS')}/{one['prefixlen']}" for one in found}
    return set()


def _file(setting: Setting) -> Path:
    family, _, name = setting.name.partition(".")
    return Path("/proc/sys/net", family, "conf", setting.interface, name)
