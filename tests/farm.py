"""A farm: reference routers as processes, each with a web server behind it, on two LANs, and Linux hosts as clients.

client (kernel TCP) --veth-- br-lan1 --TAP-- ipos-router n --TAP-- br-lan2
                                                 |
                                            web server n, which says its number

The first LAN and the second are two bridges of one namespace; each client has a namespace of its own.
"""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

from bed import events, needs_kernel, wait_for
from ipos_reference.control.client import ask
from namespace import Namespace
from numbered_server import answer

FIRST_SERVER = "192.0.2.1"
"""The address that clients talk to, whoever answers."""

_READY_WITHIN = 30.0
_OBJECTIONS = ("PAWSEstab", "InCsumErrors", "OutRsts", "EstabResets")

_PYTHON = '["{python}", "{script}", "{n}", "127.0.0.{n}", "18080"]'
_NGINX = '["nginx", "-p", "{place}", "-e", "stderr", "-c", "{place}/nginx.conf"]'

_NGINX_CONFIGURATION = """
daemon off;
user root;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.{n}:18080 backlog=512;
        location /{n}/files/ {{ alias {place}/files/; }}
        location / {{ return 200 "{n} $request_uri\\n"; }}
    }}
}}
"""

_ROUTER = """
[router]
address = "192.0.2.{n}"
prefix = 24
[first_lan]
port = "tap"
interface = "lan1-ipos{n}"
mac = "02:00:00:00:01:0{n}"
mtu = 1500
[second_lan]
port = "tap"
interface = "lan2-ipos{n}"
mac = "02:00:00:00:02:0{n}"
mtu = 1600
[control]
socket = "{place}/control.sock"
[run]
grace = 0
[[listen]]
port = 80
kind = "http"
connect = "127.0.0.{n}:18080"
command = {command}
"""

_PEER = """
[[peer]]
address = "192.0.2.{n}"
mac = "02:00:00:00:02:0{n}"
listens = [80]
"""

_URL = """
[[url]]
prefix = "/{n}"
servers = ["192.0.2.{n}"]
"""

_NO_LOSS = "add table bridge bad; delete table bridge bad"
_LOSS = """
add table bridge bad
add chain bridge bad wire {{ type filter hook forward priority 0; }}
add rule bridge bad wire iifname != "lan2-*" numgen random mod 1000 < {per_mille} counter drop
add rule bridge bad wire iifname "lan2-*" numgen random mod 1000 < {per_mille} counter drop
"""


class Host:
    """A Linux host on the first LAN, with a kernel of its own as far as TCP is concerned."""

    def __init__(self, lan: Namespace, number: int) -> None:
        self.address = f"192.0.2.{100 + number}"
        self.namespace = Namespace()
        lan.link_to(self.namespace, f"to-client{number}", "eth0")
        lan.join("br-lan1", f"to-client{number}")
        with self.namespace.routes() as ip:
            ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address=self.address, prefixlen=24)

    def set(self, **sysctls: int) -> None:
        """Set what net.ipv4 names so, such as tcp_timestamps."""
        for name, value in sysctls.items():
            self.namespace.run("sh", "-c", f"echo {value} > /proc/sys/net/ipv4/{name}")

    def connect(self, *, mss: int | None = None, receive_buffer: int | None = None) -> socket.socket:
        """A connection to the first server, which does not wait longer than 30 s for anything."""

        def connected() -> socket.socket:
            tcp = socket.socket()
            tcp.settimeout(30.0)
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if mss is not None:
                tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
            if receive_buffer is not None:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            tcp.connect((FIRST_SERVER, 80))
            return tcp

        return self.namespace.within(connected)

    def objections(self) -> dict[str, int]:
        """What the kernel did not like in what it received; zeros left out.

        Retransmissions are none: on a busy machine their 200 ms pass although nothing is wrong. Nor is all of InErrs: a
        SYN/ACK that is repeated because the handshake's last segment was lost counts there.
        """
        counted = self.namespace.counters()
        return {name: counted[name] for name in _OBJECTIONS if counted[name]}

    def count(self, name: str) -> int:
        """One of the kernel's counters since the host was made, such as ActiveOpens: connections that it opened."""
        return self.namespace.counters()[name]


class Farm:
    """Everything made in ``__init__`` is ended and gone after ``close``.

    directory    a router's files are in the one below that is called by its number
    application  "python" (`numbered_server`) or "nginx", which knows small answers only, and what stands in the folder
                 "files" of its router's directory as /N/files/
    capture      every router keeps its frames beside its configuration
    tables       more of every router's configuration
    """

    def __init__(
        self,
        directory: Path,
        servers: int = 3,
        *,
        application: str = "python",
        capture: bool = False,
        tables: str = "",
    ) -> None:
        self.numbers = range(1, servers + 1)
        self._directory = directory
        self._tables = tables
        self.lan = Namespace()
        self._hosts: list[Host] = []
        for bridge in ("br-lan1", "br-lan2"):
            with self.lan.routes() as ip:
                ip.link("add", ifname=bridge, kind="bridge")
            self.lan.tidy(bridge)
        self._routers: dict[int, subprocess.Popen[bytes]] = {}
        try:
            for n in self.numbers:
                self._routers[n] = self._start(n, application, capture=capture)
            wait_for(self._started, _READY_WITHIN)
        except BaseException:  # Ctrl-C, too: nobody can close what was not made
            self.close()
            raise
        for n in self.numbers:
            self.lan.join("br-lan1", f"lan1-ipos{n}")
            self.lan.join("br-lan2", f"lan2-ipos{n}")

    def host(self) -> Host:
        """A new client."""
        self._hosts.append(Host(self.lan, len(self._hosts)))
        return self._hosts[-1]

    def process(self, number: int) -> int:
        """The process id of a router."""
        return self._routers[number].pid

    def counters(self) -> Counter[str]:
        """What the routers have counted, all together: what happened to connections, and why frames were discarded."""
        total: Counter[str] = Counter()
        for n in self.numbers:
            found = ask(self._directory / str(n) / "control.sock", {"ask": "counters"})
            for kind in ("happenings", "discards"):
                total.update(found[kind])
        return total

    def lose(self, percent: float) -> None:
        """Have both LANs drop frames of any kind at random, in all directions; 0 ends it."""
        self.lan.run("nft", _NO_LOSS)
        if percent:
            self.lan.run("nft", _LOSS.format(per_mille=round(percent * 10)))

    def lost(self) -> list[int]:
        """How many frames `lose` has dropped on the first LAN and on the second."""
        rules = self.lan.run("nft", "list chain bridge bad wire").stdout.decode()
        return [int(packets) for packets in re.findall(r"packets ([0-9]+)", rules)]

    def close(self) -> None:
        """End the routers, with their applications, and let the namespaces go."""
        for router in self._routers.values():
            router.send_signal(signal.SIGTERM)
        for router in self._routers.values():
            try:
                router.wait(10)
            except subprocess.TimeoutExpired:
                router.kill()
                router.wait()
        for host in self._hosts:
            host.namespace.close()
        self.lan.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, n: int, application: str, *, capture: bool) -> "subprocess.Popen[bytes]":
        place = self._directory / str(n)
        place.mkdir()
        (place / "nginx.conf").write_text(_NGINX_CONFIGURATION.format(n=n, place=place), encoding="ascii")
        script = Path(__file__).with_name("numbered_server.py")
        command = (_NGINX if application == "nginx" else _PYTHON).format(
            n=n, place=place, script=script, python="{python}"
        )
        tables = [_ROUTER.format(n=n, place=place, command=command)]
        tables += [_PEER.format(n=other) for other in self.numbers if other != n]
        tables += [*(_URL.format(n=server) for server in self.numbers), self._tables]
        (place / "router.toml").write_text("".join(tables), encoding="ascii")
        options = ["--log-format", "json", *(("--capture", str(place / "router.pcapng")) if capture else ())]
        with (place / "router.log").open("wb") as log:
            return self.lan.popen(
                sys.executable, "-m", "ipos_reference", "run", *options, str(place / "router.toml"), stderr=log
            )

    def _started(self) -> bool:
        for n, router in self._routers.items():
            if router.poll() is not None:
                raise AssertionError((self._directory / str(n) / "router.log").read_text(encoding="utf-8"))
        return all("started" in events(self._directory / str(n)) for n in self._routers)


class KeptOpen:
    """A client's connection on which one request follows the other; it never opens a second one."""

    def __init__(self, tcp: socket.socket) -> None:
        self._connection = HTTPConnection(FIRST_SERVER)
        self._connection.auto_open = 0
        self._connection.sock = tcp

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """The answer to a GET, or to a POST with a body."""
        self._connection.request("GET" if body is None else "POST", path, body)
        return self._connection.getresponse().read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def bodies(octets: bytes) -> list[bytes]:
    """The bodies of answers that stand behind each other; what is no whole answer stays one piece, with its head."""
    found: list[bytes] = []
    while octets:
        head, _, rest = octets.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: ([0-9]+)", head)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None or int(length[1]) > len(rest):
            return [*found, octets]
        found.append(rest[: int(length[1])])
        octets = rest[int(length[1]) :]
    return found


def until_end(tcp: socket.socket) -> bytes:
    """Everything that comes until the other side ends the stream."""
    octets = bytearray()
    while chunk := tcp.recv(65536):
        octets += chunk
    return bytes(octets)


def request(path: str) -> bytes:
    """A GET as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def right(path: str, body: bytes | None = None) -> bytes:
    """The answer of the server that the path is for."""
    return answer(int(path.split("/")[1]), path, body)


def lacks() -> str | None:
    """Why there can be no farm here, or None."""
    return needs_kernel() or (None if shutil.which("nsenter") else "needs nsenter")
