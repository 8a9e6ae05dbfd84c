"""The suite beside pytest: what becomes of each verdict, and one's own cases with `dut`."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from ipos_conformance.pytest_plugin.items import CaseFailed, IposWarning, NotJudged, tell
from ipos_conformance.target import DEFAULT_TARGET
from ipos_conformance.verdicts import Verdict
from kernel import MISSING
from test_baseline import NOISE, case
from test_runs import FAKE, quick_target

pytest_plugins = ["pytester"]
needs_kernel = pytest.mark.skipif(bool(MISSING), reason=MISSING)
PLUGIN = "ipos_conformance.pytest_plugin"
PASSING = "neighbours/arp-is-answered-with-the-mac-of-its-lan/first-lan"


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        (Verdict.FAIL, CaseFailed),
        (Verdict.XPASS, CaseFailed),
        (Verdict.INCONCLUSIVE, NotJudged),
        (Verdict.ERROR, NotJudged),
        (Verdict.NOT_APPLICABLE, pytest.skip.Exception),
        (Verdict.SKIP, pytest.skip.Exception),
        (Verdict.XFAIL, pytest.xfail.Exception),
    ],
)
def test_verdict_that_is_no_pass_is_never_green(verdict, end):
    with pytest.raises(end):
        tell(case(verdict, NOISE))


def test_pass_says_nothing_and_a_broken_should_warns():
    tell(case(Verdict.PASS))
    with pytest.warns(IposWarning, match="silence on both LANs"):
        tell(case(Verdict.WARN, NOISE))


def test_installed_suite_brings_the_plugin():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (named,) = project["entry-points"]["pytest11"].values()
    assert import_module(named).pytest_addoption
    assert "pytest" not in " ".join(project["dependencies"])


def run(pytester, *arguments):
    return pytester.runpytest_subprocess("-p", PLUGIN, "-p", "no:cacheprovider", *map(str, arguments))


def test_without_a_target_nothing_is_collected(pytester):
    pytester.makepyfile("def test_own(): pass")
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--ipos-target", "nowhere.toml"), "*nowhere.toml: No such file*"),
        (("--ipos-target", "bad.toml"), "*bad.toml: x: found 1, expected no such key*"),
        (("--ipos-target", DEFAULT_TARGET, "--ipos-select", "ENX-7"), "*did you mean ENC-7?*"),
        (("--ipos-target", DEFAULT_TARGET, "--ipos-seed", "many"), "*--ipos-seed: found 'many', expected a number*"),
        (("--ipos-target", DEFAULT_TARGET, "--ipos-launch", "'open"), "*--launch: No closing quotation*"),
        (("--ipos-target", DEFAULT_TARGET, "--ipos-baseline", "nowhere"), "*nowhere: *"),
        (("--ipos-select", "ENC-7"), "*--ipos-select: no target, expected --ipos-target FILE*"),
        (("--ipos-output", "out"), "*--ipos-output: no target, expected --ipos-target FILE*"),
    ],
)
def test_mistake_is_told_in_one_line(pytester, arguments, says):
    """Once, and by no case: otherwise each of a thousand says it."""
    pytester.makefile(".toml", bad="x = 1")
    found = run(pytester, *arguments)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([says])
    assert "ERROR" not in found.stdout.str()


@needs_kernel
@pytest.mark.kernel
def test_each_verdict_of_a_run_is_an_end_of_an_item(pytester, tmp_path):
    """The fake target answers barriers only: so of ORG-1 some pass and some fail, of NBR-2 all warn."""
    target = quick_target(tmp_path, start=2.0, answer=0.1, barrier=0.2, response=0.1)
    selections = ("--ipos-select", "handshake/syn-to", "--ipos-select", "neighbours/echo-is-answered")
    launch = ("--ipos-launch", f"{{python}} {FAKE} probes")
    found = run(pytester, "--ipos-target", target, *selections, *launch, "-v")
    found.assert_outcomes(passed=2, failed=1, warnings=1)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.stdout.fnmatch_lines(["*Expected: *SYN/ACK*", "*IposWarning: neighbours/echo-is-answered*"])
    assert "Traceback" not in found.stdout.str()


@needs_kernel
@pytest.mark.kernel
def test_what_can_t_be_judged_is_an_error(pytester, tmp_path):
    target = quick_target(tmp_path, start=3.0, answer=0.1, barrier=0.2, response=0.1)
    launch = ("--ipos-launch", f"{{python}} {FAKE} mute")
    found = run(pytester, "--ipos-target", target, "--ipos-select", "neighbours/arp-is", *launch)
    found.assert_outcomes(errors=2)
    found.stdout.fnmatch_lines(["*INCONCLUSIVE: the target did not answer the barriers*"])
    assert "items.py" not in found.stdout.str()


@needs_kernel
@pytest.mark.kernel
def test_run_that_can_t_be_made_is_an_error_of_each_item_and_tried_once(pytester, tmp_path):
    target = quick_target(tmp_path, start=1.0)
    launch = ("--ipos-launch", "sleep 60")
    found = run(pytester, "--ipos-target", target, "--ipos-select", "neighbours/arp-is", *launch)
    found.assert_outcomes(errors=2)
    found.stdout.fnmatch_lines(["*the target made no interface ipos-lan1*"])


OWN = """
    import socket
    import pytest
    from ipos_conformance.case import parameters, requirement
    from ipos_conformance.frames import Lan

    @requirement("NBR-1")
    @parameters(lan={"first": Lan.FIRST, "second": Lan.SECOND})
    def test_arp(dut, lan):
        '''It answers.'''
        dut.ask_who_has(dut.address, lan)
        dut.judge.expect(lambda frame: frame.lan is lan and frame.arp is not None and frame.arp.op == 2, "an answer")

    @requirement("ENC-7")
    def test_wrong(dut):
        '''It does what it should not.'''
        dut.ask_who_has(dut.address, Lan.FIRST)
        dut.judge.expect_none(lambda frame: frame.arp is not None and frame.arp.op == 2, "no ARP at all")

    @requirement("TGT-9")
    def test_should(dut):
        '''A SHOULD NOT.'''
        dut.ask_who_has(dut.address, Lan.FIRST)
        dut.judge.expect_none(lambda frame: frame.arp is not None and frame.arp.op == 2, "no ARP at all")

    @requirement("ENC-7")
    def test_needs(dut):
        '''It needs what is not there.'''
        dut.needs(False, "no such thing")

    def test_plain():
        assert True
"""


@needs_kernel
@pytest.mark.kernel
def test_own_cases_are_judged_as_the_suite_s(pytester):
    pytester.makepyfile(OWN)
    selection = ("--ipos-select", PASSING)
    found = run(pytester, "--ipos-target", DEFAULT_TARGET, *selection)
    found.assert_outcomes(passed=5, failed=1, skipped=1, warnings=1)
    assert re.search(r"Expected: no ARP at all", found.stdout.str())
    assert "another exception" not in found.stdout.str()
    assert "raise CaseFailed" not in found.stdout.str()


@needs_kernel
@pytest.mark.kernel
@pytest.mark.parametrize(
    ("launch", "says"),
    [
        ("false", "*INCONCLUSIVE: the target made no interfaces; its process ended with status 1*"),
        ("sleep 60", "*INCONCLUSIVE: the target made no interface ipos-lan1 within 1.0 s*"),
    ],
)
def test_target_that_does_not_come_up_is_an_error_of_own_cases(pytester, tmp_path, launch, says):
    pytester.makepyfile(OWN)
    target = quick_target(tmp_path, start=1.0)
    options = ("--ipos-select", PASSING, "--ipos-launch", launch)
    found = run(pytester, "--ipos-target", target, *options, "-k", "test_wrong or test_should")
    found.assert_outcomes(errors=2)
    found.stdout.fnmatch_lines([says])
    assert "own.py" not in found.stdout.str()


def test_own_case_without_a_target_is_skipped(pytester):
    pytester.makepyfile(OWN)
    run(pytester).assert_outcomes(passed=1, skipped=5)
