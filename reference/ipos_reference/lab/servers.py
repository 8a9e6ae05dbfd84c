"""A server of the lab: its router's configuration, its web server, and the files of both."""

import json
import os
import shutil
from pathlib import Path

from ipos_reference.lab import plan, site
from ipos_reference.lab.plan import Server

_WEB, _ECHO, _CALCULATION = "127.0.0.1:8080", "127.0.0.1:7007", "127.0.0.1:9000"
"""Where the applications listen: each server has a loopback of its own."""

_ROUTER = """\
# The router of {name}, as `ipos-router lab up` has made it.

[router]
address = "{address}"
prefix = 24
gateway = "{gateway}"
advertise = true           # servers tell each other how busy they are
measure = "applications"   # all servers of the lab are on one machine

[first_lan]
port = "tap"
interface = "{first_lan}"
mac = "{first_mac}"
mtu = {first_mtu}

[second_lan]
port = "tap"
interface = "{second_lan}"
mac = "{second_mac}"
mtu = {second_mtu}

[control]
socket = {control}

[run]
grace = 0

[[listen]]
port = {http}
kind = "http"
connect = "{web_at}"
command = {web}

[[listen]]
port = {calculation}
connect = "{calculation_at}"
command = ["{{python}}", "-m", "ipos_reference.lab.applications.calculation", {calculation_words}]

[[listen_udp]]
port = {echo}
connect = "{echo_at}"
command = ["{{python}}", "-m", "ipos_reference.lab.applications.echo", "{name}", {echo_words}]
"""

_PEER = """
[[peer]]
address = "{peer.address}"
mac = "{peer.second_mac}"
listens = [{http}, {calculation}]
listens_udp = [{echo}]
"""

_URL = """
[[url]]
prefix = "{prefix}"
servers = ["{server.address}"]
"""

_NGINX = """\
daemon off;
user root;  # of the lab
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 1000000;
    types {{ text/html html; image/svg+xml svg; }}
    server {{
        listen {web_at} backlog=512;
        root site;
        location /{downloads}/ {{ limit_rate {rate}; }}
    }}
}}
"""


def nginx() -> str | None:
    """The program, also where it is out of a user's way; None if it is not installed."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))


def write(server: Server, directory: Path, web_server: str | None) -> Path:
    """Write all files of a server; returns its router's configuration.

    web_server  path of nginx; None for Python's own web server
    """
    directory.mkdir()
    site.write(server, directory / "site")
    (directory / "nginx.conf").write_text(
        _NGINX.format(web_at=_WEB, downloads=site.DOWNLOADS, rate=site.DOWNLOADS_RATE), encoding="ascii"
    )
    file = directory / "router.toml"
    file.write_text(_configuration(server, directory, web_server), encoding="utf-8")
    return file


def _configuration(server: Server, directory: Path, web_server: str | None) -> str:
    if web_server is not None:
        web = [web_server, "-p", str(directory), "-e", "stderr", "-c", str(directory / "nginx.conf")]
    else:
        web = ["{python}", "-m", "ipos_reference.lab.applications.web", str(directory / "site"), *_WEB.split(":")]
    tables = [
        _ROUTER.format(
            name=server.name,
            address=server.address,
            gateway=plan.GATEWAY,
            first_lan=plan.FIRST_LAN,
            first_mac=server.first_mac,
            first_mtu=plan.FIRST_MTU,
            second_lan=plan.SECOND_LAN,
            second_mac=server.second_mac,
            second_mtu=plan.SECOND_MTU,
            http=plan.HTTP,
            web_at=_WEB,
            web=_toml(web),
            control=_toml([str(directory / "control.sock")])[1:-1],
            calculation=plan.CALCULATION,
            calculation_at=_CALCULATION,
            calculation_words=_toml(_CALCULATION.split(":"))[1:-1],
            echo=plan.ECHO,
            echo_at=_ECHO,
            echo_words=_toml(_ECHO.split(":"))[1:-1],
        )
    ]
    ports = {"http": plan.HTTP, "calculation": plan.CALCULATION, "echo": plan.ECHO}
    tables += [_PEER.format(peer=peer, **ports) for peer in plan.SERVERS if peer != server]
    tables += [_URL.format(prefix=prefix, server=serves) for prefix, serves in plan.PREFIXES.items()]
    return "".join(tables)


def _toml(words: list[str]) -> str:
    return json.dumps(words, ensure_ascii=False)  # TOML writes lists of strings as JSON does
