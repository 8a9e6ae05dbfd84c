"""`ipos-router lab view` beside a lab that is up: what a client does is on the page at once, and it ends in order."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bed import needs_kernel, wait_for
from ipos_reference.lab import site

pytestmark = pytest.mark.kernel

LAB = (sys.executable, "-m", "ipos_reference", "lab")


def lab(directory: Path, command: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*LAB, command, "--directory", str(directory), *words], capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    if reason := needs_kernel():
        pytest.skip(reason)
    made = tmp_path / "lab"
    done = lab(made, "up")
    assert done.returncode == 0, done.stderr
    yield made
    lab(made, "down")


def test_page_follows_a_lab_until_it_is_gone(directory: Path, tmp_path: Path) -> None:
    viewing = subprocess.Popen(
        [*LAB, "view", "--directory", str(directory), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert viewing.stdout is not None
        found = re.match(r"(http://127\.0\.0\.1:[0-9]+/) shows the lab", viewing.stdout.readline())
        assert found

        def state() -> dict[str, Any]:
            with urllib.request.urlopen(f"{found[1]}state.json", timeout=10) as answer:  # noqa: S310 - our own
                document: dict[str, Any] = json.load(answer)
                return document

        assert state()["lines"] == {"isp-1": True, "isp-2": True}
        words = ("client-1", "--", "curl", "--silent", "--fail", f"http://192.0.2.1{site.PICTURE}")
        assert lab(directory, "shell", *words).returncode == 0
        assert lab(directory, "impair", "isp-2", "--cut").returncode == 0
        wait_for(lambda: any("moved to server 2" in one["title"] for one in state()["exchanges"]), 30)
        wait_for(lambda: state()["lines"] == {"isp-1": True, "isp-2": False}, 30)
        assert {router["problem"] for router in state()["routers"]} == {""}
        file = tmp_path / "lab.html"
        assert lab(directory, "view", "--output", str(file)).returncode == 0
        assert f"GET {site.PICTURE}, moved to server 2" in file.read_text(encoding="utf-8")
        assert lab(directory, "down").returncode == 0
        wait_for(lambda: "no lab is up" in state()["problem"], 30)
        viewing.send_signal(signal.SIGINT)
        assert viewing.wait(20) == 0
    finally:
        viewing.kill()
        viewing.wait()
