"""Several targets in one call."""

import json
import subprocess
import sys

import pytest
from ipos_conformance.cli.arguments import split, with_smoke
from ipos_conformance.errors import SuiteError
from ipos_conformance.reports.summary import worst
from ipos_conformance.runs.several import jobs, passed_on
from ipos_conformance.target import DEFAULT_TARGET
from kernel import MISSING

TARGETS = DEFAULT_TARGET.parent
TAP, VETH, TEMPLATE = (TARGETS / name for name in ("reference-tap.toml", "reference-veth.toml", "template.toml"))


def test_target_files_come_before_selections():
    assert split([]) == ([DEFAULT_TARGET], [])
    assert split(["ENC-7"]) == ([DEFAULT_TARGET], ["ENC-7"])
    files, selections = split(["a.toml", "b.toml", "ENC-7"])
    assert ([str(file) for file in files], selections) == (["a.toml", "b.toml"], ["ENC-7"])
    with pytest.raises(SuiteError):
        split(["a.toml", "ENC-7", "b.toml"])


def test_smoke_is_a_part_of_what_is_selected():
    assert with_smoke([], smoke=True) == ["tag:smoke"]
    assert with_smoke(["TGT", "not:TGT-4"], smoke=True) == ["TGT+tag:smoke", "not:TGT-4"]
    assert with_smoke(["TGT"], smoke=False) == ["TGT"]


def test_each_process_gets_what_the_user_said_but_for_files_and_output():
    said = "a.toml b.toml ENC-7 --seed 4 --output here -j 2 --json -q --captures all --jobs=3 --output=there"
    assert passed_on(said.split(), ["a.toml", "b.toml"]) == ["ENC-7", "--seed", "4", "--captures", "all"]


def test_each_target_has_a_folder_of_its_own(tmp_path):
    other = tmp_path / "reference-tap.toml"
    other.write_text(TAP.read_text().replace('"site/', f'"{TARGETS}/site/'))
    assert [job.folder.name for job in jobs([TAP, other, VETH], tmp_path)] == [
        "reference-tap",
        "reference-tap-2",
        "reference-veth",
    ]


def test_only_what_stands_on_this_machines_interfaces_has_to_wait_for_another():
    tap, template = jobs([TAP, TEMPLATE], TARGETS)
    assert (tap.interfaces, template.interfaces) == (frozenset(), {"eth1", "eth2"})


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([0, 0], 0), ([0, 3], 3), ([3, 1], 1), ([1, 4], 4), ([4, 2], 2), ([0, -9], -9)],
)
def test_the_gravest_status_counts(statuses, status):
    assert worst(statuses) == status


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_two_targets_at_once_and_one_document(tmp_path):
    words = [sys.executable, "-m", "ipos_conformance", "run", str(TAP), str(VETH), "ORG-1", "--json", "-j", "2"]
    done = subprocess.run([*words, "--output", str(tmp_path)], capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert (done.returncode, document["exit_status"], done.stderr) == (0, 0, "")
    assert [run["output"] for run in document["runs"]] == [str(tmp_path / one.stem) for one in (TAP, VETH)]
    verdicts = [{case["verdict"] for case in run["cases"]} for run in document["runs"]]
    assert verdicts == [{"PASS"}, {"PASS"}]
    assert (tmp_path / "reference-veth" / "results.json").exists()


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_target_that_cannot_be_run_is_told_beside_the_others(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(TEMPLATE.read_text().replace('"site/', f'"{TARGETS}/site/').replace("eth1", "nowhere0"))
    words = [sys.executable, "-m", "ipos_conformance", "run", str(TAP), str(wrong), "NBR-2"]
    done = subprocess.run([*words, "--output", str(tmp_path)], capture_output=True, text=True, check=False)
    first, second = done.stdout.splitlines()
    assert done.returncode == 2
    assert "exit status 0  2 PASS" in first
    assert "exit status 2  ipos-conformance: interface nowhere0: there is none of this name" in second
