"""Which cases a selection means."""

import pytest
from ipos_conformance.case import Case, all_cases
from ipos_conformance.errors import SelectionError
from ipos_conformance.selection import select
from ipos_spec.requirements import requirement

CASES = [
    Case("addresses/one", requirement("ENC-12"), "", print, tags=("smoke",)),
    Case("migrated/two/left", requirement("TGT-9"), "", print),
    Case("migrated/two/right", requirement("TGT-9"), "", print, tags=("smoke", "slow")),
    Case("handshake/three", requirement("ORG-1"), "", print),
]


def chosen(*selections: str) -> list[int]:
    return [CASES.index(case) + 1 for case in select(CASES, selections)]


@pytest.mark.parametrize(
    ("selections", "cases"),
    [
        ((), [1, 2, 3, 4]),
        (("TGT-9",), [2, 3]),
        (("tgt",), [2, 3]),
        (("migrated/two/l",), [2]),
        (("*/t*",), [2, 3, 4]),
        (("role:target",), [2, 3]),
        (("level:should-not",), [2, 3]),
        (("level:SHOULD NOT",), [2, 3]),
        (("tag:smoke",), [1, 3]),
        (("tag:smoke", "ORG-1"), [1, 3, 4]),
        (("tag:smoke+TGT",), [3]),
        (("not:tag:slow",), [1, 2, 4]),
        (("migrated", "not:tag:smoke"), [2]),
        (("ORG-1", "addresses"), [1, 4]),
    ],
)
def test_selection(selections, cases):
    assert chosen(*selections) == cases


@pytest.mark.parametrize(
    ("selections", "says"),
    [
        (("tag:smoek",), "no case matches 'tag:smoek'; did you mean tag:smoke?"),
        (("role:targt",), "did you mean role:target?"),
        (("colour:red",), "no case matches 'colour:red'"),
        (("not:TGX-9",), "did you mean TGT-9?"),
        (("TGT-9+tag:smok",), "no case matches 'tag:smok'"),
        (("TGT-9", "not:TGT"), "nothing is left of TGT-9 not:TGT"),
        (("ENC-12+TGT-9",), "nothing is left"),
        (("",), "an empty selection"),
        (("TGT-9+",), "an empty selection"),
    ],
)
def test_selection_of_nothing_is_an_error_that_helps(selections, says):
    with pytest.raises(SelectionError) as error:
        select(CASES, selections)
    assert says in str(error.value)


def test_every_role_and_level_of_the_suite_can_be_selected():
    cases = all_cases()
    for role, level in {(case.requirement.role, case.level) for case in cases}:
        expected = [case for case in cases if (case.requirement.role, case.level) == (role, level)]
        assert select(cases, [f"role:{role}+level:{level}"]) == expected


def test_capitals_are_requirements_alone():
    """SEC is a group, and not the beginning of second-connection/..."""
    cases = [
        *CASES,
        Case("second/five", requirement("ORG-1"), "", print),
        Case("x/six", requirement("SEC-1"), "", print),
    ]
    assert [case.id for case in select(cases, ["SEC"])] == ["x/six"]
    assert [case.id for case in select(cases, ["sec"])] == ["second/five", "x/six"]
