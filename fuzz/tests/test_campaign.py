"""From a bug to a proof that needs nobody, against the small router in C, whose bugs of memory a sanitizer reports."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from campaigns import Ended, call, run, target_file
from ipos_fuzz.findings.finding import read
from kernel import MISSING

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
BESIDE = Path(__file__).parent / "beside.py"
LANS = ("ipos-lan1", "ipos-lan2")
BUG = "short-acknowledgement"
FILES = {"finding.json", "finding.pcapng", "first.pcapng", "reproduce.py", "README.md"}
QUICKLY = ("--seed", 1, "--source", "volume", "--findings", 1, "--time", "60s")


@pytest.fixture(scope="module")
def ended(routers, tmp_path_factory) -> Ended:
    """A campaign that has found the bug."""
    return run(tmp_path_factory.mktemp("campaign") / "out", target_file(routers, BUG), *QUICKLY)


@pytest.fixture
def copy(ended, tmp_path) -> Path:
    """Its folder, to be changed."""
    return Path(shutil.copytree(ended.folder, tmp_path / "copy"))


def test_bug_is_found_proved_and_written(ended):
    assert ended.status == 1, ended.output + ended.errors
    (finding,) = ended.findings
    assert finding.signature == "process/AddressSanitizer heap-buffer-overflow in ipos_load ipos.h"
    assert (finding.proof.confirmed, finding.proof.of, finding.proof.unfinished, finding.packets) == (3, 3, "", 1)
    folder = ended.folder / "findings" / finding.slug
    assert {file.name for file in folder.iterdir()} == FILES
    assert finding.what in " ".join((folder / "README.md").read_text().split())
    assert "shown again 3 of 3 times by 1 packet" in ended.output


def test_right_router_has_no_findings(routers, tmp_path):
    done = run(tmp_path / "out", target_file(routers, "none"), "--time", "6s", "--seed", 2)
    assert (done.status, done.findings) == (0, []), done.output
    assert done.campaign["cases"].keys() >= {"sessions", "volume"}


@pytest.mark.parametrize(("bug", "status", "says"), [(BUG, 1, "REPRODUCED"), ("none", 0, "NOT REPRODUCED")])
def test_script_alone_shows_it(ended, routers, tmp_path, bug, status, says):
    """In an empty folder, by an interpreter that finds nothing but the standard library (-I)."""
    (finding,) = ended.findings
    script = shutil.copy(ended.folder / "findings" / finding.slug / "reproduce.py", tmp_path)
    words = [sys.executable, BESIDE, target_file(routers, bug), sys.executable, "-I", script, *LANS]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[:1], done.stderr) == (status, [says], "")


def test_script_at_a_dead_router_says_no_answer(ended, tmp_path):
    (finding,) = ended.findings
    script = ended.folder / "findings" / finding.slug / "reproduce.py"
    made = " && ".join(f"ip link add {lan} type veth peer {lan}b && ip link set {lan} up" for lan in LANS)
    words = ["unshare", "--net", "sh", "-c", f'{made} && exec "$@"', "sh", sys.executable, "-I", script, *LANS]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (3, "NO ANSWER")


def test_replay_says_still_fixed_or_error(ended, routers):
    slug = ended.findings[0].slug
    still = call(ended.folder, "replay", slug, "--results", ended.folder, "--times", 2)
    fixed = call(ended.folder, "replay", "--results", ended.folder, "--target", target_file(routers, "none"))
    error = call(ended.folder, "replay", "--results", ended.folder, "--launch", "false")
    assert (still.status, fixed.status, error.status) == (1, 0, 3)
    assert "2 of 2 times" in still.output
    assert [done.output.partition(slug)[0].strip() for done in (still, fixed, error)] == ["STILL", "FIXED", "ERROR"]
    assert "ended with status 1" in error.output


def test_minimise_makes_a_longer_proof_short_again(ended, copy):
    folder = copy / "findings" / ended.findings[0].slug
    document = json.loads((folder / "finding.json").read_text())
    (deadly,) = [frame for frame in document["frames"] if frame["direction"] == "sent"]
    others = [frame for frame in document["first"] if frame["direction"] == "sent"][:7]
    document["frames"] = [*others, {**deadly, "time": others[-1]["time"]}]
    document["proof"]["packets"] = 0
    (folder / "finding.json").write_text(json.dumps(document))
    assert read(folder).packets == 8
    done = call(copy, "minimise", "--results", copy)
    assert (done.status, read(folder).packets) == (0, 1), done.output
    assert read(folder).proof.confirmed == 3
    assert {file.name for file in folder.iterdir()} >= FILES - {"first.pcapng"}


def test_minimise_leaves_what_does_not_show(copy, routers):
    before = {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}
    done = call(copy, "minimise", "--results", copy, "--target", target_file(routers, "none"))
    assert (done.status, "does not show any more" in done.output) == (3, True)
    assert {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()} == before


def test_export_holds_all_that_is_needed(ended, tmp_path):
    slug = ended.findings[0].slug
    for output in ("all.zip", "all"):
        assert call(ended.folder, "export", "--results", ended.folder, "--output", tmp_path / output).status == 0
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert set(archive.namelist()) == {f"{slug}/{name}" for name in FILES}
    assert {file.name for file in (tmp_path / "all" / slug).iterdir()} == FILES


def test_campaign_is_gone_on_with(copy, routers):
    """Seed, corpus, coverage and findings are kept; what is found again is counted, and not proved again."""
    before = Ended(0, "", "", copy).campaign
    done = run(copy, target_file(routers, BUG), "--source", "volume", "--time", "4s")
    after = done.campaign
    assert (done.status, len(done.findings)) == (1, 1)
    assert "the campaign goes on, seed 1" in done.output
    assert "suspected" not in done.output
    assert after["again"][done.findings[0].signature] > before["again"].get(done.findings[0].signature, 0)
    assert after["frames"] > before["frames"]
    assert after["seconds"] > before["seconds"]
    assert all(after["coverage"]["operators"][key] >= n for key, n in before["coverage"]["operators"].items())
