"""Network namespaces without names: each lasts as long as the process that holds it, and its processes."""

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from pyroute2 import IPRoute, netns

_CLONE_NEWNET = 0x40000000  # <sched.h>; os.CLONE_NEWNET exists from Python 3.12 only
_LIBC = ctypes.CDLL(None, use_errno=True)

ResultT = TypeVar("ResultT")


class Namespace:
    """One network namespace. path: by which it can be entered, as long as the process that holds it is there."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def new(cls) -> Self:
        """Make one, which this process holds: loopback is up, there is no IPv6."""
        made = cls(f"/proc/{os.getpid()}/fd/{_in_thread(_unshared)}")
        with made.routes() as ip:
            ip.link("set", index=ip.link_lookup(ifname="lo")[0], state="up")
        return made

    @property
    def descriptor(self) -> int:
        """Of the process that holds it."""
        return int(self.path.rpartition("/")[2])

    def routes(self) -> IPRoute:
        """A netlink socket into the namespace, to be closed."""
        return IPRoute(netns=self.path)

    def within(self, action: Callable[[], ResultT]) -> ResultT:
        """Do something in the namespace, such as opening a socket, which then stays there."""

        def entered() -> ResultT:
            netns.setns(self.path)
            return action()

        return _in_thread(entered)

    def set(self, **values: int) -> None:
        """Set values under /proc/sys/net; two underscores stand for a slash: ``ipv4__ip_forward=1``."""

        def write() -> None:
            for name, value in values.items():
                Path("/proc/sys/net", *name.split("__")).write_text(str(value), encoding="ascii")

        self.within(write)

    def command(self, *words: str) -> list[str]:
        """The command line that runs another in the namespace."""
        return ["nsenter", f"--net={self.path}", *words]


def _unshared() -> int:
    if _LIBC.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for which in ("all", "default"):
        path = Path(f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6")
        if path.exists():  # a kernel without IPv6 has none
            path.write_text("1", encoding="ascii")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _in_thread(action: Callable[[], ResultT]) -> ResultT:
    """A thread may be in a namespace of its own, and takes that along when it ends."""
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
