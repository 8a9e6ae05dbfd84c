"""Ways from a Linux client to servers with different TCPs, all over one bridge that may lose frames.

client (kernel TCP) --veth-- bridge --TAP-- ipos-router -- application (loopback)
                                |----TAP-- PyTCP with its application inside
                                `---veth-- application on the kernel's TCP, in a namespace of its own
"""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from bed import wait_for
from ipos_conformance.bench.ethtool import Offload, switch
from namespace import Namespace

PORT = 80
ROUTER, PYTCP, KERNEL, KERNEL_OFFLOADED = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
CLIENT = "192.0.2.100"

_HERE = Path(__file__).parent
_READY_WITHIN = 30.0

_CONFIGURATION = """
[router]
address = "192.0.2.1"
prefix = 24
[first_lan]
port = "tap"
interface = "tap-ipos1"
mac = "02:00:00:00:01:01"
mtu = 1500
[second_lan]
port = "tap"
interface = "tap-ipos2"
mac = "02:00:00:00:02:01"
mtu = 1600
[run]
grace = 0
[[peer]]
address = "192.0.2.9"
mac = "02:00:00:00:02:09"
listens = [80]
[[listen]]
port = 80
kind = "http"
connect = "127.0.0.1:18080"
command = ["{python}", "%s", "127.0.0.1", "18080"]
[[url]]
prefix = "/"
servers = ["192.0.2.1"]
"""
"""With a peer that serves the port too, so that the router reads requests and answers as it does in a farm."""

_NO_LOSS = "add table bridge bad; delete table bridge bad"
_LOSS = """
add table bridge bad
add chain bridge bad wire {{ type filter hook forward priority 0; }}
add rule bridge bad wire ip protocol tcp numgen random mod 10000 < {rate} counter drop
"""


class Paths:
    """Everything made in ``__init__`` is ended and gone after ``close``.

    processes  of each server's TCP, by its address
    """

    def __init__(self, directory: Path) -> None:
        self._lan, self._client, self._kernel, self._offloaded = (Namespace() for _ in range(4))
        self._directory = directory
        with self._lan.routes() as ip:
            ip.link("add", ifname="bridge", kind="bridge")
        self._lan.tidy("bridge")
        self._join(self._client, "to-client", CLIENT)
        self._join(self._kernel, "to-kernel", KERNEL)
        self._join(self._offloaded, "to-offloaded", KERNEL_OFFLOADED, offload=True)
        self._started: list[subprocess.Popen[bytes]] = []
        try:
            self.processes = self._start_all()
        except BaseException:  # Ctrl-C, too: nobody can close what was not made
            self.close()
            raise

    def connect(self, server: str) -> socket.socket:
        """A connection of the client, which does not wait longer than 60 s for anything."""
        return self._client.within(lambda: socket.create_connection((server, PORT), timeout=60.0))

    def lose(self, percent: float) -> None:
        """Have the bridge drop TCP packets at random, in both directions; 0 ends it."""
        self._lan.run("nft", _NO_LOSS)
        if percent:
            self._lan.run("nft", _LOSS.format(rate=round(percent * 100)))

    def lost(self) -> int:
        """How many packets `lose` has dropped."""
        rules = self._lan.run("nft", "list chain bridge bad wire").stdout.decode()
        return sum(int(packets) for packets in re.findall(r"packets ([0-9]+)", rules))

    def processor_seconds(self, server: str) -> float:
        """Time of the processor that this server's first thread has had; the router and PyTCP have no other."""
        text = Path(f"/proc/{self.processes[server]}/schedstat").read_text(encoding="ascii")
        return int(text.split()[0]) / 1e9

    def close(self) -> None:
        """End the servers and let the namespaces go."""
        for process in self._started:
            process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for namespace in (self._client, self._kernel, self._offloaded, self._lan):
            namespace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _join(self, namespace: Namespace, name: str, address: str, *, offload: bool = False) -> None:
        self._lan.link_to(namespace, name, "eth0")
        self._lan.join("bridge", name)
        with namespace.routes() as ip:
            ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address=address, prefixlen=24)
        if offload:
            namespace.within(lambda: _leave_segmentation_to("eth0"))
            # On the way to the client too, or the bridge would cut what came whole.
            self._lan.within(lambda: _leave_segmentation_to(name, "to-client"))

    def _start_all(self) -> dict[str, int]:
        application = str(_HERE / "tcp_server.py")
        configuration = self._directory / "router.toml"
        configuration.write_text(_CONFIGURATION.replace("%s", application), encoding="utf-8")
        self._lan.run("ip", "tuntap", "add", "tap7", "mode", "tap")
        self._lan.tidy("tap7")
        started = {
            ROUTER: self._start(self._lan, "-m", "ipos_reference", "run", str(configuration)),
            PYTCP: self._start(self._lan, str(_HERE / "tcp_pytcp.py"), "tap7", f"{PYTCP}/24", str(PORT)),
            KERNEL: self._start(self._kernel, application, KERNEL, str(PORT)),
            KERNEL_OFFLOADED: self._start(self._offloaded, application, KERNEL_OFFLOADED, str(PORT)),
        }
        self._lan.join("bridge", "tap7")
        wait_for(lambda: self._is_there("tap-ipos1"), _READY_WITHIN)
        self._lan.join("bridge", "tap-ipos1")
        for server in started:
            wait_for(lambda server=server: self._answers(server), _READY_WITHIN)
        return {server: process.pid for server, process in started.items()}

    def _start(self, namespace: Namespace, *words: str) -> "subprocess.Popen[bytes]":
        log = (self._directory / f"{len(self._started)}.log").open("wb")
        with log:
            self._started.append(namespace.popen(sys.executable, *words, stdout=log, stderr=log))
        return self._started[-1]

    def _is_there(self, interface: str) -> bool:
        with self._lan.routes() as ip:
            return bool(ip.link_lookup(ifname=interface))

    def _answers(self, server: str) -> bool:
        for number, process in enumerate(self._started):
            if process.poll() is not None:
                raise AssertionError((self._directory / f"{number}.log").read_text(encoding="utf-8"))
        try:
            self.connect(server).close()
        except OSError:
            return False
        return True


def _leave_segmentation_to(*interfaces: str) -> None:
    for interface in interfaces:
        for offload in (Offload.TX, Offload.GSO, Offload.TSO):
            switch(interface, offload, on=True)
