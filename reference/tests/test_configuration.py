"""The configuration file: what is wrong with one is said in a line that names the key."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from configured import RIGHT, written
from ipos_reference import configuration
from ipos_reference.cli import app
from ipos_reference.configuration import ConfigurationError
from ipos_reference.local_address import LocalAddress
from ipos_reference.ports.impairment import Impairment
from ipos_reference.request import RequestKind
from ipos_reference.service import Served
from ipos_reference.settings import Bounds, Entered, idle
from ipos_spec.addresses import ipv4, mac
from ipos_spec.encapsulation import Protocol
from ipos_spec.tables.records import CookieEntry, ListeningSocket, UrlEntry
from typer.testing import CliRunner

UNUSUAL = (
    RIGHT.replace("prefix = 24", "prefix = 24\nadvertise = true")
    .replace('port = "packet"', 'port = "tap"')
    .replace('"lan2"', '"lan1"')
    .replace("mtu = 1600", "mtu = 1600\nimpairment = { corruption = 0.1, seed = 3 }")
) + "[bounds]\ntemporary = 1\nlocal = 2\nforward = 3\nforward_connect = 4\n"


def test_a_right_file(tmp_path: Path) -> None:
    found = configuration.read(written(tmp_path, RIGHT))
    settings = found.settings()
    assert (settings.address, settings.second_mac) == (ipv4("192.0.2.1"), mac("02:00:00:00:02:01"))
    assert settings.listeners == {80: RequestKind.HTTP, 7: RequestKind.RAW}
    assert settings.ether_type == 0x88B5
    assert settings.udp_listeners == {53}
    assert settings.processes == {(Protocol.UDP, 53): 0}
    assert settings.session_cookies == {80}
    assert not settings.advertise
    assert settings.bounds == Bounds()
    assert not found.one_interface
    assert found.applications() == {
        (Protocol.TCP, 80): Served(
            address=LocalAddress("127.0.0.1", 8080), command=(sys.executable, f"{tmp_path}/server.py")
        ),
        (Protocol.TCP, 7): Served(address=LocalAddress(path="/run/echo")),
        (Protocol.UDP, 53): Served(
            address=LocalAddress("127.0.0.1", 5353, protocol=Protocol.UDP),
            command=("names",),
            on_demand=True,
            idle=60,
        ),
    }


def test_what_may_be_said_besides(tmp_path: Path) -> None:
    found = configuration.read(written(tmp_path, UNUSUAL))
    settings = found.settings()
    assert settings.advertise
    assert found.one_interface
    assert found.second_lan.impairment.impairment() == Impairment(corruption=0.1, seed=3)
    assert settings.bounds == Bounds(temporary=1, local=2, forward=3, forward_connect=4)


@pytest.mark.parametrize(
    ("old", "new", "ports"),
    [
        ('kind = "http"', 'kind = "http"', {80}),
        ("listens = [80]", "listens = [81]", set()),
        ("listens = [80]", "listens = [7]", set()),
        ('kind = "http"', 'kind = "http"\nsession_cookie = false', set()),
        ("listens = [80]\n", "", set()),
    ],
    ids=["a peer serves it too", "another port", "no HTTP", "not wanted", "no peer"],
)
def test_where_answers_get_a_session_cookie(tmp_path: Path, old: str, new: str, ports: set[int]) -> None:
    assert configuration.read(written(tmp_path, RIGHT.replace(old, new))).settings().session_cookies == ports


def test_a_session_cookie_may_be_asked_for_where_no_peer_serves_the_port_yet(tmp_path: Path) -> None:
    text = RIGHT.replace("listens = [80]\n", "").replace('kind = "http"', 'kind = "http"\nsession_cookie = true')
    assert configuration.read(written(tmp_path, text)).settings().session_cookies == {80}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('address = "192.0.2.1"\n', 'address = "192.0.2"\n', "router.address: found '192.0.2'; expected the IPv4"),
        ('address = "192.0.2.1"\n', 'address = "192.0.2.255"\n', "found '192.0.2.255'; expected an address between"),
        ('address = "192.0.2.1"\n', 'address = "224.0.0.1"\n', "router.address: found '224.0.0.1'; expected"),
        ('address = "192.0.2.1"\n', "", "router.address: missing"),
        ("prefix = 24", 'prefix = "24"', "router.prefix: found '24'; expected a valid integer"),
        ("prefix = 24", "prefx = 24", "router.prefx: unknown key; did you mean prefix?"),
        ("prefix = 24", "prefix = 24\nmtu = 1500", "router.mtu: unknown key; it belongs into another table"),
        ("[router]", "[weather]\n[router]", "weather: unknown key; expected no such key"),
        ("mtu = 1600", "mtu = 1600\nmtuu = 1", "second_lan.mtuu: unknown key; did you mean mtu?"),
        ("mtu = 1600", "mtu = 100", "second_lan.mtu: found 100; expected greater than or equal to 576"),
        ('"02:00:00:00:01:01"', '"03:00:00:00:01:01"', "first_lan.mac: found '03:00:00:00:01:01'; expected the MAC"),
        ('"02:00:00:00:01:01"', '"02:00"', "first_lan.mac: found '02:00'; expected a MAC address, such as 02:00:00"),
        ('"02:00:00:00:01:01"', '"00:00:00:00:00:00"', "first_lan.mac: found '00:00:00:00:00:00'; expected the MAC"),
        ('port = "tap"', 'port = "tun"', "first_lan.port: found 'tun'; expected 'tap' or 'packet'"),
        ('"127.0.0.1:8080"', '"8080"', "listen.0.connect: found '8080'; expected HOST:PORT (IPv4) or unix:/PATH"),
        ('"127.0.0.1:8080"', '"[::1]:8080"', "listen.0.connect: found '[::1]:8080'; expected HOST:PORT (IPv4) or"),
        ('"127.0.0.1:8080"', f'"unix:/{107 * "x"}"', "expected a path of at most 107 octets, such as unix:/run/web"),
        ('kind = "http"', 'kind = "https"', "listen.0.kind: found 'https'; expected 'http' or 'raw'"),
        ("0x88B5", "0x0800", "second_lan.ether_type: found 2048; expected 0x0007 or 0x88b5 (ENC-2)"),
        ('"lan1"', '"lan/1"', "first_lan.interface: found 'lan/1'; expected an interface's name: 1 to 15 characters"),
        ('["{python}", "{here}/server.py"]', "[]", "listen.0.command: found []; expected a program and its arguments"),
        (
            '["{python}", "{here}/server.py"]',
            r'["a\u0000b"]',
            r"listen.0.command: found ['a\x00b']; expected a program",
        ),
        ('mac = "02:00:00:00:02:02"', 'mac = "02:00:00:00:02:01"', "which is this router's own; expected another"),
        ("listens = [80]", "listens = 80", "peer.0.listens: found 80; expected a list: [one, another]"),
        ("[[peer]]", "[peer]", "expected a list of tables: [[peer]]"),
        ("[router]", "[[run]]\n[router]", "run: found [{}]; expected one table: [run]"),
        ("prefix = 24", "prefix = 24\nstate = 5", "router.state: found 5; expected a table: { key = value }"),
        ("prefix = 24", "prefix = true", "router.prefix: found true; expected a valid integer"),
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
        (
            'interface = "lan2"',
            'interface = "lan1"',
            "second_lan.port: found 'packet', expected 'tap' as on the first LAN, whose interface it shares",
        ),
        ("port = 53", "port = 0", "listen_udp.0.port: found 0; expected greater than or equal to 1"),
        ("port = 53", 'port = 53\nkind = "raw"', "listen_udp.0.kind: unknown key; it belongs into another table"),
        ("port = 53", "port = 53\nsession_cookie = true", "listen_udp.0.session_cookie: unknown key; it belongs into"),
        ("[[listen_udp]]", "[[listen_upd]]", "listen_upd: unknown key; did you mean listen_udp?"),
        (
            "[[listen_udp]]",
            '[[listen_udp]]\nport = 53\nconnect = "unix:/a"\n[[listen_udp]]',
            "listen_udp.port: found one port twice, expected each once",
        ),
        ('"demand"', '"later"', "listen_udp.0.start: found 'later'; expected 'router' or 'demand'"),
        ('command = ["names"]\n', "", "listen_udp.0.command: missing; expected what starts it, since start is"),
        ('start = "demand"\n', "", 'listen_udp.0.idle: found 60.0; expected none, or start = "demand"'),
        ("idle = 60", "idle = 0", "listen_udp.0.idle: found 0; expected greater than 0"),
        ("idle = 60", 'idle = "a minute"', "listen_udp.0.idle: found 'a minute'; expected a valid number"),
        (
            'connect = "unix:/run/echo"',
            'connect = "unix:/run/echo"\nsession_cookie = true',
            'listen.1.session_cookie: found true on a raw port; expected kind = "http"',
        ),
        ('kind = "http"', 'kind = "http"\nsession_cookie = 1', "listen.0.session_cookie: found 1; expected a valid"),
        (
            "prefix = 24",
            'prefix = 24\nmeasure = "applications"',
            "router.measure: found 'applications', but nothing is measured since router.advertise is not true; expec",
        ),
        (
            "prefix = 24",
            'prefix = 24\nadvertise = true\nmeasure = "applications"\nstate = { cpu = 10 }',
            "router.measure: found 'applications', but nothing is measured since router.state has been said; expected",
        ),
        ("prefix = 24", "prefix = 24\nadvertise = 1", "router.advertise: found 1; expected a valid boolean"),
        ("[router]", "[bounds]\nlocal = 0\n[router]", "bounds.local: found 0; expected greater than or equal to 1"),
        ("[router]", '[bounds]\nforward = "9"\n[router]', "bounds.forward: found '9'; expected a valid integer"),
        ("[router]", "[bounds]\nforwards = 9\n[router]", "bounds.forwards: unknown key; did you mean forward?"),
        (
            "mtu = 1600",
            "mtu = 1600\nimpairment = { corruption = 2 }",
            "second_lan.impairment.corruption: found 2; expected less than or equal to 1",
        ),
        ("[[listen]]", "[capture]\n[[listen]]", "capture.file: missing"),
        ("[[listen]]", '[capture]\nfile = ""\n[[listen]]', "capture.file: found ''; expected"),
        ("[[listen]]", '[capture]\nfile = "x"\nlimit_mib = 0\n[[listen]]', "capture.limit_mib: found 0; expected"),
        ("[router]", '[control]\nsocket = "here"\n[router]', "control.socket: found 'here'; expected an absolute path"),
        ("[router]", f'[control]\nsocket = "/{107 * "x"}"\n[router]', "of at most 107 octets, such as /run/ipos/"),
        ("[router]", "[contrl]\n[router]", "contrl: unknown key; did you mean control?"),
        ("[router]", "[run]\ngrace = -1\n[router]", "run.grace: found -1; expected greater than or equal to 0"),
        ("[router]", "[router", "not TOML"),
        ('"/images"', '"images?x"', "url.0.prefix: found 'images?x'; expected how a URL's path begins"),
        ('"/images"', '""', "url.0.prefix: found ''; expected how a URL's path begins"),
        ('"/images"', '"http://www.a/"', "url.0.prefix: found 'http://www.a/'; expected how a URL's path begins"),
        ('servers = ["192.0.2.2"]', "servers = []", "url.0.servers: found []; expected at least 1 item"),
        ('servers = ["192.0.2.2"]', 'servers = "192.0.2.2"', "url.0.servers: found '192.0.2.2'; expected a list"),
        (
            'servers = ["192.0.2.2"]',
            'servers = ["192.0.2.9"]',
            "url.0.servers: found '192.0.2.9'; expected the router's own address or a peer's",
        ),
        (
            "[[cookie]]",
            '[[url]]\nprefix = "/images"\nservers = ["192.0.2.1"]\n[[cookie]]',
            "url.1.prefix: found '/images' twice, expected each once",
        ),
        (
            "[[cookie]]",
            "".join(f'[[url]]\nprefix = "{host}/b"\nservers = ["192.0.2.1"]\n' for host in "Aa") + "[[cookie]]",
            "url.2.prefix: found 'a/b' twice, expected each once",
        ),
        ('id = "7f3a"', 'id = "7f 3a"', "cookie.0.id: found '7f 3a'; expected a cookie's value"),
        ('server = "192.0.2.2"', 'server = "192.0.2.9"', "cookie.0.server: found '192.0.2.9'; expected the router's"),
        ("[[listen]]", '[[cookie]]\nid = "7f3a"\nserver = "192.0.2.1"\n[[listen]]', "cookie.1.id: found '7f3a' twice"),
        ("listens = [80]", "listens = [0]", "peer.0.listens.0: found 0; expected greater than or equal to 1"),
        ("cpu = 12.5", "cpu = 101", "peer.0.state.cpu: found 101; expected less than or equal to 100"),
        ("memory = 1000", "memory = -1", "listen.0.memory: found -1; expected greater than or equal to 0"),
        (
            "listens = [80]",
            f"listens = [{'1, ' * 4096}]",
            "peer.listens: found 4098 records of Listening Sockets, expected at most 4096 (TAB-4)",
        ),
        (
            "listens_udp = [53]",
            f"listens_udp = [{'1, ' * 4096}]",
            "peer.listens_udp: found 4097 records of Listening Sockets, expected at most 4096 (TAB-4)",
        ),
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


def test_what_is_entered_into_the_tables_for_choosing(tmp_path: Path) -> None:
    entered = configuration.read(written(tmp_path, RIGHT)).settings().entered
    own, peer = ipv4("192.0.2.1"), ipv4("192.0.2.2")
    assert entered == Entered(
        server_states=(
            idle(own),
            replace(idle(peer), cpu_utilization=1250, tcp_connections=3, available_memory=2000),
        ),
        listening={
            Protocol.TCP: (ListeningSocket(server_ip=peer, port=80, process=0),),
            Protocol.UDP: (ListeningSocket(server_ip=peer, port=53, process=0),),
        },
        urls=(UrlEntry(url="/images", server_ip=peer),),
        cookies=(CookieEntry(cookie_id="7f3a", server_ip=peer),),
    )


def test_a_missing_file_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert result.stderr == f"ipos-router: {tmp_path}/none.toml: No such file or directory\n"


def test_check_says_what_it_found(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(written(tmp_path, RIGHT))])
    assert result.exit_code == 0
    assert "router.toml: right. 2 TCP ports, 1 UDP port, 1 peer, MSS 1460.\n" in result.stdout
    assert "  TCP 80 (http, session cookie): application at 127.0.0.1:8080, started with the router\n" in result.stdout
    assert "  TCP 7 (raw): application at unix:/run/echo, which somebody else runs\n" in result.stdout
    on_demand = "started on demand, ended after 60 s without a client"
    assert f"  UDP 53: application at 127.0.0.1:5353 (UDP), {on_demand}\n" in result.stdout
    assert "Server State: 2 records of at most 1024\n" in result.stdout
    assert "Listening Sockets (UDP): " in result.stdout
    assert "  process id 1, memory requirements 1000 octets, cpu utilization 0.00 %\n" in result.stdout
    assert "  url /images, server ip 192.0.2.2\n" in result.stdout
    assert "  cookie id 7f3a, server ip 192.0.2.2\n" in result.stdout


def test_check_says_what_differs_from_what_is_taken_otherwise(tmp_path: Path) -> None:
    text = UNUSUAL + '[[listen_udp]]\nport = 54\nconnect = "unix:/a"\ncommand = ["a"]\nstart = "demand"\n'
    result = CliRunner().invoke(app, ["check", str(written(tmp_path, text))])
    assert result.exit_code == 0
    assert "  UDP 54: application at unix:/a (UDP), started on demand\n" in result.stdout
    assert "  both LANs on lan1, told apart by EtherType 0x88b5\n" in result.stdout
    assert "  second LAN with 10 % corruption\n" in result.stdout
    assert "  tells the other routers of its tables\n" in result.stdout
    assert "  at most 1 in temporary, 2 in local, 3 in forward, 4 in forward_connect\n" in result.stdout


def test_what_the_readme_shows_is_right(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    shown = [line.removeprefix("    ") for line in readme.splitlines() if line.startswith("    ")]
    ports = "\n".join(shown[shown.index("[[listen]]") : shown.index("[router]")])
    others = "\n".join(shown[shown.index("[[peer]]") :]).partition("[control]")[0]
    said = "\n".join(shown[shown.index("[router]") : shown.index("[[peer]]")])
    text = said
    for table in ("router", "first_lan"):
        _, _, of_table = RIGHT.partition(f"[{table}]\n")
        text = text.replace(f"[{table}]\n", f"[{table}]\n" + of_table.partition("\n[")[0] + "\n")
    second = RIGHT[RIGHT.index("[second_lan]") : RIGHT.index("[[peer]]")]
    found = configuration.read(written(tmp_path, "\n".join([text, second, ports, others])))
    settings = found.settings()
    assert (settings.advertise, settings.session_cookies, settings.bounds) == (True, {80}, Bounds())
    assert settings.processes == {(Protocol.TCP, 80): 0}
