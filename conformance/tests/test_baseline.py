"""Expected failures are contracts: that very failure is XFAIL, every other end of the case is told as what it is."""

import tomllib
from datetime import date

import pytest
from ipos_conformance.findings.results import CaseResult, Results, TargetIdentity
from ipos_conformance.findings.signature import signature
from ipos_conformance.runs.baseline import BaselineError, read_baseline, write_baseline
from ipos_conformance.verdicts import ExitCode, Verdict
from ipos_spec.requirements import registry

NAME = "checksum/both-zeros-verify/0000"
TODAY = date(2026, 11, 28)
NOISE = "second LAN: ipOS TCP acknowledgement, client 198.51.100.7:45692 at 192.0.2.1:80, checksum 0x1034, 60 octets"
SAME_NOISE = NOISE.replace("198.51.100.7:45692", "198.51.100.9:30001").replace("0x1034", "0xffee")
OTHER_NOISE = "first LAN: TCP 192.0.2.1:80 to 198.51.100.9:30001 [R] seq 17 ack 0 window 0, 0 octets of data"


def case(verdict: Verdict, *actual: str, name: str = NAME) -> CaseResult:
    entry = registry()["ENC-6"]
    expected = ("silence on both LANs",) if actual else ()
    return CaseResult(
        id=name,
        requirement="ENC-6",
        level=entry.level,
        sentence=entry.sentence,
        shows="It does.",
        verdict=verdict,
        expected=expected,
        actual=actual,
    )


def run(*cases: CaseResult) -> Results:
    target = TargetIdentity(name="a router", firmware="7", router="", command=())
    return Results(target=target, started="2026-11-28T15:00:00+00:00", seconds=1.5, seed=1, cases=cases)


FAILED = case(Verdict.FAIL, NOISE)


def baseline(tmp_path, today=TODAY, expires=TODAY):
    file = tmp_path / "baseline.toml"
    write_baseline(run(FAILED), file, link="https://example.org/7", reason='the chip "X"', expires=expires)
    return read_baseline(file, [NAME], today)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (case(Verdict.FAIL, NOISE), Verdict.XFAIL),
        (case(Verdict.FAIL, SAME_NOISE), Verdict.XFAIL),
        (case(Verdict.FAIL, OTHER_NOISE), Verdict.FAIL),
        (case(Verdict.FAIL, NOISE, OTHER_NOISE), Verdict.FAIL),
        (case(Verdict.PASS), Verdict.XPASS),
        (case(Verdict.WARN, NOISE), Verdict.XPASS),
        (case(Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE),
        (case(Verdict.NOT_APPLICABLE), Verdict.NOT_APPLICABLE),
        (case(Verdict.ERROR), Verdict.ERROR),
        (case(Verdict.FAIL, NOISE, name="another/case"), Verdict.FAIL),
        (case(Verdict.PASS, name="another/case"), Verdict.PASS),
    ],
)
def test_no_deviation_turns_a_fail_into_a_pass(tmp_path, found, verdict):
    assert baseline(tmp_path).revised(found).verdict is verdict


def test_expected_failure_says_why_and_until_when(tmp_path):
    revised = baseline(tmp_path).revised(FAILED)
    assert revised.reason == 'expected until 2026-11-28: the chip "X" (https://example.org/7)'


def test_other_failure_says_what_is_other(tmp_path):
    (*_, remark) = baseline(tmp_path).revised(case(Verdict.FAIL, OTHER_NOISE)).actual
    assert remark.startswith("another failure than the expected one: got first LAN: TCP 192.0.2.1:80 to CLIENT [R]")


def test_after_its_last_day_a_failure_is_one_again_and_says_so(tmp_path):
    revised = baseline(tmp_path, today=date(2026, 11, 29)).revised(FAILED)
    assert (revised.verdict, revised.actual[-1]) == (
        Verdict.FAIL,
        "this failure was expected until 2026-11-28 only (https://example.org/7)",
    )


@pytest.mark.parametrize(
    ("verdicts", "code", "says"),
    [
        ((Verdict.PASS, Verdict.XFAIL), ExitCode.CONFORMANT, "tested but for 1 expected failure;"),
        ((Verdict.PASS, Verdict.XFAIL, Verdict.XFAIL), ExitCode.CONFORMANT, "but for 2 expected failures;"),
        ((Verdict.PASS, Verdict.XFAIL, Verdict.FAIL), ExitCode.NOT_CONFORMANT, "not conformant"),
        ((Verdict.PASS, Verdict.XPASS), ExitCode.NOT_CONFORMANT, "not conformant"),
        ((Verdict.PASS, Verdict.XFAIL, Verdict.INCONCLUSIVE), ExitCode.INCONCLUSIVE, "inconclusive"),
        ((Verdict.XFAIL,), ExitCode.INCONCLUSIVE, "inconclusive"),
    ],
)
def test_run_is_conformant_only_if_everything_else_is_fine(verdicts, code, says):
    outcome = run(*(case(verdict) for verdict in verdicts)).outcome
    assert outcome.exit_status is code
    assert says in outcome.sentence


def test_signature_is_the_next_run_s_too():
    assert signature(case(Verdict.FAIL, NOISE, NOISE)) == signature(case(Verdict.FAIL, SAME_NOISE))


def test_written_baseline_holds_the_failures_only(tmp_path):
    file = tmp_path / "baseline.toml"
    passed = case(Verdict.PASS, name="another/case")
    assert write_baseline(run(FAILED, passed), file, link="x", reason="y", expires=TODAY) == 1
    (entry,) = tomllib.loads(file.read_text())["expected"]
    assert (entry["case"], entry["expires"]) == (NAME, TODAY)


def test_baseline_that_somebody_may_have_edited_is_not_written_over(tmp_path):
    (file := tmp_path / "baseline.toml").write_text("edited")
    with pytest.raises(BaselineError, match=r"baseline\.toml is there already; name another file by --output"):
        write_baseline(run(FAILED), file, link="x", reason="y", expires=TODAY)
    assert file.read_text() == "edited"


GOOD = f'[[expected]]\ncase = "{NAME}"\nsignature = ["x"]\nlink = "x"\nexpires = 2026-11-28\nreason = "y"\n'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("both-zeros", "both-zeroes", f"which is no case; did you mean {NAME}?"),
        ('link = "x"', 'link = ""', "expected.0.link: found ''"),
        ('reason = "y"\n', "", "expected.0.reason: nothing found, expected a value"),
        ("2026-11-28", '"soon"', "expected.0.expires: found 'soon'"),
        ("reason", "raison", "expected no such key"),
        ("version = 1", "version = 2", "version: found 2"),
        ("[[expected]]", "[[expected", "no TOML"),
        (GOOD, GOOD + GOOD, "twice"),
    ],
)
def test_mistake_is_told_in_one_line(tmp_path, old, new, says):
    file = tmp_path / "baseline.toml"
    text = f'format = "ipos-baseline"\nversion = 1\n{GOOD}'
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(BaselineError) as refused:
        read_baseline(file, [NAME])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
