"""A benchmark that is interrupted leaves no process behind, whenever that is and whoever interrupts it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Never

import pytest
from built_pages import ROOT
from farm import Farm, lacks
from namespace import Namespace

needs_farm = pytest.mark.skipif(bool(lacks()), reason=lacks() or "")

BENCHMARK = """
import os, signal
from measure import end_in_order
end_in_order()
for number in (signal.SIGTERM, signal.SIGHUP):
    child = os.fork()
    try:
        if not child:
            os.kill(os.getpid(), number)
        else:
            print(os.WTERMSIG(os.waitpid(child, 0)[1]) == number, flush=True)
            os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        pass
    finally:
        print("ended" if child else "child", flush=True)
"""


def test_a_signal_ends_a_benchmark_in_order_but_none_of_its_children() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BENCHMARK],
        env=os.environ | {"PYTHONPATH": str(ROOT / "bench")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr, done.returncode) == (["True", "ended"] * 2, "", 0)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """All processes that are started in namespaces."""
    processes: list[subprocess.Popen[bytes]] = []
    popen = Namespace.popen

    def noted(namespace: Namespace, *words: str, **options: Any) -> "subprocess.Popen[bytes]":
        processes.append(popen(namespace, *words, **options))
        return processes[-1]

    monkeypatch.setattr(Namespace, "popen", noted)
    return processes


def interrupted(*_: object) -> Never:
    """What Ctrl-C does to somebody who waits."""
    raise KeyboardInterrupt


def all_ended(started: list["subprocess.Popen[bytes]"], expected: int) -> bool:
    """Whether so many have been started and are over; those that are not are ended here."""
    running = [process for process in started if process.poll() is None]
    for process in running:
        process.kill()
        process.wait()
    return len(started) >= expected and not running


@needs_farm
@pytest.mark.kernel
def test_routers_of_a_farm_that_is_interrupted_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list["subprocess.Popen[bytes]"]
) -> None:
    monkeypatch.setattr("farm.wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Farm(tmp_path, 2)
    assert all_ended(started, 2)


@needs_farm
@pytest.mark.kernel
def test_proxies_that_are_interrupted_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list["subprocess.Popen[bytes]"]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "bench" / "peers")
    import proxies

    if reason := proxies.lacks():
        pytest.skip(reason)
    lan = Namespace()
    with lan.routes() as ip:
        for bridge in ("br-lan1", "br-lan2"):
            ip.link("add", ifname=bridge, kind="bridge")
    monkeypatch.setattr(proxies, "wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        proxies.Proxies(lan, tmp_path / "proxies")
    lan.close()
    del sys.modules["proxies"]
    assert all_ended(started, 2)
