"""The reference in the fuzz harness's own process: the right one survives, a wrong one is found out."""

import subprocess
import sys
from pathlib import Path

import pytest
from ipos_fuzz.in_process.fault_file import read

HERE = Path(__file__).parent


def hunted(folder: Path, factory: str, cases: int) -> "subprocess.CompletedProcess[str]":
    options = ["--cases", str(cases), "--time", "0", "--seed", "1", "--output", str(folder / "faults")]
    words = [sys.executable, "-m", "ipos_fuzz", "in-process", factory, *options]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=HERE)


def test_right_router_survives_20_000_frames(tmp_path):
    done = hunted(tmp_path, "ipos_reference.in_process:router", 20_000)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("20,000 cases in ")


@pytest.mark.parametrize(
    ("factory", "begins"),
    [
        ("arp_sizes_believed", "process/Python struct.error in "),
        ("unreachable_on_the_second_lan", "model/TGT-6/an IP packet to a client on the second LAN"),
    ],
)
def test_planted_fault_is_found_with_one_frame(tmp_path, factory, begins):
    done = hunted(tmp_path, f"planted:{factory}", 3000)
    found = [read(file) for file in (tmp_path / "faults").iterdir()]
    assert (done.returncode, done.stderr) == (1, "")
    (fault,) = [one for one in found if one.signature.startswith(begins)]
    assert len(fault.fed()) == 1
