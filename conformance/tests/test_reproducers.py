"""A failure is seen again by its script alone: on the router that failed, and not on the right one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ipos_conformance.findings.results import read
from kernel import MISSING

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
ON_BENCH = Path(__file__).parent / "on_bench.py"
RIGHT = "{python} -m ipos_reference run {configuration}"
LANS = ("ipos-lan1", "ipos-lan2")

FAILURES = {
    "a wrong answer to a malformed frame": (
        "wrong-checksum-accepted",
        "checksum/connection-packet-with-a-wrong-checksum-is-discarded/one-more",
    ),
    "a missing acknowledgement": (
        "repeat-unacknowledged",
        "acknowledgement/repeated-connection-packet-is-acknowledged-again",
    ),
    "a handshake whose numbers the router chooses": (
        "held-octets-sacked",
        "request/incomplete-request-is-not-acknowledged-within-a-second/second-half",
    ),
    "a migration that the suite acknowledges, over what the router chose": (
        "held-packets-forgotten",
        "choice/acknowledgement-sends-the-held-request-on",
    ),
    "what the application gets": ("request-delivered-twice", "request/request-is-answered"),
    "timestamps": ("timestamps-not-echoed", "handshake/timestamps-are-echoed"),
    "ARP": ("arp-with-the-other-lans-mac", "neighbours/arp-is-answered-with-the-mac-of-its-lan/second-lan"),
    "ICMP": ("echo-unanswered", "neighbours/echo-is-answered"),
}


def defective(name: str) -> str:
    return f"{{python}} -m ipos_defects {name} run {{configuration}}"


def failing_run(defect: str, case: str, folder: Path) -> Path:
    words = [sys.executable, "-m", "ipos_conformance", "run", "-q", case, "--output", str(folder)]
    subprocess.run([*words, "--launch", defective(defect)], check=False, capture_output=True)
    (found,) = read(folder).cases
    assert found.verdict in ("FAIL", "WARN"), found.reason
    return folder / "reproducers" / f"{case}.py"


def play(script: Path, launch: str) -> tuple[int, str]:
    """The script in an empty folder, by an interpreter that finds nothing but the standard library (-I)."""
    words = [sys.executable, str(ON_BENCH), launch, sys.executable, "-I", str(script), *LANS]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=script.parent)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("failure", FAILURES)
def test_script_alone_shows_the_failure_and_acquits_the_right_router(tmp_path, failure):
    defect, case = FAILURES[failure]
    alone = tmp_path / "alone"
    alone.mkdir()
    script = Path(shutil.copy(failing_run(defect, case, tmp_path / "run"), alone / "script.py"))
    assert play(script, defective(defect)) == (1, "REPRODUCED\n")
    status, said = play(script, RIGHT)
    assert (status, said.splitlines()[0]) == (0, "NOT REPRODUCED")
    assert "then, but not now" in said or "now, but not then" in said


def test_router_that_says_nothing_is_neither(tmp_path):
    defect, case = FAILURES["a wrong answer to a malformed frame"]
    script = failing_run(defect, case, tmp_path / "run")
    mute = f"{{python}} {Path(__file__).parent / 'fake_target.py'} arp"
    status, said = play(script, mute)
    assert (status, said.splitlines()[0]) == (3, "NO ANSWER")


@pytest.mark.parametrize("lans", [("lo",), ("nowhere0", "nowhere1")])
def test_wrong_interfaces_are_told_in_one_line(tmp_path, lans):
    script = failing_run(*FAILURES["ICMP"], tmp_path / "run")
    done = subprocess.run([sys.executable, "-I", str(script), *lans], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
