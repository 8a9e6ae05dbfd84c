"""Network namespaces of our own: nothing of a run is seen outside, and nothing of it stays."""

import contextlib
import ctypes
import os
import socket
from pathlib import Path

from pyroute2 import IPRoute

from ipos_conformance.bench.ethtool import switch_offloads_off
from ipos_conformance.errors import BenchError

# <sched.h>; os.unshare and os.setns exist from Python 3.12 only.
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def enter_private_namespace() -> None:
    """Move this process into a network namespace of its own, with loopback up and IPv6 off.

    Without root, a user namespace comes with it; so this must come before any thread starts. Raises BenchError.
    """
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWNET if user == 0 else CLONE_NEWUSER | CLONE_NEWNET)
    if user != 0:
        _become_root_inside(user, group)
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1", encoding="ascii")
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1", encoding="ascii")
    bring_up("lo")


def unshare(flags: int) -> None:
    """Get namespaces of our own (the system call of this name). Raises BenchError that says what to do."""
    if _LIBC.unshare(flags) == 0:
        return
    problem = os.strerror(ctypes.get_errno())
    raise BenchError(
        f"no network namespace of our own ({problem}): run as root, or allow unprivileged user namespaces "
        "(sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces)"
    )


def check_tun() -> None:
    """Raise BenchError if TAP devices can't be made here."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        raise BenchError(
            f"/dev/net/tun: {error.strerror}; run as root, or load the module (modprobe tun) "
            "and let everybody open it (chmod 0666 /dev/net/tun)"
        ) from error


def bring_up(interface: str, mtu: int | None = None) -> None:
    """Set an interface up, and its MTU if one is given. Raises BenchError."""
    try:
        with IPRoute() as route:
            changes = {"state": "up"} if mtu is None else {"state": "up", "mtu": mtu}
            route.link("set", index=socket.if_nametoindex(interface), **changes)
    except Exception as error:
        raise BenchError(f"interface {interface} can't be set up: {error}") from error


def make_cable(ours: str, theirs: str, process: int, mtu: int) -> None:
    """Make a veth pair: one end here, the other in the network namespace of a process. Raises BenchError."""
    try:
        with IPRoute() as route:
            route.link("add", ifname=ours, kind="veth", peer={"ifname": theirs, "net_ns_pid": process})
    except Exception as error:
        raise BenchError(f"veth pair {ours} and {theirs} can't be made: {error}") from error
    switch_offloads_off(ours)
    bring_up(ours, mtu)


def carries_default_route(interface: str) -> bool:
    """Whether the machine's default route goes through this interface."""
    with IPRoute() as route:
        index = socket.if_nametoindex(interface)
        return any(entry.get("oif") == index for entry in route.get_default_routes())


def _become_root_inside(user: int, group: int) -> None:
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
