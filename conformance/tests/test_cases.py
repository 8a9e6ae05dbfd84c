"""The collection of cases: ids, requirements, sentences, selection."""

import inspect
import re

import pytest
from ipos_conformance.case import all_cases
from ipos_conformance.errors import SelectionError
from ipos_conformance.selection import select
from ipos_spec.requirements import registry

CASES = all_cases()


def test_ids_are_unique_and_plain():
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_./-]+", one) for one in ids)


def test_every_case_says_what_it_shows():
    assert all(case.sentence.endswith(".") for case in CASES)
    assert {case.requirement.id for case in CASES} <= set(registry())


@pytest.mark.parametrize("function", dict.fromkeys(case.function for case in CASES), ids=lambda one: one.__name__)
def test_case_has_one_path(function):
    """No loops and no branches: what differs is a parameter."""
    source = inspect.getsource(function)
    assert not re.search(r"^\s*(for|while|if|try|with)\b", source, re.MULTILINE)


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        ("ENC-7", sum(case.requirement.id == "ENC-7" for case in CASES)),
        ("enc-7", sum(case.requirement.id == "ENC-7" for case in CASES)),
        ("checksum/", sum(case.id.startswith("checksum/") for case in CASES)),
        ("*/*/ffff", sum(case.id.endswith("/ffff") for case in CASES)),
        ("TGT-1*", sum(case.requirement.id.startswith("TGT-1") for case in CASES)),
    ],
)
def test_selection_matches(selection, count):
    assert len(select(CASES, [selection])) == count > 0


def test_requirement_id_is_no_prefix():
    assert {case.requirement.id for case in select(CASES, ["TGT-1"])} == {"TGT-1"}


def test_everything_without_selection():
    assert select(CASES, []) == CASES


def test_nothing_selected_is_an_error_with_a_suggestion():
    with pytest.raises(SelectionError, match=r"did you mean checksum"):
        select(CASES, ["cheksum"])
