"""What the router asks of an endpoint whose client's text is held elsewhere (ORG-11, ORG-12) or silent (TGT-13)."""

from dataclasses import replace

import pytest
from ipos_reference.tcp.endpoint import Endpoint

from .stage import EVERYTHING, Acceptance, Options, Settings, Stage, State, established


def take_ack_only(stage, letters, **kwargs):
    stage.endpoint.receive_ack_only(stage.segment(letters, **kwargs), stage.now)
    stage.collect()


def exported(stage, name):
    return getattr(stage.endpoint.export(stage.now), name)


def test_its_ack_and_window_count_its_text_and_fin_do_not():
    """ORG-11: nothing of what is held may be acknowledged."""
    stage = established().write(b"hello").ignore_output().after(0.1)
    take_ack_only(stage, "FPA", seq=1, ack=6, payload=b"next", window=7000)
    assert not stage.endpoint.outstanding
    assert exported(stage, "snd_wnd") == 7000
    assert stage.endpoint.heard_at == stage.now
    assert (stage.endpoint.readable, stage.endpoint.peer_finished, stage.endpoint.has_gap) == (0, False, False)
    stage.after(5).expect_nothing()
    stage.inject("PA", seq=1, ack=6, payload=b"next")
    stage.after(1).expect("A", ack=5)


@pytest.mark.parametrize("payload", [b"", b"text"])
def test_the_window_counts_without_a_new_ack(payload):
    """RFC 9293 3.10.7.4, fifth: an update may come with a segment of the next request."""
    stage = established(window=0).write(b"hello")
    take_ack_only(stage, "A", seq=1, payload=payload, window=100)
    stage.expect("PA", payload=b"hello")


def test_the_round_trip_is_measured_and_ts_recent_stays():
    """RFC 7323 4.1; 5.3: of two held segments the older may come last, and be given to ``receive`` first."""
    stage = established(options=EVERYTHING).write(b"hello")
    stage.expect("PA")
    before = exported(stage, "ts_recent")
    stage.after(0.1)
    take_ack_only(stage, "PA", seq=3, ack=6, payload=b"cd", ts=(9000, stage.last_tsval))
    take_ack_only(stage, "A", seq=5, ack=6, ts=(9100, stage.last_tsval))
    assert exported(stage, "ts_recent") == before
    assert stage.judge("PA", seq=1, ack=6, payload=b"ab", ts=(8900, 0)) is Acceptance.ACCEPTABLE
    stage.write(b"y").expect("PA")
    stage.after(0.3).expect("PA", at=0.2 + 0.25)  # a second sample of 0.1 s; after one it would be 0.3


def test_a_clock_of_unknown_value_learns_it():
    """TGT-7: what is written need not wait for another segment."""
    stage = established(options=EVERYTHING)
    block = replace(stage.endpoint.export(stage.now), ts_now=0)
    stage.endpoint = Endpoint.restore(block, local_port=80, remote_port=40000, settings=stage.settings, now=stage.now)
    stage.write(b"hello").expect_nothing()
    take_ack_only(stage, "PA", seq=1, payload=b"text")
    stage.expect("PA", seq=1, ack=1)


def test_held_text_is_no_duplicate_ack():
    """RFC 5681 2 (b): a duplicate ACK carries no text."""
    stage = established().write(bytes(7300)).ignore_output()
    for number in range(5):
        take_ack_only(stage, "A", seq=1 + number, ack=1, payload=b"x")
    stage.expect_nothing()


def test_a_bare_duplicate_ack_is_one():
    """RFC 5681 3.2."""
    stage = established().write(bytes(7300)).ignore_output()
    for _ in range(3):
        take_ack_only(stage, "A", seq=1, ack=1)
    stage.expect("A", seq=1, size=1460)


def test_the_window_of_what_comes_in_between_is_not_ignored():
    """RFC 9293 3.10.7.4: SND.WL1 stays behind RCV.NXT, where a control block needs it, too."""
    stage = established()
    take_ack_only(stage, "PA", seq=1001, payload=b"later", window=1000)
    stage.inject("PA", seq=1, payload=b"a", window=2000)
    assert exported(stage, "snd_wnd") == 2000
    assert (exported(stage, "snd_wl1") - stage.irs) % 2**32 == 1


@pytest.mark.parametrize(
    ("letters", "values"),
    [
        ("PA", {"seq": 70_000, "ack": 6, "payload": b"x"}),
        ("PA", {"seq": 1, "ack": 7, "payload": b"x"}),
        ("P", {"seq": 1, "ack": None, "payload": b"x"}),
        ("PA", {"seq": 1, "ack": 6, "payload": b"x", "ts": None}),
        ("PA", {"seq": 1, "ack": 6, "payload": b"x", "ts": (4999, 0)}),
        ("RA", {"seq": 1, "ack": 6}),
        ("SA", {"seq": 1, "ack": 6}),
    ],
    ids=["window", "ACK of nothing", "no ACK", "no timestamp", "PAWS", "RST", "SYN"],
)
def test_nothing_happens_for_what_is_not_acceptable(letters, values):
    """Not even an answer: that is for who holds the segment to decide."""
    stage = established(options=Options(mss=1460, timestamps=(0, 0)), settings=Settings(receive_buffer=5000))
    stage.write(b"hello").ignore_output()
    heard, window = stage.endpoint.heard_at, exported(stage, "snd_wnd")
    stage.after(0.1)
    take_ack_only(stage, letters, window=99, **values)
    stage.expect_nothing()
    assert stage.endpoint.outstanding
    assert (stage.state, stage.endpoint.heard_at, exported(stage, "snd_wnd")) == (State.ESTABLISHED, heard, window)


def test_it_may_complete_the_handshake():
    """RFC 9293 3.10.7.4, fifth."""
    stage = Stage().syn()
    stage.expect("SA")
    take_ack_only(stage, "PA", seq=1, payload=b"GET")
    assert stage.state is State.ESTABLISHED
    stage.write(b"hello").expect("PA", seq=1, ack=1)


def test_outstanding_is_what_timers_see_to():
    """TGT-13: octets or a FIN, sent or not, until the client has acknowledged them."""
    stage = established(window=0)
    assert not stage.endpoint.outstanding
    stage.write(b"hello")
    assert stage.endpoint.outstanding
    stage.inject("A", seq=1, ack=1, window=3)
    assert stage.endpoint.outstanding
    stage.inject("A", seq=1, ack=4, window=3)
    stage.inject("A", seq=1, ack=6, window=0)
    assert not stage.endpoint.outstanding
    stage.close()
    assert stage.endpoint.outstanding
    stage.inject("A", seq=1, ack=6, window=3)
    assert stage.endpoint.outstanding
    stage.after(0.1).inject("A", seq=1, ack=7)
    assert not stage.endpoint.outstanding


@pytest.mark.parametrize(
    ("closes_first", "acked", "state"),
    [
        (None, False, State.CLOSE_WAIT),
        ("client", False, State.LAST_ACK),
        ("server", False, State.CLOSING),
        ("server", True, State.TIME_WAIT),
    ],
)
def test_peer_finished_once_its_fin_is_in_order(closes_first, acked, state):
    """RFC 9293 3.3.2."""
    stage = established()
    if closes_first == "server":
        stage.close()
    stage.inject("FA", seq=2, ack=1)
    assert not stage.endpoint.peer_finished
    stage.inject("A", seq=1, ack=2 if acked else 1, payload=b"x")
    assert stage.endpoint.peer_finished
    if closes_first == "client":
        stage.close()
    assert (stage.state, stage.endpoint.peer_finished) == (state, True)
