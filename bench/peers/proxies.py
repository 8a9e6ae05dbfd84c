"""nginx and HAProxy as proxies by URL, on the LANs of a farm: a first server of which /2 is a second one's, too.

client --veth-- br-lan1 --veth-- first server: nginx, HAProxy --veth-- br-lan2 --veth-- second server: nginx
                       `-veth-- second server, directly
"""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from bed import wait_for
from namespace import Namespace

_FIRST, _SECOND, _SECOND_BEHIND = "192.0.2.11", "192.0.2.12", "198.51.100.12"

DIRECT, NGINX, HAPROXY = (_SECOND, 80), (_FIRST, 80), (_FIRST, 81)
"""Where each listens on the first LAN."""

LINKS = "lan1-proxy", "lan2-proxy"
"""The first server's links, as the bridges' namespace calls them."""

_HTTP = """
daemon off;
user root;
worker_processes 1;
pid {name}.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {name}-body; proxy_temp_path {name}-proxy; fastcgi_temp_path {name}-fastcgi;
    uwsgi_temp_path {name}-uwsgi; scgi_temp_path {name}-scgi;
    keepalive_requests 1000000;
"""

_SERVER = """
    server {{
        listen 80 backlog=512;
        location /2/files/ {{ alias {place}/files/; }}
        location / {{ return 200 "2 $request_uri\\n"; }}
    }}
}}
"""

_PROXY = """
    upstream two {{ server {second}:80; keepalive 64; keepalive_requests 1000000; }}
    server {{
        listen 80 backlog=512;
        location /2/ {{ proxy_pass http://two; proxy_http_version 1.1; proxy_set_header Connection ""; }}
        location / {{ return 404; }}
    }}
}}
"""

_HAPROXY = """
global
    maxconn 4096
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend first
    bind :81
    http-request deny unless {{ path_beg /2/ }}
    default_backend two
backend two
    server two {second}:80
"""


class Proxies:
    """Everything made in ``__init__`` is ended and gone after ``close``.

    lan    has the bridges br-lan1 and br-lan2
    place  a folder of its own; what stands in "files" there is /2/files/
    """

    def __init__(self, lan: Namespace, place: Path) -> None:
        self._namespaces = [Namespace(), Namespace()]
        self._processes: list[subprocess.Popen[bytes]] = []
        first, second = self._namespaces
        _join(lan, first, "proxy", 11)
        _join(lan, second, "server", 12)
        place.mkdir()
        try:
            self._start(first, second, place)
        except BaseException:  # Ctrl-C, too: nobody can close what was not made
            self.close()
            raise

    def close(self) -> None:
        """End the servers, and let the namespaces go."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for namespace in self._namespaces:
            namespace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, first: Namespace, second: Namespace, place: Path) -> None:
        self._nginx(second, place, "server", _SERVER)
        self._nginx(first, place, "proxy", _PROXY)
        listening = [(second, DIRECT), (first, NGINX)]
        if has_haproxy():
            (place / "haproxy.cfg").write_text(_HAPROXY.format(second=_SECOND_BEHIND), encoding="ascii")
            self._processes.append(first.popen("haproxy", "-q", "-db", "-f", str(place / "haproxy.cfg")))
            listening.append((first, HAPROXY))
        for namespace, address in listening:
            wait_for(lambda namespace=namespace, address=address: namespace.within(lambda: _listens(address)))

    def _nginx(self, namespace: Namespace, place: Path, name: str, site: str) -> None:
        text = (_HTTP + site).format(name=name, place=place, second=_SECOND_BEHIND)
        (place / f"{name}.conf").write_text(text, encoding="ascii")
        words = ("nginx", "-p", str(place), "-e", "stderr", "-c", str(place / f"{name}.conf"))
        self._processes.append(namespace.popen(*words))


def has_haproxy() -> bool:
    """Whether there is one to measure."""
    return shutil.which("haproxy") is not None


def lacks() -> str | None:
    """Why there can be no comparison here, or None."""
    return None if shutil.which("nginx") else "needs nginx (apt install nginx-light)"


def versions() -> dict[str, str]:
    """Of those that are here."""
    found = {"nginx": _said("nginx", "-v")}
    if has_haproxy():
        found["HAProxy"] = _said("haproxy", "-v")
    return found


def _said(*words: str) -> str:
    """The first version number that a program tells."""
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - two programs' names
    number = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return number[0] if number else "unknown"


def _join(lan: Namespace, server: Namespace, name: str, number: int) -> None:
    for bridge, inside, network in (("lan1", "eth0", "192.0.2"), ("lan2", "eth1", "198.51.100")):
        lan.link_to(server, f"{bridge}-{name}", inside)
        lan.join(f"br-{bridge}", f"{bridge}-{name}")
        with server.routes() as ip:
            ip.addr("add", index=ip.link_lookup(ifname=inside)[0], address=f"{network}.{number}", prefixlen=24)


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as tcp:
        return tcp.connect_ex(address) == 0
