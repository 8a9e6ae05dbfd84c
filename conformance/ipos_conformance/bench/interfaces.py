"""What a network interface is, as the kernel tells it: kind, driver, MTU, link, offloads."""

import array
import contextlib
import fcntl
import socket
import struct
from dataclasses import dataclass

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from ipos_conformance.errors import BenchError

_SIOCETHTOOL = 0x8946
_DRIVER_INFORMATION = 0x03
_OFFLOADS = {
    "rx-checksumming": 0x14,
    "tx-checksumming": 0x16,
    "tcp-segmentation": 0x1E,
    "generic-segmentation": 0x23,
    "generic-receive": 0x2B,
}
"""<linux/ethtool.h>: the commands that read one each. All of them hide from a capture what is on the wire."""


@dataclass(frozen=True)
class InterfaceState:
    """One interface of this machine, at one moment.

    kind       of a virtual one, such as "tun" or "veth"; empty for hardware
    driver     and its version and bus address, as far as the driver tells
    mac, mtu   as configured; the MTU in octets
    is_up      whether it is administratively up
    has_link   whether its carrier is there
    offloads   which of the kernel's and the hardware's are switched on
    """

    name: str
    kind: str
    driver: str
    mac: str
    mtu: int
    is_up: bool
    has_link: bool
    offloads: tuple[str, ...]


def interface_state(name: str) -> InterfaceState:
    """What the kernel says of an interface. Raises BenchError if there is none of this name."""
    try:
        with IPRoute() as route:
            (link,) = route.link("get", ifname=name)
    except (NetlinkError, ValueError) as error:
        raise BenchError(f"interface {name}: there is none of this name") from error
    information = link.get_attr("IFLA_LINKINFO")
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as control:
        return InterfaceState(
            name=name,
            kind=(information.get_attr("IFLA_INFO_KIND") or "") if information else "",
            driver=_driver(control, name),
            mac=link.get_attr("IFLA_ADDRESS", ""),
            mtu=link.get_attr("IFLA_MTU", 0),
            is_up=bool(link["flags"] & 1),
            has_link=bool(link.get_attr("IFLA_CARRIER", 0)),
            offloads=tuple(offload for offload, command in _OFFLOADS.items() if _value(control, name, command)),
        )


def _driver(control: socket.socket, name: str) -> str:
    answer = _ethtool(control, name, struct.pack("I192x", _DRIVER_INFORMATION))
    words = [answer[4 + 32 * part : 36 + 32 * part].split(b"\0")[0].decode(errors="replace") for part in (0, 1, 3)]
    return " ".join(word for word in words if word and word != "N/A")


def _value(control: socket.socket, name: str, command: int) -> int:
    answer = _ethtool(control, name, struct.pack("II", command, 0))
    return int(struct.unpack("II", answer)[1]) if answer else 0


def _ethtool(control: socket.socket, name: str, request: bytes) -> bytes:
    """The answer to an ethtool request, in the request's own place; nothing if the driver knows none."""
    buffer = array.array("B", request)
    address, _ = buffer.buffer_info()
    try:
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP16x", name.encode(), address))
    except OSError:
        return b""
    return buffer.tobytes()
