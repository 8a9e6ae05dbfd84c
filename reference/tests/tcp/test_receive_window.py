"""What is promised to the client: RFC 9293 3.8.6, RFC 7323 2.4."""

import pytest

from .stage import EVERYTHING, PLAIN, Settings, established


def fill(stage, octets, *, seq=1, step=1000):
    for start in range(0, octets, step):
        stage.inject("A", seq=seq + start, payload=bytes(min(step, octets - start)))


def test_window_closes_as_the_buffer_fills():
    """RFC 9293 3.8.6 (rcv_buf_space): the right edge stays while nobody reads."""
    stage = established(settings=Settings(receive_buffer=10_000))
    fill(stage, 10_000)
    edges = [(segment.ack - stage.irs) % 2**32 + segment.window for _, segment in stage.sent]
    assert set(edges) == {10_001}
    assert stage.sent[-1][1].window == 0


def test_nothing_is_taken_while_the_window_is_closed_but_acks_count():
    """RFC 9293 3.10.7.4, first: special allowance for valid ACKs at a window of zero."""
    stage = established(settings=Settings(receive_buffer=1000)).write(b"reply").ignore_output()
    fill(stage, 1000)
    stage.ignore_output().inject("PA", seq=1001, ack=6, payload=b"x")
    stage.expect("A", ack=1001, window=0)
    assert stage.endpoint.readable == 1000
    assert stage.endpoint.export(stage.now).snd_una == (stage.iss + 6) % 2**32


def test_reading_announces_the_window_at_once():
    """RFC 9293 3.8.6.2.2: at two segments (or half the buffer), not after a delayed ACK."""
    stage = established(settings=Settings(receive_buffer=10_000))
    fill(stage, 10_000)
    stage.ignore_output()
    stage.read(2919)
    stage.expect_nothing()
    stage.read(1)
    stage.expect("A", ack=10_001, window=2920)


def test_a_delayed_ack_does_not_hold_back_a_window_update():
    """A bug that recurs: the update waits until the delayed ACK is due."""
    stage = established(settings=Settings(receive_buffer=4000))
    fill(stage, 3000)
    stage.ignore_output().inject("PA", seq=3001, payload=bytes(100)).expect_nothing()
    stage.read()
    stage.expect("A", ack=3101, window=4000, at=stage.time)
    stage.after(1).expect_nothing()


def test_the_right_edge_does_not_move_by_crumbs():
    """RFC 9293 3.8.6.2.2: less than min(half the buffer, one segment) is not promised."""
    stage = established(settings=Settings(receive_buffer=10_000))
    fill(stage, 10_000)
    stage.ignore_output()
    stage.read(1459)
    stage.inject("A", seq=10_001, payload=b"?")
    stage.expect("A", ack=10_001, window=0)
    stage.read(1)
    stage.inject("A", seq=10_001, payload=b"?")
    stage.expect("A", ack=10_001, window=1460)


@pytest.mark.parametrize("options", [PLAIN, EVERYTHING], ids=["plain", "scaled"])
@pytest.mark.parametrize("buffer", [1, 2, 999, 65535, 65537, 100_001, 262_143, 1_000_003])
@pytest.mark.parametrize("step", [1, 7, 1460])
def test_the_right_edge_never_shrinks(options, buffer, step):
    """RFC 9293 3.8.6, RFC 7323 2.4: whatever the buffer's size, the scale and the segments'."""
    stage = established(options=options, settings=Settings(receive_buffer=buffer))
    seq, edge = 1, 0
    scale = stage.endpoint.export(stage.now).rcv_scale
    for number in range(300):
        size = min(step, stage.endpoint.export(stage.now).rcv_wnd)
        stage.inject("PA", seq=seq, payload=bytes(size))
        seq += size
        if number % 3 == 0:
            stage.read(step * 2)
        stage.after(0.05)
        for _, segment in stage.sent:
            new_edge = (segment.ack - stage.irs) % 2**32 + (segment.window << scale)
            assert new_edge >= edge
            edge = new_edge
        stage.ignore_output()
    assert seq > min(200, 50 * buffer)  # it kept flowing


@pytest.mark.thorough
def test_rounding_can_not_fill_more_than_twice_the_buffer():
    """RFC 7323 2.4: a client that sends crumbs gains by rounding up; that is bounded."""
    stage = established(options=EVERYTHING, settings=Settings(receive_buffer=70_000))
    seq, edge = 1, 0
    while (window := stage.endpoint.export(stage.now).rcv_wnd) and seq < 300_000:
        assert seq + window >= edge  # what was promised is taken, though the field has been rounded down
        edge = seq + window
        size = window - 20 if window > 40 else 1
        stage.inject("PA", seq=seq, payload=bytes(size)).after(0.05)
        seq += size
    assert 70_000 < stage.endpoint.readable <= 140_000


def test_promise_of_a_larger_buffer_is_kept_after_migration():
    """TGT-6: rcv_adv is honoured though the new server's buffer is smaller."""
    stage = established(settings=Settings(receive_buffer=50_000)).migrate(Settings(receive_buffer=1000))
    fill(stage, 50_000)
    assert stage.endpoint.readable == 50_000
    assert {(segment.ack - stage.irs) % 2**32 + segment.window for _, segment in stage.sent} == {50_001}


def test_promise_survives_migration_with_scaling():
    """The edge never shrinks across export and restore either."""
    stage = established(options=EVERYTHING, settings=Settings(receive_buffer=300_001))
    stage.inject("PA", seq=1, payload=bytes(1001))
    stage.read()
    edge_before = max((s.ack + (s.window << 3)) for _, s in stage.after(1).sent)
    stage.ignore_output().migrate(Settings(receive_buffer=5000))
    stage.inject("PA", seq=1002, payload=b"x")
    stage.after(1)
    assert all(s.ack + (s.window << 3) >= edge_before for _, s in stage.sent)
