"""Network namespaces without names: they vanish with the last process that uses them, whatever happens to the tests."""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ipos_conformance.bench.ethtool import switch_offloads_off
from pyroute2 import IPRoute

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

ResultT = TypeVar("ResultT")


class Namespace:
    """One network namespace, held open by a descriptor."""

    def __init__(self) -> None:
        self._descriptor = _in_thread(_new_namespace)
        self.path = f"/proc/{os.getpid()}/fd/{self._descriptor}"
        with self.routes() as ip:
            ip.link("set", index=ip.link_lookup(ifname="lo")[0], state="up")

    def routes(self) -> IPRoute:
        """A netlink socket into the namespace."""
        return IPRoute(netns=self.path)

    def link_to(self, other: "Namespace", name: str, other_name: str) -> None:
        """Make a veth pair: ``name`` here, ``other_name`` there; both up, without IPv6 and offloads."""
        with self.routes() as ip:
            ip.link("add", ifname=name, kind="veth", peer={"ifname": other_name, "net_ns_fd": other.path})
        for namespace, interface in ((self, name), (other, other_name)):
            namespace.tidy(interface)

    def tidy(self, interface: str) -> None:
        """Bring an interface up without IPv6 noise and without offloads, which would leave checksums unfinished."""
        self.run("sh", "-c", f"echo 1 > /proc/sys/net/ipv6/conf/{interface}/disable_ipv6", check=False)
        self.within(lambda: switch_offloads_off(interface))
        with self.routes() as ip:
            ip.link("set", index=ip.link_lookup(ifname=interface)[0], state="up")

    def join(self, bridge: str, interface: str) -> None:
        """Make an interface a port of a bridge."""
        with self.routes() as ip:
            master = ip.link_lookup(ifname=bridge)[0]
            ip.link("set", index=ip.link_lookup(ifname=interface)[0], master=master)

    def command(self, *words: str) -> list[str]:
        """The command line that runs ``words`` in the namespace."""
        return ["nsenter", f"--net={self.path}", *words]

    def popen(self, *words: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a process in the namespace."""
        return subprocess.Popen(self.command(*words), **options)

    def run(self, *words: str, check: bool = True, timeout: float = 60.0) -> "subprocess.CompletedProcess[bytes]":
        """Run a process in the namespace to its end."""
        try:
            return subprocess.run(self.command(*words), check=check, capture_output=True, timeout=timeout)
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"{words}: status {error.returncode}: {error.stderr.decode()}") from error

    def counters(self) -> dict[str, int]:
        """What the kernel has counted of IP and TCP since the namespace was made, by the names of nstat."""
        counted: dict[str, int] = {}
        for file in ("snmp", "netstat"):
            lines = self.run("cat", f"/proc/net/{file}").stdout.decode().splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                counted.update(zip(names.split()[1:], map(int, values.split()[1:]), strict=True))
        return counted

    def within(self, action: Callable[[], ResultT]) -> ResultT:
        """Do something in the namespace, such as opening a socket that then stays there."""
        return _in_thread(lambda: self._entered(action))

    def enter(self) -> None:
        """Take this thread into the namespace, for good."""
        if _libc.setns(self._descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def close(self) -> None:
        """Let go of the namespace."""
        os.close(self._descriptor)

    def _entered(self, action: Callable[[], ResultT]) -> ResultT:
        self.enter()
        return action()


def _new_namespace() -> int:
    if _libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _in_thread(action: Callable[[], ResultT]) -> ResultT:
    """A thread may have a namespace of its own, and takes it along when it ends."""
    results: list[ResultT] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(action())
        except BaseException as error:  # handed to the caller
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
