"""A migrated client that says nothing: asked now and then, and forgotten when it does not answer (TGT-13)."""

from ipos_conformance.case import CaseSteps, quick, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.silent import (
    ANSWER,
    PROBES,
    SILENCE,
    SILENCE_AFTER_FIN,
    answer_probe,
    answer_probes,
    expect_probe,
    finish_asking,
    half_asked,
    half_closed,
    next_probe,
)
from ipos_conformance.steps.timers import Timer


@quick
@requirement("TGT-13")
def test_silent_client_is_probed(dut: Dut) -> CaseSteps:
    """300 s after the client's last packet it gets a keep-alive (RFC 9293 3.8.4), and nothing before."""
    timer = Timer(dut, "the first probe of a silent client", SILENCE)
    endpoint = half_asked(dut)
    timer.started()
    yield timer.when_over()
    timer.judge(expect_probe(dut, endpoint))
    dut.expect_silence_in(endpoint)  # we may look so late that the next probe has come


@quick
@requirement("TGT-13")
def test_answered_probe_is_the_last_for_300_s(dut: Dut) -> CaseSteps:
    """A client that answers is asked again 300 s after its answer, and not before."""
    endpoint = half_asked(dut)
    yield Timer(dut, "the first probe of a silent client", SILENCE).when_over()
    probe = expect_probe(dut, endpoint)
    timer = Timer(dut, "the probe after one that was answered", SILENCE)
    answer_probe(dut, endpoint, probe)
    yield timer.when_over()
    timer.judge(expect_probe(dut, endpoint))
    finish_asking(dut, endpoint)


@quick
@requirement("TGT-13")
def test_unanswered_probe_is_repeated_75_s_later(dut: Dut) -> CaseSteps:
    """Without an answer the second and the third probe follow, 75 s apart."""
    endpoint = half_asked(dut)
    yield Timer(dut, "the first probe of a silent client", SILENCE).when_over()
    second = next_probe(dut, expect_probe(dut, endpoint))
    yield second.when_over()
    second.judge(frame := expect_probe(dut, endpoint))
    third = next_probe(dut, frame)
    yield third.when_over()
    third.judge(expect_probe(dut, endpoint))


@quick
@requirement("TGT-13")
def test_client_has_75_s_for_the_third_answer(dut: Dut) -> CaseSteps:
    """Shortly before 75 s after the third probe it is still there, and the rest of its request is answered."""
    timer = Timer(dut, "the end of a client that answers nothing", SILENCE + PROBES * ANSWER)
    endpoint = half_asked(dut)
    timer.started()
    yield timer.shortly_before()
    timer.running()
    finish_asking(dut, endpoint)


@quick
@requirement("TGT-13")
def test_client_that_answers_nothing_is_forgotten(dut: Dut) -> CaseSteps:
    """75 s after the third probe the endpoint is gone, and nobody is told."""
    timer = Timer(dut, "the end of a client that answers nothing", SILENCE + PROBES * ANSWER)
    endpoint = half_asked(dut)
    timer.started()
    yield timer.when_over()
    timer.over()
    dut.expect_silence_in(endpoint)
    dut.expect_ended(dut.settle(endpoint))


@quick
@requirement("TGT-13")
def test_client_that_has_finished_is_probed(dut: Dut) -> CaseSteps:
    """Once the client has sent its FIN it gets a keep-alive after 60 s."""
    timer = Timer(dut, "the first probe behind the client's FIN", SILENCE_AFTER_FIN)
    endpoint = half_closed(dut)
    timer.started()
    yield timer.when_over()
    timer.judge(expect_probe(dut, endpoint))


@quick
@requirement("TGT-13")
def test_answers_keep_a_client_that_has_finished(dut: Dut) -> CaseSteps:
    """A client that answers every probe is asked every 60 s, for longer than one that answers none."""
    endpoint = half_closed(dut)
    yield Timer(dut, "the first probe behind the client's FIN", SILENCE_AFTER_FIN).when_over()
    yield from answer_probes(dut, endpoint, PROBES)
