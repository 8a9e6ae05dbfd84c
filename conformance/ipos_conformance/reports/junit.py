"""JUnit XML from the results, for continuous integration.

What is written is valid by both schemas in common use, Ant's and Jenkins's: so properties and both outputs stand in
each suite, nothing but a mark stands in a case, and times are plain decimal numbers.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.verdicts import Verdict

_MARKS = {
    Verdict.FAIL: "failure",
    Verdict.XPASS: "failure",
    Verdict.ERROR: "error",
    # JUnit knows no "could not be judged": it must not look green, so it counts as an error.
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.SKIP: "skipped",
    Verdict.XFAIL: "skipped",
}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write: it may stand in what a target prints or sends."""


def write(results: Results, path: Path) -> None:
    """Write one test suite with one test case per case."""
    path.write_bytes(document(results))


def document(results: Results) -> bytes:
    """The octets of that file."""
    root = _root(results)
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _root(results: Results) -> Element:
    root = Element("testsuites")
    marks = [_mark(case, lost=bool(results.lost)) for case in results.cases]
    suite = SubElement(
        root,
        "testsuite",
        name=_clean(f"ipOS conformance of {results.target.name}"),
        package="ipos",
        id="0",
        hostname="localhost",
        timestamp=results.started[:19],  # the schema knows no time zone; the results' is UTC
        tests=str(len(marks)),
        failures=str(marks.count("failure")),
        errors=str(marks.count("error")),
        skipped=str(marks.count("skipped")),
        time=_decimal(results.seconds),
    )
    properties = SubElement(suite, "properties")
    for name, value in _properties(results):
        SubElement(properties, "property", name=name, value=_clean(value))
    for case, mark in zip(results.cases, marks, strict=True):
        _add_case(suite, case, mark)
    warnings = [explanation(case) for case in results.cases if case.verdict is Verdict.WARN]
    SubElement(suite, "system-out").text = _clean("\n\n".join([results.outcome.sentence, *warnings]))
    SubElement(suite, "system-err").text = ""
    return root


def _properties(results: Results) -> Iterator[tuple[str, str]]:
    yield "firmware", results.target.firmware
    yield "seed", str(results.seed)
    yield "verdict", results.outcome.sentence
    yield "formula", results.outcome.formula
    if results.suite is not None:
        yield "suite", results.suite.version
        yield "suite-sha256", results.suite.sources_sha256
        yield "registry-sha256", results.suite.registry_sha256


def _mark(case: CaseResult, *, lost: bool) -> str | None:
    # What was skipped because the target was lost must not look green either.
    return "error" if lost and case.verdict is Verdict.SKIP else _MARKS.get(case.verdict)


def _add_case(suite: Element, case: CaseResult, mark: str | None) -> None:
    subject, _, name = case.id.partition("/")
    element = SubElement(
        suite, "testcase", name=name, classname=f"{case.requirement}.{subject}", time=_decimal(case.seconds)
    )
    if mark is not None:
        text = _clean(explanation(case)) or case.verdict
        SubElement(element, mark, message=text.splitlines()[0], type=case.verdict).text = text


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


def _decimal(seconds: float) -> str:
    return f"{seconds:.6f}"


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
