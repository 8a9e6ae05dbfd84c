"""The registry's dispositions against the cases of the suite: what is called tested is, and nothing else."""

import importlib.resources
import json
import subprocess
import sys
from collections.abc import Collection, Mapping

import pytest
from ipos_conformance.case import all_cases
from ipos_conformance.case import requirement as judges
from ipos_spec.requirements import UnknownRequirementError, registry

WITH_CASES = {case.requirement.id for case in all_cases()}
DISPOSITIONS = {slug: entry.disposition for slug, entry in registry().items()}


def contradictions(dispositions: Mapping[str, str], judged: Collection[str]) -> list[str]:
    """Every requirement of whose disposition the suite says the opposite."""
    return [
        f"{slug} is {value}, but {'a' if slug in judged else 'no'} case judges it"
        for slug, value in dispositions.items()
        if (value == "tested") != (slug in judged)
    ]


def test_what_is_called_tested_has_a_case_and_nothing_else_has():
    assert contradictions(DISPOSITIONS, WITH_CASES) == []


@pytest.mark.parametrize(
    ("slug", "disposition", "complaint"),
    [
        ("SEC-2", "tested", "SEC-2 is tested, but no case judges it"),
        ("ENC-7", "not yet tested", "ENC-7 is not yet tested, but a case judges it"),
        ("ENC-7", "by construction", "ENC-7 is by construction, but a case judges it"),
        ("ENC-7", "not observable", "ENC-7 is not observable, but a case judges it"),
        ("ENC-7", "retired", "ENC-7 is retired, but a case judges it"),
    ],
)
def test_planted_disposition_is_found(slug, disposition, complaint):
    assert contradictions({**DISPOSITIONS, slug: disposition}, WITH_CASES) == [complaint]


def test_tested_requirement_whose_cases_are_gone_is_found():
    assert contradictions(DISPOSITIONS, WITH_CASES - {"TGT-9"}) == ["TGT-9 is tested, but no case judges it"]


def test_case_for_an_unknown_requirement_is_refused():
    with pytest.raises(UnknownRequirementError, match="no requirement 'ENC-99' in the registry"):
        judges("ENC-99")


def test_how_many_are_not_tested_yet_is_printed(capsys):
    """Not a bar, but a number that everybody sees; it may only shrink."""
    waiting = [slug for slug, value in DISPOSITIONS.items() if value == "not yet tested"]
    with capsys.disabled():
        print(f"\n{len(waiting)} of {len(DISPOSITIONS)} requirements are not yet tested: {' '.join(waiting)}")  # noqa: T201
    assert not waiting


def test_installed_suite_tells_the_cases_of_a_changed_sentence(tmp_path):
    old, sentence = tmp_path / "old.toml", "A frame with a wrong checksum is discarded silently;"
    text = importlib.resources.files("ipos_spec").joinpath("requirements.toml").read_text(encoding="utf-8")
    assert text.count(sentence) == 1
    old.write_text(text.replace(sentence, "A frame with a wrong checksum is discarded;"), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "ipos_spec", "diff", old, "--json"], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (1, "")
    (change,) = json.loads(finished.stdout)["changes"]
    assert (change["id"], change["warning"][:8]) == ("ENC-7", "sentence")
    assert change["cases"] == [case.id for case in all_cases() if case.requirement.id == "ENC-7"]
