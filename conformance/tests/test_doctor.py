"""Each mistake on the bench or in the target file is told in a sentence, with what to do; a new user's way to a report.

The device is the reference router behind two virtual cables, in a namespace of its own; the target file is the
template, as `ipos-conformance new` writes it.
"""

import contextlib
import json
import time

import pytest
from hardware import Hardware
from kernel import MISSING

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

FILE = "my-router.toml"
AWAY = 'away = { path = "/away/page.txt", content = "site/away/page.txt", peer = "192.0.2.2" }'
RAW = '# raw = { local = 7, away = 1007, peer = "192.0.2.2" }'


@pytest.fixture(scope="module")
def hardware(tmp_path_factory):
    with contextlib.closing(Hardware(tmp_path_factory.mktemp("bench"))) as device:
        done = device.run("new", FILE)
        assert done.returncode == 0, done.stderr
        device.await_device(FILE)
        yield device


def mistaken(hardware: Hardware, mistakes: dict[str, str]) -> str:
    """The name of a target file with mistakes in it."""
    text = (hardware.folder / FILE).read_text()
    for right, wrong in mistakes.items():
        assert right in text
        text = text.replace(right, wrong, 1)
    (hardware.folder / "mistaken.toml").write_text(text)
    return "mistaken.toml"


def findings(document: dict, state: str = "fault") -> list[tuple[str, str]]:
    """What is said, and what is to be done, of each finding of a kind."""
    return [(one["says"], one["do"]) for one in document["findings"] if one["state"] == state]


def assert_told(document: dict, expected: list[tuple[str, str]]) -> None:
    """These faults, in this order, and no others."""
    found = findings(document)
    assert len(found) == len(expected), found
    for (said, advised), (says, do) in zip(found, expected, strict=True):
        assert says in said
        assert do in advised
    assert document["exit_code"] == 1


def test_bench_and_file_that_are_right_are_well(hardware):
    document = hardware.doctor(FILE)
    assert (findings(document), findings(document, "unknown"), document["exit_code"]) == ([], [], 0)


def test_mistakes_that_hide_nothing_are_told_all_at_once(hardware):
    mistakes = {
        'router_mac = "02:00:00:00:01:01"': 'router_mac = "02:00:00:00:01:07"',
        'router_mac = "02:00:00:00:02:01"': 'router_mac = "02:00:00:00:02:07"',
        'second = { path = "/second.txt"': 'second = { path = "/nowhere.txt"',
        "closed_port = 9 ": "closed_port = 1007 ",
        AWAY: AWAY.replace("192.0.2.2", "192.0.2.3"),
        "scale = 1.0": "scale = 0.02",
    }
    expected = [
        (
            "192.0.2.1 has the MAC 02:00:00:00:01:01, expected 02:00:00:00:01:07 (first_lan.router_mac)",
            'Write `router_mac = "02:00:00:00:01:01"` into [first_lan]',
        ),
        ("on the second LAN 192.0.2.1 has the MAC 02:00:00:00:02:01", "into [second_lan]"),
        ("pixit.second: /nowhere.txt is answered by status 404", "under /nowhere.txt"),
        ("port 1007 is open, expected closed", "Name a port there that nobody serves"),
        ("/away/page.txt goes to 192.0.2.2, expected 192.0.2.3", "name the other one in pixit.away.peer"),
        ("expected 4 ms because of timing.scale 0.02", "Write `scale = "),
    ]
    assert_told(hardware.doctor(mistaken(hardware, mistakes)), expected)


@pytest.mark.parametrize(
    ("mistakes", "says", "do"),
    [
        (
            {'address = "192.0.2.1"': 'address = "192.0.2.77"'},
            "nobody answers ARP for 192.0.2.77",
            "whether router.address is true",
        ),
        (
            {"http_port = 80": "http_port = 81"},
            "port 81 is closed, expected open because of pixit.http_port",
            "Start the server behind the router, or write the right port into pixit.http_port",
        ),
        (
            {"ether_type = 0x0007": "ether_type = 0x88B5"},
            "but one is under 0x0007",
            "Write `ether_type = 0x0007`",
        ),
        (
            {'mac = "02:00:00:00:02:03"': 'mac = "02:00:00:00:02:0b"'},
            "a connection packet from [[peer]] 192.0.2.3 is not acknowledged, though another peer's is",
            "Enter this address and MAC in the router's configuration",
        ),
        (
            {'path = "/away/page.txt"': 'path = "/first.txt"'},
            "/first.txt does not go to 192.0.2.2: the target answers it itself",
            "Map it to the server 192.0.2.2",
        ),
        ({'interface = "eth1"': 'interface = "eth7"'}, "there is no interface eth7", "`ip -brief link` lists those"),
        (
            {'interface = "eth1"': 'interface = "x"', 'interface = "eth2"': 'interface = "eth1"', '"x"': '"eth2"'},
            "the two LANs are swapped",
            "Exchange the cables of eth2 and eth1",
        ),
    ],
)
def test_mistake_that_hides_others_is_told_alone(hardware, mistakes, says, do):
    assert_told(hardware.doctor(mistaken(hardware, mistakes)), [(says, do)])


def test_mistakes_about_echo_services_and_a_peers_mac(hardware):
    mistakes = {
        'mac = "02:00:00:00:02:02"': 'mac = "02:00:00:00:02:0a"',
        RAW: 'raw = { local = 80, away = 1007, peer = "192.0.2.3" }',
    }
    expected = [
        ("port 80 (pixit.raw.local) is open but does not send back", "Put an echo service behind it"),
        ("a connection packet from [[peer]] 192.0.2.2 is not acknowledged", "write its own into [[peer]]"),
        (
            "the connection packet goes to the MAC 02:00:00:00:02:02, expected 02:00:00:00:02:0a",
            "in [[peer]]",
        ),
        ("pixit.raw.away: port 1007 goes to 192.0.2.2, expected 192.0.2.3", "pixit.raw.away.peer"),
    ]
    assert_told(hardware.doctor(mistaken(hardware, mistakes)), expected)


def test_another_gateway_than_the_routers_is_told(hardware):
    """Its own neighbour table would hide that, so it starts anew."""
    file = mistaken(hardware, {'gateway = "192.0.2.254"': 'gateway = "192.0.2.253"'})
    hardware.restart()
    deadline = time.monotonic() + 30
    while "nobody answers ARP" in str(document := hardware.doctor(file)):
        assert time.monotonic() < deadline
    says = "the router asks by ARP for 192.0.2.254, whom nobody plays; the target file's gateway is 192.0.2.253"
    assert_told(
        document,
        [
            (says, 'write `gateway = "192.0.2.254"` into [router]'),
            ("port 9 (pixit.closed_port) gets no RST", "packet filter"),
        ],
    )
    hardware.await_device(FILE)


SPOILT = [
    ("ip", "link", "set", "eth2", "mtu", "1400"),
    ("ethtool", "eth1", "gro", "on"),
    ("ip", "address", "add", "192.0.2.254/24", "dev", "eth1"),
    ("ip", "address", "add", "192.0.2.3/32", "dev", "lo"),
    ("ip", "link", "set", "eth2", "down"),
]
FAULTS = [
    ("gro of eth1 is on: it joins segments", "`ethtool -K eth1 gro off`"),
    (
        "this machine itself has 192.0.2.254/24 on eth1, an address that the suite plays",
        "`ip address del 192.0.2.254/24 dev eth1`",
    ),
    ("eth2 is down, expected up", "`ip link set eth2 up`"),
    ("MTU of eth2 is 1400, expected at least 1500", "`ip link set eth2 mtu 1500`"),
    (
        "on another interface, and its kernel answers ARP for it on eth2, too",
        "`sysctl -w net.ipv4.conf.eth2.arp_ignore=1`",
    ),
]


def test_faults_of_the_bench_are_told_mended_and_taken_back(hardware):
    for command in SPOILT:
        hardware.change(*command)
    assert_told(hardware.doctor(FILE), FAULTS)

    mended = hardware.doctor(FILE, "--fix")
    assert (findings(mended), mended["exit_code"], len(mended["undo"])) == ([], 0, len(FAULTS))

    undone = hardware.run("doctor", "--undo").stdout.splitlines()
    assert undone == [f"undone: {command}" for command in reversed(mended["undo"])]
    assert_told(hardware.doctor(FILE), FAULTS)

    again = hardware.run("doctor", "--undo")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "nothing to take back" in again.stderr

    hardware.doctor(FILE, "--fix")
    (hardware.folder / "state" / "ipos-conformance" / "undo.json").unlink()
    hardware.change("ip", "address", "del", "192.0.2.3/32", "dev", "lo")


def test_interface_without_carrier_is_told(hardware):
    hardware.change("ip", "link", "set", "ipos-lan2", "down", on_the_device=True)
    document = hardware.doctor(FILE)
    hardware.change("ip", "link", "set", "ipos-lan2", "up", on_the_device=True)
    assert_told(document, [("eth2 has no carrier", "Plug the cable in")])
    assert findings(document, "unknown")


def test_from_template_to_report(hardware):
    """What a new user does, with nothing but the template: judged, and the report is there."""
    done = hardware.run("run", FILE, "handshake", "acknowledgement", "--output", "report")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((hardware.folder / "report" / "results.json").read_text())
    assert document["target"]["name"] == "MY ROUTER"
    assert {case["verdict"] for case in document["cases"]} == {"PASS"}


def test_findings_are_whole_lines_for_grep(hardware):
    done = hardware.run("doctor", mistaken(hardware, {"http_port = 80": "http_port = 81"}))
    (line,) = [line for line in done.stdout.splitlines() if "  fault  " in line and "Port 81" in line]
    assert "Start the server behind the router" in line
    assert done.stdout.splitlines()[-1] == "1 fault to mend, 2 that can't be judged; exit status 1."


def test_fix_and_undo_at_once_is_a_mistake(hardware):
    done = hardware.run("doctor", FILE, "--fix", "--undo")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
