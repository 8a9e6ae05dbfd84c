"""Both ways to the end: RFC 9293 3.6, 3.10.4, 3.10.5, 3.10.7.4."""

import pytest

from .stage import State, established


def test_client_closes_first():
    """RFC 9293 3.6 case 2: CLOSE-WAIT, LAST-ACK, CLOSED."""
    stage = established().inject("FA", seq=1)
    stage.expect("A", ack=2)
    assert stage.state is State.CLOSE_WAIT
    stage.close().expect("FA", seq=1, ack=2)
    assert stage.state is State.LAST_ACK
    stage.inject("A", seq=2, ack=2).expect_nothing()
    assert (stage.endpoint.closed, stage.endpoint.failure) == (True, None)


def test_half_close_we_go_on_sending():
    """RFC 9293 3.6: the client's FIN ends only its own direction."""
    stage = established().inject("FPA", seq=1, payload=b"GET").ignore_output()
    assert (stage.read(), stage.endpoint.end_of_stream) == (b"GET", True)
    stage.write(b"first")
    stage.expect("PA", seq=1, ack=5, payload=b"first")
    stage.inject("A", seq=5, ack=6).write(b"second").close()
    stage.expect("PA", seq=6, payload=b"second")
    stage.expect("FA", seq=12)


def test_fin_goes_with_the_last_octets():
    """RFC 9293 3.10.4: after everything that was written."""
    stage = established()
    stage.endpoint.write(bytes(2000))
    stage.close()
    stage.expect("A", size=1460)
    stage.expect("FPA", size=540)
    stage.expect_nothing()


def test_we_close_first():
    """RFC 9293 3.6 case 1: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and 60 s later the end."""
    stage = established().close()
    stage.expect("FA", seq=1, ack=1)
    assert stage.state is State.FIN_WAIT_1
    assert stage.inject("A", seq=1, ack=2).state is State.FIN_WAIT_2
    stage.inject("PA", seq=1, ack=2, payload=b"late")
    assert stage.read() == b"late"
    stage.inject("FA", seq=5, ack=2)
    stage.expect("A", seq=2, ack=6)
    assert stage.state is State.TIME_WAIT
    assert stage.after(59.9).state is State.TIME_WAIT
    assert stage.after(0.2).endpoint.closed
    assert stage.endpoint.failure is None


def test_fin_and_ack_of_ours_in_one_segment():
    """RFC 9293 3.10.7.4, eighth, FIN-WAIT-1: if our FIN has been ACKed, enter TIME-WAIT."""
    stage = established().close().ignore_output().inject("FA", seq=1, ack=2)
    stage.expect("A", seq=2, ack=2)
    assert stage.state is State.TIME_WAIT


def test_simultaneous_close():
    """RFC 9293 3.6 case 3: CLOSING, then TIME-WAIT."""
    stage = established().close().ignore_output().inject("FA", seq=1, ack=1)
    stage.expect("A", seq=2, ack=2)
    assert stage.state is State.CLOSING
    assert stage.inject("A", seq=2, ack=2).state is State.TIME_WAIT


@pytest.mark.parametrize("client_first", [False, True], ids=["FIN-WAIT-1", "LAST-ACK"])
def test_fin_is_repeated(client_first):
    """RFC 9293 3.8.1 (fin_retransmission)."""
    stage = established()
    if client_first:
        stage.inject("FA", seq=1).ignore_output()
    stage.close().expect("FA", seq=1, at=0.1)
    stage.at(0.5).expect("FA", seq=1, at=0.4)


def test_repeated_fin_restarts_time_wait():
    """RFC 9293 3.10.7.4, eighth: acknowledge it, and restart the 2 MSL time-out."""
    stage = established().close().inject("FA", seq=1, ack=2).ignore_output()
    stage.after(50).inject("FA", seq=1, ack=2)
    stage.expect("A", seq=2, ack=2)
    assert stage.after(59).state is State.TIME_WAIT
    assert stage.after(2).endpoint.closed


def test_reset_ends_time_wait():
    """RFC 9293 3.10.7.4, second (timewait_reset)."""
    stage = established().close().inject("FA", seq=1, ack=2).ignore_output()
    stage.inject("R", seq=2, ack=None).expect_nothing()
    assert (stage.endpoint.closed, stage.endpoint.failure) == (True, None)


def test_fin_wait_2_ends_after_60_seconds_of_silence():
    """fin_wait2_timeout: the application is gone, the client never closes; what it sends prolongs it."""
    stage = established().close().inject("A", seq=1, ack=2).ignore_output()
    stage.after(50).inject("PA", seq=1, ack=2, payload=b"x")
    assert stage.after(59).state is State.FIN_WAIT_2
    assert stage.after(2).endpoint.closed
    assert stage.endpoint.failure == "timed out"


def test_a_new_syn_shows_that_it_is_time_wait():
    """RFC 9293 3.10.7.4, fourth: what to do with it is the router's decision; here it is only challenged."""
    stage = established().close().inject("FA", seq=1, ack=2).ignore_output()
    stage.inject("S", seq=5000, ack=None)
    stage.expect("A", seq=2, ack=2)
    assert stage.state is State.TIME_WAIT


def test_fin_waits_for_the_window():
    """RFC 9293 3.8.6.1: a FIN takes a number; with a window of zero it serves as the probe."""
    stage = established(window=3).write(b"abc")
    stage.expect("PA")
    stage.inject("A", seq=1, ack=4, window=0).close().expect_nothing()
    stage.after(1).expect("FA", seq=4)
    stage.inject("A", seq=1, ack=5, window=0)
    assert stage.state is State.FIN_WAIT_2


def test_fin_does_not_go_with_octets_that_fill_the_window():
    """RFC 9293 3.10.7.4, first: the client would trim it off; it goes when there is room for its number."""
    stage = established(window=3)
    stage.endpoint.write(b"abc")
    stage.close().expect("PA", payload=b"abc")
    stage.expect_nothing()
    stage.inject("A", seq=1, ack=4, window=1)
    stage.expect("FA", seq=4)


def test_abort_resets():
    """RFC 9293 3.10.5: <SEQ=SND.NXT><CTL=RST>."""
    stage = established().write(b"abc")
    stage.expect("PA")
    stage.abort().expect("RA", seq=4, ack=1)
    stage.expect_nothing()
    assert (stage.endpoint.closed, stage.endpoint.failure) == (True, "aborted")
    stage.inject("PA", seq=1, payload=b"x").after(500).expect_nothing()


def test_abort_is_not_over_until_the_reset_is_taken():
    """A router that removes closed endpoints must not lose the RST."""
    stage = established()
    stage.endpoint.abort()
    assert stage.state is State.CLOSED
    assert not stage.endpoint.closed
    stage.collect()
    assert stage.endpoint.closed


def test_abort_in_time_wait_is_silent():
    """RFC 9293 3.10.5: delete the TCB."""
    stage = established().close().inject("FA", seq=1, ack=2).ignore_output().abort().expect_nothing()
    assert stage.endpoint.closed


def test_nothing_can_be_written_after_closing():
    """RFC 9293 3.10.2: connection closing."""
    stage = established().close()
    assert (stage.endpoint.room, stage.endpoint.write(b"x")) == (0, 0)
    stage.close().expect("FA")
    stage.expect_nothing()


def test_closing_twice_and_after_the_end_is_harmless():
    stage = established().inject("R", seq=1, ack=None)
    stage.close().abort().close().expect_nothing()
    assert stage.endpoint.failure == "reset by peer"
    assert stage.endpoint.next_timeout() is None
