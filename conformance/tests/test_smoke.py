"""What runs first."""

from ipos_conformance.case import SUBJECTS, all_cases
from ipos_conformance.runs.engine import in_running_order
from ipos_conformance.runs.smoke import SMOKE, TAG


def test_smoke_is_about_twenty_cases_that_exist_and_wait_for_nothing():
    cases = [case for case in all_cases() if TAG in case.tags]
    assert {case.id for case in cases} == SMOKE
    assert 20 <= len(cases) <= 30
    assert not [case.id for case in cases if case.waits or case.quick or case.exclusive]
    assert len({case.id.partition("/")[0] for case in cases}) > len(SUBJECTS) // 2


def test_smoke_comes_first_then_what_waits_and_last_what_wants_to_be_alone():
    order = in_running_order(all_cases())
    ranks = [0 if TAG in case.tags else 3 if case.exclusive else 1 if case.waits else 2 for case in order]
    assert ranks == sorted(ranks)
    assert set(ranks) >= {0, 1, 2}
