"""The command ``ipos-router run`` as a process."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_STARTING = """
[router]
address = "192.0.2.1"
prefix = 24
[first_lan]
port = "tap"
interface = "lan1"
mac = "02:00:00:00:01:01"
[second_lan]
port = "tap"
interface = "lan2"
mac = "02:00:00:00:02:01"
[[listen]]
port = 80
connect = "unix:/nowhere"
command = ["sh", "-c", "exec 3>{here}/life; echo ready >&3; exec sleep 60"]
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_router_that_is_ended_while_it_starts_ends_its_applications(tmp_path: Path, number: signal.Signals) -> None:
    life = tmp_path / "life"  # held open by the application for as long as it lives
    os.mkfifo(life)
    (tmp_path / "router.toml").write_text(_STARTING, encoding="utf-8")
    router = subprocess.Popen([sys.executable, "-m", "ipos_reference", "run", str(tmp_path / "router.toml")])
    with life.open("rb", buffering=0) as application:
        assert application.read(100) == b"ready\n"
        router.send_signal(number)
        assert router.wait(10) == 128 + number
        readable, _, _ = select.select([application], [], [], 10)
        assert readable
        assert application.read(100) == b""


def test_loopback_that_is_down_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "router.toml").write_text(_STARTING.replace("unix:/nowhere", "127.0.0.1:8080"), encoding="utf-8")
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    command = [*unshare, sys.executable, "-m", "ipos_reference", "run", str(tmp_path / "router.toml")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("ipos-router: 127.0.0.1:8080 can't be reached: the loopback interface is down")
    assert finished.stderr.count("\n") == 1
