"""From a bug to a proof that needs nobody, against the small router in C, whose bugs of memory a sanitizer reports."""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from campaigns import Ended, call, run, target_file
from ipos_conformance.bench import namespaces
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
    assert {file.name for file in folder.iterdir()} == FILES


def as_user() -> None:
    """What a user is who is not root: a process that may make no network namespace without a user namespace."""
    namespaces.unshare(namespaces.CLONE_NEWUSER)
    for name, line in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
        Path(f"/proc/self/{name}").write_text(line)


def test_replay_and_minimise_need_no_root(copy):
    for command, status in (("replay", 1), ("minimise", 0)):
        done = call(copy, command, "--results", copy, prepare=as_user)
        assert done.status == status, done.output + done.errors


@pytest.mark.parametrize("name", ["some", "some/finding.json"])
def test_minimise_writes_where_the_finding_is(ended, tmp_path, name):
    """A finding's folder may have been given another name, and its file may be named instead."""
    shutil.copytree(ended.folder / "findings" / ended.findings[0].slug, tmp_path / "some")
    before = (tmp_path / "some" / "finding.json").stat().st_mtime_ns
    done = call(tmp_path / "called", "minimise", tmp_path / name, "--tries", 5)
    assert done.status == 0, done.output + done.errors
    assert (tmp_path / "some" / "finding.json").stat().st_mtime_ns > before
    assert [file.name for file in tmp_path.iterdir() if file.is_dir()] == ["some"]
    assert {file.name for file in (tmp_path / "some").iterdir()} == FILES


def test_minimise_says_what_could_not_be_tried(copy):
    before = {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}
    done = call(copy, "minimise", "--results", copy, "--launch", "false")
    assert done.status == 3, done.output + done.errors
    assert "it could not be tried: the target made no interfaces" in done.output or "ended with status 1" in done.output
    assert {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()} == before


def test_replay_and_minimise_leave_nothing_behind(copy, tmp_path, monkeypatch):
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    for command in ("replay", "minimise"):
        call(copy, command, "--results", copy)
    assert list(temporary.iterdir()) == []


def test_finding_is_tried_again_from_any_folder(routers, tmp_path, monkeypatch):
    """Though its target file was named as it was reached from where the campaign was begun."""
    monkeypatch.chdir(routers)
    file = target_file(routers, BUG)
    ended = run(tmp_path / "out", file.name, *QUICKLY)
    assert ended.status == 1, ended.output + ended.errors
    monkeypatch.chdir(tmp_path / "out" / "findings" / ended.findings[0].slug)
    assert call(tmp_path / "called", "replay", ".").status == 1


def test_target_file_that_is_not_on_this_machine(copy):
    (file,) = copy.glob("findings/*/finding.json")
    document = json.loads(file.read_text())
    document["target"]["file"] = "/nowhere/my-router.toml"
    file.write_text(json.dumps(document))
    for command in ("replay", "minimise"):
        done = call(copy, command, "--results", copy)
        assert (done.status, done.errors.count("\n")) == (2, 1)
        assert "/nowhere/my-router.toml: no such file" in done.errors
        assert "--target names another" in done.errors


def test_minimise_leaves_what_does_not_show(copy, routers):
    before = {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}
    done = call(copy, "minimise", "--results", copy, "--target", target_file(routers, "none"))
    assert (done.status, "does not show any more" in done.output) == (3, True)
    assert {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()} == before


def test_export_holds_all_that_is_needed(ended, tmp_path):
    slug = ended.findings[0].slug
    file = ended.folder / "findings" / slug / "finding.json"
    for output in ("all.zip", "all"):
        # Named twice, it is there once.
        words = ("export", slug, file, "--results", ended.folder, "--output", tmp_path / output)
        done = call(ended.folder, *words)
        assert (done.status, done.output, done.errors) == (0, f"{tmp_path / output}: 1 finding\n", "")
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
