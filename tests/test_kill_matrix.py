"""Each planted defect is convicted by the cases of the requirement that it breaks.

Only those cases are run here; what else a defect turns red is not looked at, but for `ipos-conformance demo`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
import pytest
from bed import needs_kernel
from ipos_defects.defect import DEFECTS, Defect

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(needs_kernel()), reason=needs_kernel() or "")]

CONVICTING = {"FAIL", "WARN"}
AT_ONCE = 4
"""Runs side by side. Each has its namespace, and mostly waits for answers that a defective router does not give."""

Verdicts = dict[str, str]
"""Verdict by case id."""


def verdicts(directory: Path, defect: Defect) -> Verdicts:
    """Run the suite's cases of the broken requirement against the defective router."""
    launch = f"{{python}} -m ipos_defects {defect.name} run {{here}}/reference-router.toml"
    command = [sys.executable, "-m", "ipos_conformance", "run", defect.requirement, "-q", "--output", str(directory)]
    done = subprocess.run([*command, "--launch", launch], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    results = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    return {case["id"]: case["verdict"] for case in results["cases"]}


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Verdicts]"]]:
    """All runs that were selected, begun at once."""
    names = [item.callspec.params["name"] for item in request.session.items if item.path == Path(__file__)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            name: pool.submit(verdicts, tmp_path_factory.mktemp(name), DEFECTS[name])
            for name in names
            if name in DEFECTS
        }


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_is_convicted(running: dict[str, "Future[Verdicts]"], name: str) -> None:
    found = running[name].result()
    assert CONVICTING & set(found.values()), found
