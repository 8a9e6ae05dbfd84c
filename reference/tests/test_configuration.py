"""The configuration file: what is wrong with one is said in a line that names the key."""

from pathlib import Path

import pytest
from ipos_reference import configuration
from ipos_reference.applications import LocalAddress
from ipos_reference.cli import app
from ipos_reference.configuration import ConfigurationError
from ipos_reference.request import RequestKind
from ipos_spec.addresses import ipv4, mac
from typer.testing import CliRunner

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
[[listen]]
port = 80
kind = "http"
connect = "127.0.0.1:8080"
command = ["{python}", "{here}/server.py"]
[[listen]]
port = 7
connect = "unix:/run/echo"
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "router.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_file(tmp_path: Path) -> None:
    found = configuration.read(written(tmp_path, RIGHT))
    settings = found.settings()
    assert (settings.address, settings.second_mac) == (ipv4("192.0.2.1"), mac("02:00:00:00:02:01"))
    assert settings.listeners == {80: RequestKind.HTTP, 7: RequestKind.RAW}
    assert settings.ether_type == 0x88B5
    assert found.applications()[7] == LocalAddress(path="/run/echo")
    assert found.listen[0].command is not None
    assert found.listen[0].command[1] == f"{tmp_path}/server.py"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('address = "192.0.2.1"\n', 'address = "192.0.2"\n', "router.address: found '192.0.2'; expected the IPv4"),
        ('address = "192.0.2.1"\n', 'address = "224.0.0.1"\n', "router.address: found '224.0.0.1'; expected"),
        ('address = "192.0.2.1"\n', "", "router.address: missing"),
        ("prefix = 24", 'prefix = "24"', "router.prefix: found '24'; expected a valid integer"),
        ("prefix = 24", "prefx = 24", "router.prefx: unknown key; did you mean prefix?"),
        ("prefix = 24", "prefix = 24\nmtu = 1500", "router.mtu: unknown key; it belongs into another table"),
        ("[router]", "[weather]\n[router]", "weather: unknown key; expected no such key"),
        ("mtu = 1600", "mtu = 1600\nmtuu = 1", "second_lan.mtuu: unknown key; did you mean mtu?"),
        ("mtu = 1600", "mtu = 100", "second_lan.mtu: found 100; expected greater than or equal to 576"),
        ('"02:00:00:00:01:01"', '"03:00:00:00:01:01"', "first_lan.mac: found '03:00:00:00:01:01'; expected the MAC"),
        ('"02:00:00:00:01:01"', '"02:00"', "first_lan.mac: found '02:00'; '02:00' is not a MAC address such as"),
        ('port = "tap"', 'port = "tun"', "first_lan.port: found 'tun'; expected 'tap' or 'packet'"),
        ('"127.0.0.1:8080"', '"8080"', "listen.0.connect: found '8080'; expected HOST:PORT or unix:/PATH"),
        ('kind = "http"', 'kind = "https"', "listen.0.kind: found 'https'; expected 'http' or 'raw'"),
        ("0x88B5", "0x0800", "second_lan.ether_type: found 2048; expected 0x0007 or 0x88b5 (ENC-2)"),
        ('"lan1"', '"lan/1"', "first_lan.interface: found 'lan/1'; expected an interface's name: 1 to 15 characters"),
        ('["{python}", "{here}/server.py"]', '"server"', "listen.0.command: found 'server'; expected a list, such as"),
        (
            '"192.0.2.254"',
            '"192.0.3.254"',
            "router.gateway: found '192.0.3.254'; expected another address in 192.0.2.0/24",
        ),
        ('"192.0.2.254"', '"192.0.2.1"', "router.gateway: found '192.0.2.1'; expected another address in 192.0.2.0/24"),
        (
            '"192.0.2.2"',
            '"192.0.2.1"',
            "peer.0.address: found '192.0.2.1', which is the router's own address; expected",
        ),
        ("[[listen]]", '[[peer]]\naddress = "192.0.2.2"\nmac = "02:00:00:00:02:03"\n[[listen]]', "which is peer.0's"),
        ("port = 7", "port = 80", "listen.port: found one port twice, expected each once"),
        ('interface = "lan2"', 'interface = "lan1"', "second_lan.interface: found the first LAN's"),
        ("[router]", "[router", "not TOML"),
    ],
)
def test_a_wrong_file(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in RIGHT
    path = written(tmp_path, RIGHT.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as caught:
        configuration.read(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert result.stderr == f"ipos-router: {tmp_path}/none.toml: No such file or directory\n"


def test_check_says_what_it_found(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(written(tmp_path, RIGHT))])
    assert result.exit_code == 0
    assert "2 ports, 1 peer, MSS 1460" in result.stdout
