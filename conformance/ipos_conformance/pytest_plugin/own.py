"""One's own cases, written as the suite's are: the bench for them, and the engine that judges them."""

import ctypes
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ipos_conformance.bench.launch import bench
from ipos_conformance.bench.namespaces import CLONE_NEWNET
from ipos_conformance.case import Case
from ipos_conformance.cli.arguments import words
from ipos_conformance.dut import Dut
from ipos_conformance.errors import SuiteError
from ipos_conformance.pytest_plugin.items import CaseFailed, NotJudged, tell
from ipos_conformance.runs.engine import Engine
from ipos_conformance.runs.phases import usual
from ipos_conformance.runs.run import ready_or_why_not, reset
from ipos_conformance.target import read_target

_LIBC = ctypes.CDLL(None, use_errno=True)


def set_up(config: pytest.Config) -> Iterator[Dut]:
    """The target, launched, reset and ready; and back into the network that there was before, where that can be."""
    file = config.getoption("--ipos-target")
    if not file:
        pytest.skip("`dut` needs --ipos-target FILE")
    target, launch = read_target(Path(file)), config.getoption("--ipos-launch")
    phase = usual(target, [], words(launch) if launch else [])
    seed = int(config.getoption("--ipos-seed") or time.time_ns() % (1 << 32))
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        with tempfile.TemporaryDirectory() as folder, bench(target, phase.launch, Path(folder) / "log") as place:
            if not place.ports:
                pytest.fail(f"INCONCLUSIVE: the target made no interfaces; {place.target_end()}", pytrace=False)
            reset(phase.reset)
            dut = Dut(target, place.ports, seed, place.target_end, phase.scale, phase.bounds, phase.salt())
            unready = ready_or_why_not(dut, target.timing.start)
            if unready:
                pytest.fail(f"INCONCLUSIVE: {unready}", pytrace=False)
            yield dut
    except SuiteError as error:
        pytest.fail(f"INCONCLUSIVE: {error}", pytrace=False)
    finally:
        _LIBC.setns(before, CLONE_NEWNET)
        os.close(before)


def run_own(item: pytest.Function) -> None:
    """Run one case, and raise what its verdict means."""
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames if name != "dut"}
    sentence = " ".join((item.function.__doc__ or "").split())
    name = item.name.replace("_", "-").replace("[", "/").rstrip("]").lower()
    case = Case(f"own/{name}", item.function.requirement, sentence, item.function, arguments)
    dut: Any = item.funcargs["dut"]
    (found,) = Engine(dut, "usual", lambda _: None, time.monotonic()).run([case])
    try:
        tell(found)
    except (CaseFailed, NotJudged) as end:
        raise pytest.fail.Exception(str(end), pytrace=False) from None  # the suite's words, no traceback of its own
