"""RFC 7323 3.2 (missing option), 4.3 (TS.Recent), 5 (PAWS), 5.4 (clock), 5.5 (idle connections)."""

from .stage import EVERYTHING, Acceptance, Options, Stage, State, established

DAYS = 24 * 3600.0


def test_every_segment_carries_them():
    """RFC 7323 3.2."""
    stage = established(options=EVERYTHING).inject("PA", seq=1, payload=b"GET").write(b"200").close().abort()
    assert len(stage.sent) == 3
    assert all(segment.options.timestamps for _, segment in stage.sent)


def test_the_clock_ticks_once_a_millisecond():
    """RFC 7323 5.4: 1 ms; also across 2**32."""
    stage = established(options=EVERYTHING).write(b"x")
    first = stage.expect("PA").options.timestamps[0]
    stage.after(0.04).write(b"y")
    assert (stage.expect("PA").options.timestamps[0] - first) % 2**32 == 40


def test_segment_without_option_is_dropped_silently():
    """RFC 7323 3.2; TGT-7."""
    stage = established(options=EVERYTHING)
    assert stage.judge("PA", seq=1, payload=b"x", ts=None) is Acceptance.MISSING_TIMESTAMP
    stage.inject("PA", seq=1, payload=b"x", ts=None).after(1).expect_nothing()
    assert stage.endpoint.readable == 0


def test_old_timestamp_is_acknowledged_and_dropped():
    """RFC 7323 5.3 R1 (paws_mechanism)."""
    stage = established(options=EVERYTHING).after(1)
    assert stage.judge("PA", seq=1, payload=b"x", ts=(5099, 0)) is Acceptance.OLD_TIMESTAMP
    assert stage.judge("PA", seq=1, payload=b"x", ts=(5100, 0)) is Acceptance.ACCEPTABLE
    stage.inject("PA", seq=1, payload=b"x", ts=(5099, 0))
    stage.expect("A", seq=1, ack=1)
    assert stage.endpoint.readable == 0


def test_ts_recent_expires_after_24_days():
    """RFC 7323 5.5: then any value is right, and becomes ts_recent."""
    stage = established(options=EVERYTHING).at(23 * DAYS)
    assert stage.judge("PA", seq=1, payload=b"x", ts=(17, 0)) is Acceptance.OLD_TIMESTAMP
    stage.at(25 * DAYS).inject("PA", seq=1, payload=b"x", ts=(17, 0))
    assert stage.endpoint.readable == 1
    assert stage.endpoint.export(stage.now).ts_recent == 17


def test_echo_is_that_of_the_segment_which_is_acknowledged_first():
    """RFC 7323 4.3 (2): with a delayed ACK the earlier one's."""
    stage = established(options=EVERYTHING)
    stage.inject("A", seq=1, payload=b"a", ts=(6000, 0)).inject("A", seq=2, payload=b"b", ts=(6010, 0))
    assert stage.after(0.1).expect("A", ack=3).options.timestamps[1] == 6000


def test_echo_is_not_that_of_a_segment_after_a_gap():
    """RFC 7323 4.3 (B): the sender must not measure from it."""
    stage = established(options=EVERYTHING)
    stage.inject("A", seq=100, payload=b"b", ts=(6010, 0))
    assert stage.expect("A", ack=1).options.timestamps[1] == 5100


def test_echo_after_a_filled_gap_is_the_fillers():
    """RFC 7323 4.3 (C)."""
    stage = established(options=EVERYTHING)
    stage.inject("A", seq=2, payload=b"b", ts=(6010, 0)).ignore_output()
    stage.inject("A", seq=1, payload=b"a", ts=(6020, 0))
    assert stage.expect("A", ack=3).options.timestamps[1] == 6020


def test_without_agreement_they_are_ignored():
    """RFC 7323 3.2: a TSopt that was not negotiated."""
    stage = established(options=Options(mss=1460)).inject("PA", seq=1, payload=b"x", ts=(1, 1)).write(b"y")
    assert stage.expect("PA").options.timestamps is None
    assert stage.endpoint.readable == 1


def test_answer_to_a_repetition_is_no_measurement():
    """RFC 2883 4: the client had the first copy, which it still echoes; only the ACK was lost, and with it the time."""
    stage = established(options=EVERYTHING).write(b"x")
    first = stage.expect("PA").options.timestamps[0]
    stage.after(3.0).ignore_output()
    before = stage.endpoint.export(stage.now).t_srtt
    stage.inject("A", seq=1, ack=2, ts=(9000, first), sack=((1, 2),))
    assert stage.endpoint.export(stage.now).t_srtt == before
    stage.write(b"y")
    second = stage.sent[-1][1].options.timestamps[0]
    stage.after(0.1).inject("A", seq=1, ack=3, ts=(9100, second))
    assert stage.endpoint.export(stage.now).t_srtt > 0


def test_old_syn_does_not_take_ts_recent_back():
    """RFC 7323 4.3: only a later value; a duplicate of the SYN may arrive late."""
    stage = Stage(options=EVERYTHING)
    stage.time = 1.0
    stage.syn()
    stage.expect("SA")
    stage.time = 0.5
    stage.syn()
    assert stage.expect("SA").options.timestamps[1] == 6000
    assert stage.state is State.SYN_RECEIVED
