"""What the kill matrix makes of verdicts, with defects and cases that are there, and verdicts that are made up."""

from ipos_conformance.case import all_cases
from judged import Judgement
from kill_matrix import caught, idle_cases, table, undefended

CASES = all_cases()
OF_CHECKSUM = next(case for case in CASES if case.requirement.id == "ENC-7")
OF_LENGTH = next(case for case in CASES if case.requirement.id == "ENC-8")


def verdicts(**by_requirement: str) -> Judgement:
    cases = {"enc7": OF_CHECKSUM, "enc8": OF_LENGTH}
    return Judgement(1, {cases[name].id: (cases[name].requirement.id, found) for name, found in by_requirement.items()})


def test_defect_is_caught_by_the_cases_of_its_own_requirement_only():
    row = caught("wrong-checksum-accepted", verdicts(enc7="PASS", enc8="FAIL"))
    assert (row.by, row.elsewhere) == ((), {"ENC-8": 1})
    assert "| ENC-7 | wrong-checksum-accepted | **none** | ENC-8 (1) |" in "\n".join(table([row]))


def test_case_without_a_verdict_catches_nobody():
    row = caught("wrong-checksum-accepted", verdicts(enc7="INCONCLUSIVE", enc8="PASS"))
    assert (row.by, row.open) == ((), (OF_CHECKSUM.id,))


def test_a_case_that_convicts_in_one_of_its_instances_is_not_idle():
    found = {"wrong-checksum-accepted": verdicts(enc7="FAIL", enc8="PASS")}
    name = f"{OF_CHECKSUM.function.__module__}.{OF_CHECKSUM.function.__name__}"
    assert name not in idle_cases(CASES, found)
    assert name in idle_cases(CASES, {})


def test_a_case_that_convicts_for_another_requirement_only_is_idle():
    found = {"padding-refused": verdicts(enc7="FAIL")}
    name = f"{OF_CHECKSUM.function.__module__}.{OF_CHECKSUM.function.__name__}"
    assert name in idle_cases(CASES, found)


def test_requirement_that_no_defect_breaks_is_found():
    assert "ENC-7" in undefended(["padding-refused"])
    assert "ENC-8" not in undefended(["padding-refused"])
