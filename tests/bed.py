"""A test bed: the reference router as a process, a bridge for its first LAN, and a Linux host as the client.

client (kernel TCP) --veth-- bridge --TAP-- ipos-router -- application
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from namespace import Namespace

ROUTER_IP, CLIENT_IP, PEER_IP = "192.0.2.1", "192.0.2.100", "192.0.2.2"
FIRST_MAC, SECOND_MAC, PEER_MAC = "02:00:00:00:01:01", "02:00:00:00:02:01", "02:00:00:00:02:02"
FIRST_LAN, SECOND_LAN = "ipos-lan1", "ipos-lan2"
_READY_WITHIN = 20.0

_CONFIGURATION = f"""
[router]
address = "{ROUTER_IP}"
prefix = 24
[first_lan]
port = "tap"
interface = "{FIRST_LAN}"
mac = "{FIRST_MAC}"
mtu = 1500
{{impairment}}
[second_lan]
port = "tap"
interface = "{{second_lan}}"
mac = "{SECOND_MAC}"
mtu = 1600
[[peer]]
address = "{PEER_IP}"
mac = "{PEER_MAC}"
[run]
{{run}}
[[listen]]
port = 80
kind = "http"
connect = "127.0.0.1:18080"
command = ["{{python}}", "-m", "http.server", "--protocol", "HTTP/1.1", "--bind", "127.0.0.1",
           "--directory", "{{{{here}}}}/site", "18080"]
"""


class Bed:
    """Everything made in ``__init__`` is ended and gone after ``close``.

    run         the router's table [run], and tables behind it
    options     of ``ipos-router run``
    python      that the application runs on, the router's own without
    second_lan  the router's interface there; FIRST_LAN if it has one for both
    """

    def __init__(
        self,
        directory: Path,
        impairment: str = "",
        site: dict[str, bytes] | None = None,
        run: str = "grace = 0",
        options: Sequence[str] = (),
        python: str = "{python}",
        second_lan: str = SECOND_LAN,
    ) -> None:
        self.lan, self.client = Namespace(), Namespace()
        bad_wire = f"impairment = {{ {impairment} }}" if impairment else ""
        self._write(
            directory,
            site or {},
            _CONFIGURATION.format(impairment=bad_wire, run=run, python=python, second_lan=second_lan),
        )
        with self.lan.routes() as ip:
            ip.link("add", ifname="br-lan1", kind="bridge")
        self.lan.tidy("br-lan1")
        self.lan.link_to(self.client, "to-client", "eth0")
        self.lan.join("br-lan1", "to-client")
        with self.client.routes() as ip:
            ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address=CLIENT_IP, prefixlen=24)
        self._log = (directory / "router.log").open("wb")
        self.router = self.lan.popen(
            sys.executable, "-m", "ipos_reference", "run", *options, str(directory / "router.toml"), stderr=self._log
        )
        self._wait_for_interface(directory, second_lan)
        self.lan.join("br-lan1", FIRST_LAN)

    def curl(self, *words: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[bytes]":
        """Run curl on the client."""
        return self.client.run("curl", "--silent", "--show-error", "--fail", *words, timeout=timeout)

    def lose(self, percent: int) -> None:
        """Have the bridge drop TCP packets at random, in both directions."""
        self.lan.run("nft", "add table bridge bad; add chain bridge bad wire { type filter hook forward priority 0; }")
        rule = f"add rule bridge bad wire ip protocol tcp numgen random mod 100 < {percent} counter drop"
        self.lan.run("nft", rule)

    def lost(self) -> int:
        """How many packets the rule of `lose` has dropped."""
        words = self.lan.run("nft", "list chain bridge bad wire").stdout.decode().split()
        return int(words[words.index("packets") + 1])

    def close(self) -> None:
        """End the router, with its application, and let the namespaces go."""
        self.router.send_signal(signal.SIGTERM)
        try:
            self.router.wait(10)
        except subprocess.TimeoutExpired:
            self.router.kill()
            self.router.wait()
        self._log.close()
        self.lan.close()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, directory: Path, site: dict[str, bytes], configuration: str) -> None:
        (directory / "site").mkdir()
        for name, octets in site.items():
            (directory / "site" / name).write_bytes(octets)
        (directory / "router.toml").write_text(configuration, encoding="utf-8")

    def _wait_for_interface(self, directory: Path, name: str) -> None:
        give_up = time.monotonic() + _READY_WITHIN
        while True:
            with self.lan.routes() as ip:
                if ip.link_lookup(ifname=name):
                    return
            if self.router.poll() is not None or time.monotonic() > give_up:
                self.close()
                raise AssertionError((directory / "router.log").read_text(encoding="utf-8"))
            time.sleep(0.02)  # a process of the kernel's world: there is nothing else to wait on


def needs_kernel() -> str | None:
    """Why tests with namespaces can't run here, or None."""
    if os.geteuid() != 0:
        return "needs root, or a user namespace: unshare --user --map-root-user"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "needs /dev/net/tun"
    return None


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until something holds that another process brings about."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def events(place: Path) -> list[str]:
    """The log, each line's event; the application writes to the same place, in its own way."""
    lines = (place / "router.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]


def processes_in(group: int) -> Iterator[dict[str, str]]:
    """/proc's status of a process and its children."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8")
        except OSError:  # it has just ended
            continue
        fields = dict(line.split(":", 1) for line in text.splitlines())
        if str(group) in (fields["Pid"].strip(), fields["PPid"].strip()):
            yield fields
