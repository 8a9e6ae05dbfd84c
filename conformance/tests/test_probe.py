"""What a target is seen to do becomes what its file claims."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ipos_conformance.case import all_cases, cases_of
from ipos_conformance.runs import probe_cases
from ipos_conformance.runs.probing import PROBES, Claim, with_claims
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_conformance.target.tables import Pics
from kernel import MISSING

FAKE = Path(__file__).parent / "fake_target.py"
TARGETS = DEFAULT_TARGET.parent
CLAIMS = [Claim("origin", True, "seen: this"), Claim("udp", False, "not\nseen"), Claim("extensions", (0x80, 0x81), "")]


def test_every_probe_is_a_case_and_every_feature_but_two_has_one():
    assert set(PROBES.values()) <= {case.id for case in (*all_cases(), *cases_of(probe_cases))}
    assert set(Pics.model_fields) - PROBES.keys() == {"hears_advertisements", "extensions"}


@pytest.mark.parametrize("name", ["reference-tap.toml", "template.toml"])
def test_only_the_claims_change(name):
    text = (TARGETS / name).read_text()
    before, after = tomllib.loads(text), tomllib.loads(with_claims(text, CLAIMS))
    assert after.pop("pics") == {"origin": True, "udp": False, "extensions": [0x80, 0x81]}
    before.pop("pics")
    assert after == before


def test_claims_get_a_table_where_there_is_none():
    text = with_claims('[target]\nname = "x"\n', CLAIMS)
    assert tomllib.loads(text)["pics"]["origin"] is True
    assert "udp = false   # not seen\n" in text


def test_comments_before_the_next_table_stay_with_it():
    text = with_claims("[pics]\norigin = false\n# mine\n\n# of timing\n[timing]\nstart = 1.0\n", CLAIMS)
    assert text.endswith("# mine\n\n# of timing\n[timing]\nstart = 1.0\n")


def probed(folder: Path, target: Path, launch: str | None = None) -> tuple[int, str, Pics]:
    text = target.read_text().replace('"site/', f'"{TARGETS}/site/').replace('"reference-', f'"{TARGETS}/reference-')
    if launch is not None:
        start = text.index("launch = ")
        text = text[:start] + f"launch = {launch}\n" + text[text.index("\n", start) :]
    file = folder / "router.toml"
    file.write_text(text)
    words = [sys.executable, "-m", "ipos_conformance", "probe", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout, read_target(folder / "router-probed.toml").pics


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_reference_is_seen_to_do_what_its_file_claims(tmp_path):
    status, _, pics = probed(tmp_path, DEFAULT_TARGET)
    assert (status, pics) == (0, read_target(DEFAULT_TARGET).pics)


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_what_is_absent_is_not_claimed_though_the_file_did(tmp_path):
    """A target that only answers barriers."""
    launch = f'["{{python}}", "{FAKE}", "probes"]'
    _, said, pics = probed(tmp_path, DEFAULT_TARGET, launch)
    assert (pics.origin, pics.udp, pics.moves_on, pics.allow_list, pics.advertises) == (False,) * 5
    assert "origin                no     not seen: choice/" in said


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_file_in_another_folder_is_refused(tmp_path):
    words = [
        sys.executable,
        "-m",
        "ipos_conformance",
        "probe",
        str(DEFAULT_TARGET),
        "--output",
        str(tmp_path / "x.toml"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "expected a file beside" in done.stderr
