"""A right configuration file, for tests to change."""

from pathlib import Path

RIGHT = """
[router]
address = "192.0.2.1"
prefix = 24
gateway = "192.0.2.254"
[first_lan]
port = "tap"
interface = "lan1"
mac = "02:00:00:00:01:01"
[second_lan]
port = "packet"
interface = "lan2"
mac = "02:00:00:00:02:01"
mtu = 1600
ether_type = 0x88B5
[[peer]]
address = "192.0.2.2"
mac = "02:00:00:00:02:02"
listens = [80]
listens_udp = [53]
state = { cpu = 12.5, connections = 3, memory = 2000 }
[[url]]
prefix = "/images"
servers = ["192.0.2.2"]
[[cookie]]
id = "7f3a"
server = "192.0.2.2"
[[listen]]
port = 80
memory = 1000
kind = "http"
connect = "127.0.0.1:8080"
command = ["{python}", "{here}/server.py"]
[[listen]]
port = 7
connect = "unix:/run/echo"
[[listen_udp]]
port = 53
connect = "127.0.0.1:5353"
command = ["names"]
start = "demand"
idle = 60
"""


def written(directory: Path, text: str) -> Path:
    """The file with this text, in a directory."""
    path = directory / "router.toml"
    path.write_text(text, encoding="utf-8")
    return path
