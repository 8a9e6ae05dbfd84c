"""Text arrives: RFC 9293 3.10.7.4 (first and seventh), RFC 5681 4.2, RFC 2018 4."""

import pytest

from .stage import EVERYTHING, Acceptance, Settings, State, established


def test_in_order_text_is_acknowledged_after_the_delay():
    """RFC 9293 3.8.6.3: one small segment's ACK waits 40 ms."""
    stage = established().inject("PA", seq=1, payload=b"abc").expect_nothing()
    assert stage.read() == b"abc"
    stage.after(0.1).expect("A", ack=4, at=0.14)
    stage.expect_nothing()


def test_every_second_full_segment_is_acknowledged_at_once():
    """RFC 5681 4.2."""
    stage = established()
    for number in range(4):
        stage.inject("A", seq=1 + 1460 * number, payload=bytes(1460))
    stage.expect("A", ack=2921)
    stage.expect("A", ack=5841)
    stage.expect_nothing()


def test_written_text_carries_the_ack():
    """RFC 9293 3.8.6.3: that is what the delay is for."""
    stage = established().inject("PA", seq=1, payload=b"GET").write(b"200")
    stage.expect("PA", seq=1, ack=4, payload=b"200")
    stage.at(0.19).expect_nothing()


def test_out_of_order_text_is_acknowledged_at_once_each_time():
    """RFC 5681 4.2: duplicate ACKs, so that the client can retransmit fast."""
    stage = established()
    for number in (1, 2, 3):
        stage.inject("A", seq=1 + 100 * number, payload=bytes(100))
        stage.expect("A", ack=1)
    stage.expect_nothing()


def test_a_batch_of_out_of_order_segments_gets_an_ack_each():
    """RFC 5681 4.2: also if nobody asks for output in between."""
    stage = established()
    for number in (1, 2, 3):
        stage.endpoint.receive(stage.segment("A", seq=1 + 100 * number, payload=bytes(100)), stage.now)
    stage.collect()
    for _ in range(3):
        stage.expect("A", ack=1)
    stage.expect_nothing()


def test_filling_a_gap_is_acknowledged_at_once():
    """RFC 5681 4.2: also if it fills only a part of it."""
    stage = established().inject("A", seq=7, payload=b"789")
    stage.expect("A", ack=1)
    stage.inject("A", seq=1, payload=b"123")
    stage.expect("A", ack=4)
    stage.inject("A", seq=4, payload=b"456")
    stage.expect("A", ack=10)
    assert stage.read() == b"123456789"


def test_overlaps_and_repeats_are_delivered_once():
    """RFC 9293 3.10.7.4, seventh: trimmed to the part that is new."""
    stage = established()
    stage.inject("A", seq=5, payload=b"5678").inject("A", seq=3, payload=b"3456").inject("A", seq=7, payload=b"789")
    stage.inject("A", seq=1, payload=b"1234567").inject("A", seq=1, payload=b"12345678")
    assert stage.read() == b"123456789"


def test_text_outside_the_window_is_acknowledged_and_dropped():
    """RFC 9293 3.10.7.4, first (outside_the_window); ORG-9."""
    stage = established(settings=Settings(receive_buffer=1000))
    assert stage.judge("A", seq=1001, payload=b"x") is Acceptance.OUTSIDE_WINDOW
    stage.inject("A", seq=1001, payload=b"x")
    stage.expect("A", seq=1, ack=1)
    stage.inject("PA", seq=1, payload=b"y").read()
    stage.after(0.1).ignore_output()
    stage.inject("PA", seq=1, payload=b"y")  # repeated after it was acknowledged
    stage.expect("A", seq=1, ack=2)
    assert stage.endpoint.readable == 0


def test_text_across_the_right_edge_is_trimmed():
    """RFC 9293 3.10.7.4, first: trim off any portion outside the window, the FIN with it."""
    stage = established(settings=Settings(receive_buffer=1000))
    stage.inject("FA", seq=1, payload=bytes(1001))
    stage.expect("A", ack=1001, window=0)
    assert stage.state is State.ESTABLISHED
    assert len(stage.read()) == 1000


def test_ack_from_the_right_edge_counts():
    """The client has filled the window and its first segment is missing: its ACKs still free our send buffer."""
    stage = established(settings=Settings(receive_buffer=1000)).write(b"x")
    stage.expect("PA")
    stage.inject("A", seq=501, payload=bytes(500))
    stage.expect("A", ack=1)
    stage.inject("A", seq=1001, ack=2)
    assert stage.after(10).expect_nothing().endpoint.export(stage.now).snd_una == (stage.iss + 2) % 2**32


def test_keep_alive_of_the_client_is_answered():
    """RFC 9293 3.8.4: a segment numbered before the window gets an ACK."""
    stage = established().inject("A", seq=0)
    stage.expect("A", seq=1, ack=1)


def test_answers_to_bare_unacceptable_acks_are_limited():
    """RFC 5961 7: two ends that reject each other's ACKs must not do so at line rate."""
    stage = established()
    for _ in range(100):
        stage.inject("A", seq=0)
    assert len(stage.sent) == 10
    stage.ignore_output().after(1.0).inject("A", seq=0)
    stage.expect("A")


def test_segment_without_ack_is_dropped():
    """RFC 9293 3.10.7.4, fifth: if the ACK bit is off, drop the segment."""
    stage = established().inject("P", seq=1, ack=None, payload=b"x")
    stage.after(1).expect_nothing()
    assert stage.endpoint.readable == 0


def test_sack_blocks_name_the_latest_first():
    """RFC 2018 4: the block with the segment that just arrived, then the ones before."""
    stage = established(options=EVERYTHING)
    stage.inject("A", seq=11, payload=bytes(10))
    stage.expect("A", ack=1, sack=((11, 21),))
    stage.inject("A", seq=41, payload=bytes(10))
    stage.expect("A", ack=1, sack=((41, 51), (11, 21)))
    stage.inject("A", seq=21, payload=bytes(10))
    stage.expect("A", ack=1, sack=((11, 31), (41, 51)))
    stage.inject("A", seq=1, payload=bytes(10))
    stage.expect("A", ack=31, sack=((41, 51),))
    stage.inject("A", seq=31, payload=bytes(10))
    stage.expect("A", ack=51, sack=())


def test_at_most_three_sack_blocks_beside_timestamps():
    """RFC 2018 3: 40 octets of options."""
    stage = established(options=EVERYTHING)
    for number in range(1, 7):
        stage.inject("A", seq=1 + 20 * number, payload=bytes(10))
    assert [len(segment.options.sack) for _, segment in stage.sent] == [1, 2, 3, 3, 3, 3]


def test_no_sack_block_unless_permitted():
    """RFC 2018 2."""
    stage = established().inject("A", seq=11, payload=bytes(10))
    stage.expect("A", sack=())


@pytest.mark.parametrize("late", [False, True], ids=["FIN in order", "FIN before the text"])
def test_fin_is_acknowledged_when_it_is_reached(late):
    """RFC 9293 3.10.7.4, eighth; RFC 5681 4.2: at once."""
    stage = established()
    parts = [("A", 1, b"abc"), ("FA", 4, b"def")]
    for letters, seq, payload in reversed(parts) if late else parts:
        stage.inject(letters, seq=seq, payload=payload)
    if late:
        stage.expect("A", ack=1)
    stage.expect("A", ack=8)
    stage.expect_nothing()
    assert not stage.endpoint.end_of_stream
    assert stage.read() == b"abcdef"
    assert stage.endpoint.end_of_stream


def test_text_after_the_fin_is_ignored():
    """RFC 9293 3.10.7.4, seventh: should not occur; ignore the segment text."""
    stage = established().inject("FA", seq=1, payload=b"end").ignore_output()
    stage.inject("PA", seq=5, payload=b"more")
    stage.expect("A", ack=5)
    assert stage.read() == b"end"
