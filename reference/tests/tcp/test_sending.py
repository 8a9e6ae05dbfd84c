"""Text leaves: RFC 9293 3.7.1, 3.8.6.1, 3.8.6.2.1 and 3.9.1.2; zero windows and windows that shrink."""

from itertools import pairwise

import pytest

from .stage import Acceptance, Options, Settings, established


def test_segments_of_full_size_then_the_rest_pushed():
    """RFC 9293 3.7.1; 3.9.1.2: PSH on the last octet that was written."""
    stage = established().write(bytes(3000))
    stage.expect("A", seq=1, size=1460)
    stage.expect("A", seq=1461, size=1460)
    stage.expect("PA", seq=2921, size=80)
    stage.expect_nothing()


def test_own_limit_is_kept_whatever_the_client_can_take():
    """RFC 9293 3.7.1: Eff.snd.MSS is the smaller of both."""
    stage = established(options=Options(mss=9000), settings=Settings(largest_segment=500)).write(bytes(600))
    stage.expect("A", size=500)
    stage.expect("PA", size=100)


@pytest.mark.parametrize("mss", [1, 12, 13])
def test_absurd_mss_stops_nothing(mss):
    """RFC 9293 3.7.1: an MSS with no room beside the options."""
    stage = established(options=Options(mss=mss, timestamps=(0, 0))).write(bytes(100))
    stage.expect("A", seq=1, size=8)


def test_the_initial_window_is_ten_segments():
    """RFC 6928 2."""
    stage = established().write(bytes(40_000))
    assert sum(len(segment.payload) for _, segment in stage.sent) == 14_600


def test_nothing_is_sent_beyond_the_clients_window():
    """RFC 9293 3.8.6: not before an ACK or an update."""
    stage = established(window=2000).write(bytes(5000))
    stage.expect("A", seq=1, size=1460)
    stage.expect_nothing()  # 540 octets of window are neither a segment nor half the window: 3.8.6.2.1
    stage.inject("A", seq=1, ack=1461, window=3000)
    stage.expect("A", seq=1461, size=1460)
    stage.expect("A", seq=2921, size=1460)
    stage.expect_nothing()


def test_half_of_the_largest_window_is_worth_a_segment():
    """RFC 9293 3.8.6.2.1 (3): with clients whose window is smaller than a segment."""
    stage = established(window=100).write(bytes(300))
    stage.expect("A", seq=1, size=100)
    stage.inject("A", seq=1, ack=101, window=49).expect_nothing()
    stage.inject("A", seq=1, ack=101, window=50)
    stage.expect("A", seq=101, size=50)


def test_the_override_time_out_sends_into_a_silly_window():
    """RFC 9293 3.8.6.2.1 (4)."""
    stage = established(window=1000).write(bytes(1400))
    stage.expect("A", seq=1, size=1000)
    stage.inject("A", seq=1, ack=1001, window=10).expect_nothing()
    stage.after(1.0).expect("A", seq=1001, size=10)


def test_zero_window_is_probed_with_back_off():
    """RFC 9293 3.8.6.1 (zero_window_probe and its retransmission): one octet, at doubling intervals."""
    stage = established(window=0).write(b"hello").expect_nothing()
    stage.at(10)
    times = [time for time, _ in stage.sent]
    assert all(segment.payload == b"h" for _, segment in stage.sent)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) >= 3
    assert all(later == pytest.approx(2 * earlier) for earlier, later in pairwise(gaps))


def test_probing_never_ends_while_the_client_answers():
    """RFC 9293 3.8.6.1: the connection stays open as long as probes are acknowledged."""
    stage = established(window=0).write(b"hello")
    for _ in range(60):
        stage.after(60).inject("A", seq=1, window=0)
        stage.sent.clear()
    stage.inject("A", seq=1, window=100)
    stage.expect("PA", seq=1, payload=b"hello")


def test_probing_a_silent_client_ends():
    """RFC 9293 3.8.3 R2: nobody is there any more."""
    stage = established(window=0).write(b"hello").at(400)
    assert stage.endpoint.failure == "timed out"
    stage.sent[-1:] = []
    assert stage.endpoint.closed


def test_a_probed_octet_that_was_taken_is_not_sent_again():
    """RFC 9293 3.8.6.1: the client may take the octet and keep its window closed."""
    stage = established(window=0).write(b"hello").at(1.0)
    stage.expect("A", seq=1, payload=b"h")
    stage.ignore_output().inject("A", seq=1, ack=2, window=0).inject("A", seq=1, ack=2, window=10)
    stage.expect("PA", seq=2, payload=b"ello")


def test_answers_to_probes_are_no_duplicate_acks():
    """RFC 5681 2: nothing was lost, so the congestion window stays."""
    stage = established(window=0).write(bytes(20_000))
    before = stage.endpoint.export(stage.now).snd_cwnd
    for _ in range(5):
        stage.after(5).inject("A", seq=1, window=0)
    assert stage.endpoint.export(stage.now).snd_cwnd == before


def test_a_window_that_shrinks_stops_new_text():
    """RFC 9293 3.8.6 (window_shrink): SHOULD NOT send new data; what was sent stays acceptable."""
    stage = established().write(bytes(1460))
    stage.expect("PA")
    stage.inject("A", seq=1, ack=1, window=100).write(bytes(1000)).expect_nothing()
    stage.inject("A", seq=1, ack=1461, window=65535)
    stage.expect("PA", seq=1461, size=1000)


def test_text_beyond_a_window_that_shrank_to_zero_is_probed_not_timed_out():
    """RFC 9293 3.8.6: SHOULD NOT time out the connection."""
    stage = established().write(bytes(1000))
    stage.expect("PA")
    for _ in range(20):
        stage.inject("A", seq=1, ack=1, window=0).after(30)
    assert stage.endpoint.failure is None
    assert {len(segment.payload) for _, segment in stage.sent} == {1}
    stage.ignore_output().inject("A", seq=1, ack=1, window=5000)
    stage.expect("PA", seq=1, size=1000)


def test_an_older_segment_does_not_change_the_window():
    """RFC 9293 3.10.7.4: SND.WL1 and SND.WL2."""
    stage = established().inject("PA", seq=1, payload=b"abc", window=1000)
    late = stage.segment("A", seq=1, window=9)
    stage.inject("A", seq=4, window=1000)
    stage.endpoint.receive(late, stage.now)
    assert stage.endpoint.export(stage.now).snd_wnd == 1000


def test_the_send_buffer_is_bounded():
    """``write`` says how much it took."""
    stage = established(settings=Settings(send_buffer=1000), window=0)
    assert stage.endpoint.room == 1000
    assert stage.endpoint.write(bytes(1500)) == 1000
    assert (stage.endpoint.room, stage.endpoint.write(b"x")) == (0, 0)


def test_ack_of_text_never_sent_is_challenged():
    """RFC 9293 3.10.7.4, fifth (unacc_seq_ack): send an ACK, drop the segment."""
    stage = established()
    assert stage.judge("PA", seq=1, ack=2, payload=b"x") is Acceptance.UNACCEPTABLE_ACK
    stage.inject("PA", seq=1, ack=2, payload=b"x")
    stage.expect("A", seq=1, ack=1)
    assert stage.endpoint.readable == 0


def test_ack_older_than_any_window_is_challenged():
    """RFC 5961 5.2: SND.UNA - MAX.SND.WND is the limit."""
    stage = established(window=100)
    assert stage.judge("PA", seq=1, ack=-99, payload=b"x") is Acceptance.ACCEPTABLE
    assert stage.judge("PA", seq=1, ack=-100, payload=b"x") is Acceptance.UNACCEPTABLE_ACK
    stage.inject("PA", seq=1, ack=-100, payload=b"x")
    stage.expect("A", ack=1)


def test_keep_alive_is_one_number_back_without_text():
    """RFC 9293 3.8.4, TGT-13."""
    stage = established().after(5)
    stage.endpoint.probe()
    stage.collect()
    stage.expect("A", seq=0, ack=1, size=0)
    heard = stage.endpoint.heard_at
    stage.after(1).inject("A", seq=1)
    assert stage.endpoint.heard_at == heard + 6
