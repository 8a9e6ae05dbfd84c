"""The farm of FIG. 2A as people use it: made, entered, impaired, taken down, and nothing left of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from bed import needs_kernel, wait_for
from ipos_reference.cli import app
from ipos_reference.control.client import ask
from ipos_reference.lab import laboratory, plan, site
from ipos_reference.lab.place import Place
from ipos_spec import captures
from typer.testing import CliRunner, Result

pytestmark = pytest.mark.kernel

LAB = (sys.executable, "-m", "ipos_reference", "lab")


def refused(directory: Path, command: str, *words: str) -> Result:
    """A command that starts nothing, without the time that a process takes to begin."""
    return CliRunner().invoke(app, ["lab", command, "--directory", str(directory), *words])


def lab(directory: Path, *words: str, timeout: float = 120.0) -> "subprocess.CompletedProcess[str]":
    command, *rest = words
    return subprocess.run(
        [*LAB, command, "--directory", str(directory), *rest], capture_output=True, text=True, timeout=timeout
    )


def processes_of(directory: Path) -> list[psutil.Process]:
    """Everything that has the lab's directory in its command line, but for those that ask."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if any(str(directory) in word for word in words) and "ipos_reference.lab.keeper" in words:
            found.append(process)
    return found


def everything_below(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def whole_family(directory: Path) -> list[psutil.Process]:
    (root, *_) = sorted(processes_of(directory), key=lambda process: process.create_time())
    return everything_below(root)


def all_gone(family: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab that is up, for all tests that leave it so."""
    if reason := needs_kernel():
        pytest.skip(reason)
    made = tmp_path_factory.mktemp("lab") / "lab"
    done = lab(made, "up")
    assert done.returncode == 0, done.stderr
    yield made
    lab(made, "down")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """Where a lab of one test's own goes."""
    if reason := needs_kernel():
        pytest.skip(reason)
    yield tmp_path / "lab"
    if (tmp_path / "lab").exists():
        lab(tmp_path / "lab", "down")


def test_a_client_gets_a_picture_from_the_server_that_has_it(directory: Path) -> None:
    words = ("shell", "client-1", "--", "curl", "--silent", "--fail", f"http://192.0.2.1{site.PICTURE}")
    assert lab(directory, *words).stdout.encode() == site.pages(plan.SERVERS[1])[site.PICTURE]


@pytest.mark.parametrize("name", plan.NAMESPACES)
def test_every_host_can_be_entered(directory: Path, name: str) -> None:
    words = laboratory.find(Place(directory)).command(name, "cat", "/proc/net/dev")
    found = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    there = {line.split(":")[0].strip() for line in found.splitlines() if ":" in line}
    ends = {end.name for link in plan.LINKS for end in (link.one, link.other) if end.namespace == name}
    bridges = {name, *(server.name for server in plan.SERVERS)} if name in plan.BRIDGES else set()
    assert ends | bridges <= there


def test_the_status_of_a_command_is_handed_on(directory: Path) -> None:
    assert lab(directory, "shell", "client-1", "--", "sh", "-c", "exit 7").returncode == 7


def test_status_tells_of_every_host_and_of_what_fails(directory: Path) -> None:
    assert "Nothing fails." in lab(directory, "status").stdout
    assert "line from isp-1 to its edge router is cut" in lab(directory, "impair", "isp-1", "--cut").stdout
    try:
        found = json.loads(lab(directory, "status", "--json").stdout)
        assert found["lines"] == {"isp-1": False, "isp-2": True}
        assert set(found["namespaces"]) == set(plan.NAMESPACES)
        assert [table["table"] for table in found["routers"]["server-1"]["tables"]].count("local") == 2
        words = ("shell", "client-1", "--", "curl", "--silent", "--max-time", "10", f"http://192.0.2.1{site.PAGE}")
        assert lab(directory, *words).stdout.encode() == site.pages(plan.SERVERS[0])[site.PAGE]
    finally:
        assert "Nothing fails." in lab(directory, "impair", "isp-1", "--mend").stdout


@pytest.mark.skipif(not shutil.which("nft"), reason="needs nft")
@pytest.mark.parametrize(
    "percent", ["100", *(pytest.param(percent, marks=pytest.mark.thorough) for percent in ("0.001", "1.5"))]
)
def test_a_lan_can_lose_frames(directory: Path, percent: str) -> None:
    try:
        done = lab(directory, "impair", "second-lan", "--loss", percent)
        assert done.stdout == f"The second-lan loses {percent} % of all frames.\n", done.stderr
    finally:
        assert lab(directory, "impair", "second-lan", "--loss", "0").stdout == "Nothing fails.\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("up",), "a lab is up in"),
        (("shell", "server-9"), "no namespace is called 'server-9'; there are client-1"),
        (("shell", "client-1", "no-such-program"), "no-such-program: there is no such program"),
        (("impair", "isp-1"), "expected one of --cut, --mend and --loss"),
        (("impair", "isp-1", "--loss", "1"), "expected, with --loss, a LAN: first-lan, second-lan"),
        (("impair", "first-lan", "--cut"), "expected, with --cut and --mend, a line: isp-1, isp-2"),
        (("impair", "isp-1", "--cut", "--mend"), "expected one of"),
        (("capture", "/dev/full", "--time", "1"), "/dev/full: No space left on device; what was written"),
    ],
)
def test_what_is_not_understood_is_told_in_one_line(directory: Path, words: tuple[str, ...], expected: str) -> None:
    done = refused(directory, *words)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["status", "shell", "impair"])
def test_where_no_lab_is_up_one_is_told_how_to_make_one(tmp_path: Path, command: str) -> None:
    words = {"status": (), "shell": ("client-1",), "impair": ("isp-1", "--cut")}[command]
    done = refused(tmp_path / "none", command, *words)
    assert (done.exit_code, done.stderr.count("\n")) == (3, 1)
    assert "make one: ipos-router lab up" in done.stderr


def test_nothing_is_left_after_down(own: Path) -> None:
    assert lab(own, "up", "--web-server", "python").returncode == 0
    family = whole_family(own)
    assert len(family) > 10
    done = lab(own, "down")
    assert (done.returncode, done.stdout) == (0, f"The lab in {own} is gone.\n")
    assert all_gone(family)
    assert not own.exists()
    assert lab(own, "down").stdout == f"No lab is in {own}.\n"


def test_nothing_is_left_of_a_lab_whose_making_is_interrupted(own: Path) -> None:
    making = subprocess.Popen([*LAB, "up", "--directory", str(own)], stdout=subprocess.DEVNULL)
    wait_for((own / "server-1").exists, seconds=30)
    family = whole_family(own)
    making.send_signal(signal.SIGINT)
    assert making.wait(30) == 130
    assert all_gone(family)
    assert not own.exists()


def test_a_keeper_that_has_only_just_begun_hears_of_an_interruption_all_the_same(own: Path) -> None:
    """The kernel gives the first process of a PID namespace no signal that it has no handler for yet."""
    making = subprocess.Popen([*LAB, "up", "--directory", str(own)], stdout=subprocess.DEVNULL)
    wait_for(lambda: processes_of(own) != [], seconds=30)
    family = whole_family(own)
    begin = time.monotonic()
    making.send_signal(signal.SIGINT)
    assert making.wait(30) == 130
    assert time.monotonic() - begin < laboratory.DOWN_WITHIN
    assert all_gone(family)
    assert not own.exists()


def test_nothing_is_left_of_a_lab_whose_making_is_killed(own: Path) -> None:
    making = subprocess.Popen([*LAB, "up", "--directory", str(own)], stdout=subprocess.DEVNULL)
    wait_for((own / "server-1").exists, seconds=30)
    family = whole_family(own)
    making.kill()
    making.wait()
    wait_for(lambda: all_gone(family))
    assert not own.exists()


def test_a_lab_that_is_up_is_found_by_every_name_of_its_directory(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(directory)
    for name in (tmp_path / "link", directory / ".." / directory.name):
        done = refused(name, "up")
        assert done.exit_code == 2
        assert f"a lab is up in {directory} already" in done.stderr


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for command in ("up", "down"):
        done = refused(tmp_path, command)
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_router_that_does_not_start_says_why(own: Path) -> None:
    """A directory whose name is too long for a control socket's address."""
    long = own / ("x" * 100)
    own.mkdir()
    done = lab(long, "up")
    assert done.returncode == 2
    assert "expected an absolute path of at most 107 octets" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not long.exists()
    own.rmdir()


def test_the_capture_has_both_lans_in_order(directory: Path) -> None:
    lab(directory, "shell", "client-1", "--", "curl", "--silent", f"http://192.0.2.1{site.PICTURE}")
    time.sleep(0.1)  # the sniffer's doing
    with Place(directory).capture.open("rb") as file:
        frames = list(captures.read(file))
    assert {frame.interface for frame in frames} == {"first LAN", "second LAN"}
    times = [frame.time_ns for frame in frames if frame.time_ns is not None]
    assert times == sorted(times)


def test_what_crosses_a_lan_can_be_captured(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "lans.pcapng"
    done = lab(directory, "capture", str(file), "--lan", "second-lan", "--time", "2.5")
    with file.open("rb") as octets:
        frames = list(captures.read(octets))
    assert done.stderr == f"{len(frames)} frames\n"
    assert len(frames) >= 3  # Server State of each server every second (ADV-2)
    assert {frame.interface for frame in frames} == {"second LAN"}


def test_a_capture_goes_into_a_pipe_as_it_comes_and_ends_with_its_reader(directory: Path) -> None:
    words = (*LAB, "capture", "--directory", str(directory), "-", "--since-up")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as capturing:
        assert capturing.stdout is not None
        frame = next(captures.read(capturing.stdout))
        capturing.stdout.close()
        assert capturing.wait(30) == 0
    assert frame.octets[12:14] in (b"\x00\x07", b"\x08\x06")  # an advertisement, or ARP


@pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk")
def test_five_hundred_requests_every_second_of_which_migrates(directory: Path) -> None:
    script = str(Path(__file__).with_name("every_second_request.lua"))
    before = migrations(directory)
    words = ("wrk", "--threads", "4", "--connections", "4", "--duration", "10s", "--script", script)
    done = lab(directory, "shell", "client-1", "--", *words, "http://192.0.2.1", "--", "125")
    assert [line for line in done.stdout.splitlines() if line.startswith(("answered", "errors"))] == [
        *["answered 125 wrong 0"] * 4,
        "errors 0",
    ]
    assert migrations(directory) - before >= 4 * 62


def migrations(directory: Path) -> int:
    """How many the routers have had acknowledged, all together."""
    controls = [Place(directory).control(server.name) for server in plan.SERVERS]
    return sum(ask(control, {"ask": "counters"})["happenings"]["migrations acknowledged"] for control in controls)


def test_an_ordinary_user_can_have_a_lab() -> None:
    if reason := needs_kernel():
        pytest.skip(reason)
    python = _python_for_everybody()
    if python is None:
        pytest.skip("needs an interpreter that an ordinary user may run, and unprivileged user namespaces")
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, NOBODY, NOBODY)
        place = str(Path(home) / "lab")
        try:
            made = _as_nobody(python, "up", "--directory", place)
            assert made.returncode == 0, made.stderr
            url = f"http://192.0.2.1{site.PICTURE}"
            got = _as_nobody(python, "shell", "--directory", place, "client-1", "curl", "--silent", url)
            assert got.stdout.encode() == site.pages(plan.SERVERS[1])[site.PICTURE]
            assert "is cut" in _as_nobody(python, "impair", "--directory", place, "isp-1", "--cut").stdout
        finally:
            _as_nobody(python, "down", "--directory", place)
        assert not Path(place).exists()


def test_a_lab_is_its_owners(directory: Path) -> None:
    python = _python_for_everybody()
    if python is None:
        pytest.skip("needs an interpreter that an ordinary user may run, and unprivileged user namespaces")
    done = _as_nobody(python, "demo", "--directory", str(directory))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "be its owner" in done.stderr


NOBODY = 65534
AS_NOBODY = f"""
    mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit
    exec chroot --userspec={NOBODY}:{NOBODY} --groups= / "$@"
"""
"""With a TUN device that everybody may open, as Debian has it, also where this machine's is root's alone."""


def _as_nobody(python: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", AS_NOBODY, "sh", python, "-m", "ipos_reference", "lab", *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _python_for_everybody() -> str | None:
    """An interpreter of this version with all that the lab needs, which another user may run in a user namespace."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            if _as_nobody(python, "--help").returncode == 0:
                words = ["unshare", "--user", "--map-root-user", "--net", "true"]
                done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True)
                return python if done.returncode == 0 else None
        except OSError:
            continue
    return None
