"""Opening: RFC 9293 3.10.7.2 and 3.10.7.4 in SYN-RECEIVED, RFC 7323 1.3 and 2, RFC 2018 2, ORG-9."""

import pytest
from ipos_reference.tcp.endpoint import Endpoint

from .stage import EVERYTHING, Acceptance, Options, Settings, Stage, State, established


def test_answers_what_was_offered():
    """RFC 7323 1.3, RFC 2018 2: MSS, window scale, SACK-permitted and timestamps come back."""
    options = Stage(options=EVERYTHING).syn().expect("SA", seq=0, ack=1, window=65535).options
    assert (options.mss, options.window_scale, options.sack_permitted) == (1460, 3, True)
    assert options.timestamps is not None
    assert options.timestamps[1] == 5000


@pytest.mark.parametrize("offer", [Options(), Options(mss=1460)])
def test_uses_no_option_that_the_client_did_not_offer(offer):
    """RFC 7323 1.3: an option in the SYN/ACK only after one in the SYN; the MSS is always said (RFC 9293 3.7.1)."""
    stage = Stage(options=offer).syn()
    assert stage.expect("SA").options == Options(mss=1460)
    stage.inject("A", seq=1).write(b"x")
    assert stage.expect("PA").options == Options()


@pytest.mark.parametrize(("offered", "taken"), [(None, 536), (0, 0), (1000, 1000), (65535, 65495)])
def test_client_mss(offered, taken):
    """RFC 9293 3.7.1 MUST-15 (536 without the option); ORG-9 (65495 at most, and 0 is a value)."""
    stage = Stage(options=Options(mss=offered)).syn()
    assert stage.endpoint.peer_mss == taken


def test_segments_keep_to_the_clients_mss_less_options():
    """RFC 9293 3.7.1 (Eff.snd.MSS): the timestamps' twelve octets are subtracted."""
    stage = established(options=Options(mss=500, timestamps=(0, 0))).write(bytes(600))
    stage.expect("A", seq=1, size=488)
    stage.expect("PA", seq=489, size=112)


@pytest.mark.parametrize(
    ("buffer", "scale", "window"), [(65535, 0, 65535), (65536, 1, 65535), (5000, 0, 5000), (2**31, 14, 65535)]
)
def test_scale_follows_from_the_buffer(buffer, scale, window):
    """RFC 7323 2.2: the SYN/ACK's own window is not scaled."""
    stage = Stage(options=EVERYTHING, settings=Settings(receive_buffer=buffer)).syn()
    assert stage.expect("SA", window=window).options.window_scale == scale


def test_scale_above_14_counts_as_14():
    """RFC 7323 2.3."""
    stage = Stage(options=Options(mss=1460, window_scale=200)).syn().inject("A", seq=1, window=2)
    assert stage.endpoint.export(stage.now).snd_wnd == 2 << 14


def test_repeated_syn_is_answered_again():
    """ORG-9: a SYN repeated in SYN-RECEIVED gets the SYN/ACK again."""
    stage = Stage(options=EVERYTHING).syn()
    first = stage.expect("SA", seq=0, ack=1)
    again = stage.at(0.5).syn().expect("SA", seq=0, ack=1)
    assert (again.options.mss, again.window) == (first.options.mss, first.window)


def test_syn_ack_is_repeated_with_back_off_and_given_up():
    """RFC 9293 3.8.3, RFC 6298 5.5: 1, 2, 4, 8, 16 s; then the half-open connection ends silently."""
    stage = Stage().syn()
    stage.expect("SA", at=0)
    stage.at(200)
    for time in (1, 3, 7, 15, 31):
        stage.expect("SA", seq=0, ack=1, at=time)
    stage.expect_nothing()
    assert stage.endpoint.closed
    assert stage.endpoint.failure == "timed out"


def test_data_on_a_syn_is_not_taken():
    """ORG-9: neither acknowledged nor delivered."""
    stage = Stage().syn(payload=b"early")
    stage.expect("SA", ack=1)
    assert stage.inject("A", seq=1).endpoint.readable == 0


def test_completing_ack_may_carry_data_and_fin():
    """RFC 9293 3.10.7.4, fifth, SYN-RECEIVED: enter ESTABLISHED and continue processing."""
    stage = Stage().syn()
    stage.expect("SA")
    stage.inject("FPA", seq=1, payload=b"GET")
    stage.expect("A", seq=1, ack=5)
    assert stage.read() == b"GET"
    assert stage.endpoint.end_of_stream
    assert stage.state is State.CLOSE_WAIT


@pytest.mark.parametrize("ack", [0, 2, -5])
def test_unacceptable_ack_in_syn_received_is_reset(ack):
    """RFC 9293 3.10.7.4, fifth (acceptable_ack_syn_rcvd): <SEQ=SEG.ACK><CTL=RST>; the connection stays."""
    stage = Stage().syn()
    stage.expect("SA")
    stage.inject("A", seq=1, ack=ack)
    stage.expect("R", seq=ack)
    assert stage.state is State.SYN_RECEIVED
    assert stage.inject("A", seq=1).state is State.ESTABLISHED


def test_reset_in_syn_received_ends():
    """RFC 9293 3.10.7.4, second (synrcvd_reset)."""
    stage = Stage().syn()
    stage.expect("SA")
    stage.inject("R", seq=1, ack=None).expect_nothing()
    assert stage.endpoint.closed
    assert stage.endpoint.failure == "reset by peer"


def test_other_syn_in_syn_received_is_challenged():
    """RFC 5961 4.2: a client that has started anew answers the ACK with a reset that fits."""
    stage = Stage().syn()
    stage.expect("SA")
    stage.inject("S", seq=1000, ack=None)
    stage.expect("A", seq=1, ack=1)
    assert stage.state is State.SYN_RECEIVED


def test_handshake_window_is_scaled_in_the_ack_not_in_the_syn():
    """RFC 7323 2.2 (handshake_window_size)."""
    stage = Stage(options=EVERYTHING, window=1000).syn()
    assert stage.endpoint.export(stage.now).snd_wnd == 1000
    stage.inject("A", seq=1, window=1000)
    assert stage.endpoint.export(stage.now).snd_wnd == 1000 << 7


def test_not_a_syn_opens_nothing():
    stage = Stage()
    with pytest.raises(ValueError, match="does not open"):
        Endpoint.accept(stage.segment("SA", seq=0), iss=0, timestamp_offset=0, settings=Settings(), now=0.0)


def test_written_before_the_handshake_completes_goes_after_it():
    """RFC 9293 3.10.2: queue the data for transmission after entering ESTABLISHED."""
    stage = Stage().syn()
    stage.expect("SA")
    stage.write(b"banner").close().expect_nothing()
    stage.inject("A", seq=1)
    stage.expect("FPA", seq=1, payload=b"banner")
    assert stage.state is State.FIN_WAIT_1


def test_judging_changes_nothing():
    """``judge`` in SYN-RECEIVED: the segment that would complete the handshake is acceptable, and nothing happens."""
    stage = Stage().syn()
    stage.expect("SA")
    assert stage.judge("PA", seq=1, payload=b"GET") is Acceptance.ACCEPTABLE
    assert stage.judge("S", seq=0, ack=None) is Acceptance.REPEATED_SYN
    assert stage.judge("A", seq=1, ack=7) is Acceptance.UNACCEPTABLE_ACK
    assert stage.state is State.SYN_RECEIVED
    stage.collect()
    stage.expect_nothing()
