"""JUnit XML from the results, for continuous integration."""

from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ipos_conformance.results import CaseResult, Results
from ipos_conformance.verdicts import Verdict

_MARKS = {
    Verdict.FAIL: Failure,
    Verdict.XPASS: Failure,
    Verdict.ERROR: Error,
    # JUnit knows no "could not be judged": it must not look green, so it counts as an error.
    Verdict.INCONCLUSIVE: Error,
    Verdict.NOT_APPLICABLE: Skipped,
    Verdict.SKIP: Skipped,
    Verdict.XFAIL: Skipped,
}


def write(results: Results, path: Path) -> None:
    """Write one test suite with one test case per case."""
    suite = TestSuite(f"ipOS conformance of {results.target.name}")
    suite.timestamp = results.started
    suite.add_testcases([_test_case(case, lost=bool(results.lost)) for case in results.cases])
    document = JUnitXml()
    document.add_testsuite(suite)
    document.write(str(path), pretty=True)


def _test_case(case: CaseResult, *, lost: bool) -> TestCase:
    name = case.id.partition("/")[2]
    test_case = TestCase(name, classname=f"{case.requirement}.{case.id.partition('/')[0]}", time=case.seconds)
    # What was skipped because the target was lost must not look green either.
    mark = Error if lost and case.verdict is Verdict.SKIP else _MARKS.get(case.verdict)
    text = explanation(case)
    if mark is not None:
        element = mark(text.splitlines()[0] if text else case.verdict, case.verdict)
        element.text = text
        test_case.result = [element]
    elif case.verdict is Verdict.WARN:
        test_case.system_out = text
    return test_case


def explanation(case: CaseResult) -> str:
    """Requirement, expectation and what came instead, in lines; or the reason."""
    if case.reason:
        return case.reason
    lines = [f"{case.requirement} {case.level}: {case.sentence}", f"Case: {case.shows}"]
    lines += [
        f"Expected: {case.expected[0]}" if case.expected else "",
        *(f"      or: {one}" for one in case.expected[1:]),
    ]
    lines += [f"Got: {one}" for one in case.actual]
    return "\n".join(line for line in lines if line)
