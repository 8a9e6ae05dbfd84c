"""Loss: RFC 6298 (time-out), RFC 5681 and 6582 (fast retransmit and recovery), RFC 9293 3.8.3 (giving up)."""

import pytest
from ipos_reference.tcp.segment import Flags

from .stage import EVERYTHING, Stage, established


def test_timer_expires_after_the_round_trip_estimate_and_backs_off():
    """RFC 6298 2.2 and 5.5: SRTT 0.1, RTTVAR 0.05, so RTO 0.3, then doubled."""
    stage = established().write(b"x")
    stage.expect("PA", seq=1, at=0.1)
    stage.at(3)
    for time in (0.4, 1.0, 2.2):
        stage.expect("PA", seq=1, payload=b"x", at=time)
    stage.expect_nothing()


def test_rto_is_at_least_200_ms():
    """RFC 6298 2.4 says 1 s; see Settings.minimum_rto."""
    stage = established(options=EVERYTHING)
    for sent in range(1, 61):
        stage.write(b"x").after(0.001)
        stage.inject("A", seq=1, ack=1 + sent)
    stage.ignore_output().write(b"y")
    start = stage.time
    stage.expect("PA")
    stage.after(1).expect("PA", at=start + 0.2)


def test_acks_of_nothing_new_do_not_restart_the_timer():
    """RFC 6298 5.3 (a bug that recurs): only an ACK that acknowledges new data does."""
    stage = established().write(b"x")
    stage.expect("PA", at=0.1)
    for time in (0.2, 0.3, 0.39):
        stage.at(time).inject("A", seq=1, ack=1, window=60000 - int(time * 100))
    stage.at(0.5).expect("PA", seq=1, at=0.4)


def test_new_ack_restarts_the_timer():
    """RFC 6298 5.3."""
    stage = established().write(bytes(2920)).ignore_output()
    stage.at(0.35).inject("A", seq=1, ack=1461)
    stage.at(0.5).expect_nothing()
    stage.at(1.0).expect("PA", seq=1461)


def test_after_a_time_out_one_segment_is_outstanding():
    """RFC 5681 3.1: the loss window is one segment; then slow start from snd_una on."""
    stage = established().write(bytes(10 * 1460)).ignore_output().at(0.45)
    stage.expect("A", seq=1, size=1460, at=0.4)
    stage.expect_nothing()
    stage.inject("A", seq=1, ack=1461)
    stage.expect("A", seq=1461)
    stage.expect("A", seq=2921)
    stage.expect_nothing()


def test_what_the_client_has_already_is_skipped():
    """RFC 5681: the ACK after a repeated first segment covers what arrived before."""
    stage = established().write(bytes(10 * 1460)).ignore_output().at(0.45).ignore_output()
    stage.inject("A", seq=1, ack=14_601).write(b"next")
    stage.expect("PA", seq=14_601, payload=b"next")


def test_giving_up_resets():
    """RFC 9293 3.8.3 R2: after about 100 s, failure "timed out" and an RST."""
    stage = established().write(b"x").at(300)
    *repeats, (time, last) = stage.sent
    assert 100 <= time <= 170
    assert all(segment.payload == b"x" for _, segment in repeats)
    assert last.flags & Flags.RST
    assert stage.endpoint.failure == "timed out"
    assert stage.endpoint.closed


def test_karn_no_sample_from_a_repeated_segment():
    """RFC 6298 3: without timestamps the back-off stays until an unrepeated segment is measured."""
    stage = established().write(b"x").at(0.45).ignore_output()
    stage.at(0.5).inject("A", seq=1, ack=2).write(b"y")
    stage.expect("PA", seq=2)
    stage.at(2).expect("PA", seq=2, at=0.5 + 0.6)


def test_timestamps_measure_a_repeated_segment():
    """RFC 7323 4.1: TSecr tells which one was answered. Twice 0.1 s: RTTVAR falls to 0.0375, RTO to 0.25."""
    stage = established(options=EVERYTHING).write(b"x").at(0.45).ignore_output()
    stage.at(0.5).inject("A", seq=1, ack=2).write(b"y")
    stage.expect("PA", seq=2)
    stage.at(2)
    assert stage.sent[0][0] == pytest.approx(0.5 + 0.25)


def test_rto_after_a_repeated_syn_ack_is_3_seconds():
    """RFC 6298 5.7; RFC 6928 2: and the initial window is one segment."""
    stage = Stage().syn()
    stage.at(1.1).inject("A", seq=1).ignore_output().write(bytes(3000))
    stage.expect("A", seq=1, size=1460)
    stage.expect_nothing()
    stage.at(6).expect("A", seq=1, at=1.1 + 3.0)


def lose_the_first_of(stage, count):
    stage.write(bytes(count * 1460)).ignore_output()


def test_third_duplicate_ack_repeats_the_first_segment():
    """RFC 5681 3.2."""
    stage = established()
    lose_the_first_of(stage, 10)
    stage.inject("A", seq=1).inject("A", seq=1).expect_nothing()
    stage.inject("A", seq=1)
    stage.expect("A", seq=1, size=1460)
    stage.expect_nothing()


def test_duplicates_with_another_window_or_text_do_not_count():
    """RFC 5681 2 (b), (e)."""
    stage = established()
    lose_the_first_of(stage, 10)
    for window in (60000, 60001, 60002, 60003):
        stage.inject("A", seq=1, window=window)
    for seq in (1, 2, 3, 4):
        stage.inject("A", seq=seq, window=60003, payload=b"x")
    assert all(segment.length == 0 for _, segment in stage.sent)


def test_duplicates_with_sack_count_whatever_the_window():
    """RFC 6675 2: they carry news."""
    stage = established(options=EVERYTHING)
    lose_the_first_of(stage, 8)
    for number in (2, 3, 4):
        stage.inject("A", seq=1, window=60000 + number, sack=((1449, 1 + 1448 * number),))
    stage.expect("A", seq=1, size=1448)


def test_first_two_duplicates_send_new_text():
    """RFC 3042: limited transmit."""
    stage = established().write(bytes(30_000)).ignore_output()
    stage.inject("A", seq=1)
    stage.expect("A", seq=14_601)
    stage.inject("A", seq=1)
    stage.expect("A", seq=16_061)
    stage.expect_nothing()


def test_partial_ack_repeats_the_next_hole():
    """RFC 6582 3.2 step 3; the full ACK ends recovery at half the flight."""
    stage = established()
    lose_the_first_of(stage, 10)
    for _ in range(3):
        stage.inject("A", seq=1)
    stage.expect("A", seq=1)
    stage.inject("A", seq=1, ack=4381)
    stage.expect("A", seq=4381, size=1460)
    stage.inject("A", seq=1, ack=14_601)
    stage.expect_nothing()
    assert stage.endpoint.export(stage.now).snd_ssthresh == 7300
    assert stage.endpoint.export(stage.now).snd_cwnd <= 7300


def test_an_ack_of_everything_takes_a_repetition_back():
    """RFC 5681 3.2: where the router had no time to send in between."""
    stage = established()
    lose_the_first_of(stage, 10)
    for _ in range(3):
        stage.endpoint.receive(stage.segment("A", seq=1), stage.now)
    stage.inject("A", seq=1, ack=14_601).expect_nothing()


def test_duplicates_after_a_time_out_do_not_halve_again():
    """RFC 6582 3.2 step 2: they answer our own repetitions."""
    stage = established()
    lose_the_first_of(stage, 10)
    stage.at(0.45).ignore_output()
    for _ in range(5):
        stage.inject("A", seq=1)
    assert all(segment.seq != (stage.iss + 1) % 2**32 for _, segment in stage.sent)


def test_congestion_window_after_idling():
    """RFC 5681 4.1: not more than the initial window at once after a pause."""
    stage = established()
    acked = 1
    for _ in range(8):
        stage.write(bytes(14_600)).ignore_output().after(0.01)
        acked += 14_600
        for ack in range(acked - 14_600 + 1460, acked + 1, 1460):
            stage.inject("A", seq=1, ack=ack)
    assert stage.endpoint.export(stage.now).snd_cwnd > 29_200
    stage.ignore_output().after(5).write(bytes(60_000))
    assert sum(len(segment.payload) for _, segment in stage.sent) == 14_600


def test_ack_during_recovery_after_time_out_uses_the_highest_number():
    """RFC 9293 3.10.7.4: an ACK numbered below what the client has would look old to it."""
    stage = established().write(bytes(5 * 1460)).ignore_output().at(0.45).ignore_output()
    stage.inject("A", seq=50, payload=b"x")
    stage.expect("A", seq=7301, ack=1)
