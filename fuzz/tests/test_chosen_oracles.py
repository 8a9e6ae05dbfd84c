"""`--oracle`: whose word counts. A target that is wrong in many ways can be attacked by those who ask less of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ipos_conformance.runs.phases import usual
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_fuzz.campaign.observing import observers
from ipos_fuzz.oracles.model import Model
from ipos_fuzz.oracles.observer import Blind
from ipos_fuzz.violation import ORACLES

ROOT = Path(__file__).parents[2]
ECHO = ROOT / "bench" / "peers" / "echo.toml"
NO_NAMESPACE = not (os.geteuid() == 0 and Path("/dev/net/tun").exists())


def attack(folder: Path, *arguments: str) -> tuple[int, dict[str, object], dict[str, object]]:
    """Exit status, and beginning and end, of a short campaign against a target that sends every frame back."""
    command = [sys.executable, "-m", "ipos_fuzz", "run", str(ECHO)]
    command += ["--seed", "1", "--output", str(folder), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    first, *_, last = map(json.loads, done.stdout.splitlines())
    return done.returncode, first, last


@pytest.mark.parametrize("chosen", [ORACLES, ("liveness",), ("log", "resources")])
def test_the_model_watches_if_it_is_asked(chosen: tuple[str, ...]) -> None:
    target = read_target(DEFAULT_TARGET)
    observer = observers(target, usual(target, (), ()), chosen)()
    assert isinstance(observer, Model if "model" in chosen else Blind)


@pytest.mark.kernel
@pytest.mark.skipif(NO_NAMESPACE, reason="needs root and /dev/net/tun")
def test_who_asks_for_life_alone_finds_no_fault_with_an_echo(tmp_path: Path) -> None:
    status, start, end = attack(tmp_path, "--source", "volume", "--cases", "400", "--oracle", "liveness")
    assert start["unasked"] == ["model", "bystander", "log", "resources"]
    assert (status, end["findings"], end["losses"]) == (0, 0, 0)
    assert end["cases"]["volume"] >= 400  # type: ignore[index]
