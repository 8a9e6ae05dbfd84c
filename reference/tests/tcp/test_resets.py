"""RST and SYN out of place: RFC 9293 3.10.7.1 and 3.10.7.4, RFC 5961 3 and 4."""

import pytest
from ipos_reference.tcp.reset import reset_for

from .stage import EVERYTHING, Acceptance, Settings, Stage, State, established, flags


def test_reset_at_the_left_edge_ends():
    """RFC 5961 3.2 (1); ORG-9."""
    stage = established().inject("PA", seq=1, payload=b"GET").inject("R", seq=4, ack=None).expect_nothing()
    assert (stage.endpoint.closed, stage.endpoint.failure) == (True, "reset by peer")


@pytest.mark.parametrize("seq", [2, 500, 262_000])
def test_reset_elsewhere_in_the_window_is_challenged(seq):
    """RFC 5961 3.2 (2)."""
    stage = established(options=EVERYTHING, settings=Settings()).inject("PA", seq=1, payload=b"").ignore_output()
    stage.write(b"x").ignore_output()
    assert stage.judge("R", seq=seq, ack=None) is Acceptance.INEXACT_RESET
    stage.inject("R", seq=seq, ack=None)
    stage.expect("A", seq=2, ack=1)
    assert stage.state is State.ESTABLISHED


@pytest.mark.parametrize("seq", [0, -1, 65536, 2**31])
def test_reset_outside_the_window_is_dropped(seq):
    """RFC 9293 3.10.7.4, first: no ACK for an RST."""
    stage = established(settings=Settings(receive_buffer=65535)).inject("R", seq=seq, ack=None).expect_nothing()
    assert stage.state is State.ESTABLISHED


@pytest.mark.parametrize("letters", ["S", "SA"])
@pytest.mark.parametrize("seq", [0, 1, 5000, 2**31])
def test_syn_is_challenged_whatever_its_number(letters, seq):
    """RFC 5961 4.2."""
    stage = established(options=EVERYTHING)
    stage.inject(letters, seq=seq, ts=None)
    stage.expect("A", seq=1, ack=1)
    assert stage.state is State.ESTABLISHED


def test_challenges_are_limited():
    """RFC 5961 7."""
    stage = established()
    for number in range(1000):
        stage.inject("R", seq=2 + number, ack=None)
    assert len(stage.sent) == 10


def test_reset_needs_no_timestamps():
    """RFC 7323 3.2: missing or old, an RST counts."""
    stage = established(options=EVERYTHING)
    assert stage.judge("R", seq=1, ack=None, ts=(0, 0)) is Acceptance.ACCEPTABLE
    assert stage.inject("R", seq=1, ack=None, ts=None).endpoint.closed


def test_reset_in_last_ack_is_orderly_if_everything_arrived():
    """RFC 9293 3.10.7.4, second, LAST-ACK: enter CLOSED; but lost octets are told."""
    stage = established().inject("FA", seq=1).close().inject("R", seq=2, ack=None)
    assert (stage.endpoint.closed, stage.endpoint.failure) == (True, None)
    stage = established().inject("FA", seq=1).write(b"lost").close().inject("R", seq=2, ack=None)
    assert stage.endpoint.failure == "reset by peer"


def test_a_closed_connection_answers_an_ack_with_its_number():
    """RFC 9293 3.10.7.1 (noaccept_close_rst): <SEQ=SEG.ACK><CTL=RST>."""
    stage = Stage()
    reply = reset_for(stage.segment("PA", seq=1, ack=77, payload=b"abc"))
    assert reply is not None
    assert (reply.seq, reply.flags) == ((stage.iss + 77) % 2**32, flags("R"))
    assert (reply.source_port, reply.destination_port) == (80, 40000)


@pytest.mark.parametrize(("letters", "length"), [("S", 1), ("", 0), ("F", 1), ("FP", 1)])
def test_a_closed_connection_acknowledges_what_has_no_ack(letters, length):
    """RFC 9293 3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>."""
    stage = Stage()
    reply = reset_for(stage.segment(letters, seq=10, ack=None, payload=b"xy"))
    assert reply is not None
    assert (reply.seq, reply.ack, reply.flags) == (0, (stage.irs + 12 + length) % 2**32, flags("RA"))


def test_a_reset_is_never_answered():
    """RFC 9293 3.10.7.1: an incoming segment containing a RST is discarded."""
    assert reset_for(Stage().segment("RA", seq=1)) is None
