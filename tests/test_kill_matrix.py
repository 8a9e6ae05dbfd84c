"""Each planted defect is convicted by the cases of the requirement that it breaks.

Only those cases are run here; what else a defect turns red is not looked at, but for `ipos-conformance demo`.
"""

import json
import subprocess
import sys
from pathlib import Path

import ipos_defects.__main__  # noqa: F401 - fills the register
import pytest
from bed import needs_kernel
from ipos_defects.defect import DEFECTS, Defect

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(needs_kernel()), reason=needs_kernel() or "")]

CONVICTING = {"FAIL", "WARN"}


def verdicts(directory: Path, launch: str, selection: str) -> dict[str, str]:
    """Run the suite's cases of one requirement against a launch command; verdict by case."""
    command = [sys.executable, "-m", "ipos_conformance", "run", selection, "-q", "--output", str(directory)]
    done = subprocess.run([*command, "--launch", launch], capture_output=True, text=True, check=False, timeout=120)
    results = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    assert done.returncode in (0, 1), done.stderr
    return {case["id"]: case["verdict"] for case in results["cases"]}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=list(DEFECTS))
def test_defect_is_convicted(tmp_path: Path, defect: Defect) -> None:
    launch = f"{{python}} -m ipos_defects {defect.name} run {{here}}/reference-router.toml"
    found = verdicts(tmp_path, launch, defect.requirement)
    assert CONVICTING & set(found.values()), found
