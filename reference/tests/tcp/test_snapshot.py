"""Export and restore: TCB-1, TCB-2, TCB-3, TGT-6, TGT-7, and section 2's control block."""

from dataclasses import replace

import pytest
from ipos_reference.tcp.endpoint import Endpoint
from ipos_spec.control_block import ControlBlock

from .stage import EVERYTHING, PLAIN, Acceptance, Options, Settings, State, established

PADDING = ("seg_next", "seg_prev", "t_force", "padding_1", "padding_2", "padding_3", "t_inpcb", "t_oobflags", "t_iobc")


def restored(stage, settings=None, **changes):
    """The stage goes on with an endpoint made of its control block, some fields of which were changed."""
    block = replace(stage.endpoint.export(stage.now), **changes)
    stage.endpoint = Endpoint.restore(
        block, local_port=80, remote_port=40000, settings=settings or Settings(), now=stage.now
    )
    return stage


def test_block_of_a_fresh_connection():
    """Section 2: every field in its unit."""
    stage = established(options=EVERYTHING)
    block = stage.endpoint.export(stage.now)
    one_after_iss, one_after_irs = (stage.iss + 1) % 2**32, (stage.irs + 1) % 2**32
    assert block.refusal() is None
    assert block.uses_timestamps
    assert block.uses_scaling
    assert (block.snd_una, block.snd_nxt, block.snd_max, block.iss) == (*(one_after_iss,) * 3, stage.iss)
    assert (block.rcv_nxt, block.irs, block.last_ack_sent) == (one_after_irs, stage.irs, one_after_irs)
    assert (block.snd_wnd, block.rcv_wnd) == (65535 << 7, 65535)
    assert block.rcv_adv == (block.rcv_nxt + block.rcv_wnd) % 2**32
    assert (block.t_maxseg, block.ts_recent, block.ts_recent_age) == (1460, 5100, 0)
    assert (block.snd_scale, block.rcv_scale, block.request_r_scale, block.requested_s_scale) == (7, 3, 3, 7)
    assert all(getattr(block, name) == 0 for name in PADDING)


def test_block_without_options():
    """Section 2: neither scales nor clock unless in use; t_maxseg as in the client's option."""
    block = established(options=Options(mss=700)).endpoint.export(200.0)
    assert (block.t_maxseg, block.ts_now, block.ts_recent, block.rcv_scale) == (700, 0, 0, 0)
    assert not block.uses_scaling
    assert not block.uses_timestamps


def test_exporting_a_restored_endpoint_gives_the_same_block():
    """Except what starts afresh, and the RTO, whose parts are rounded up to ticks."""
    stage = established(options=EVERYTHING, settings=Settings(receive_buffer=100_001))
    stage.inject("PA", seq=1, payload=b"GET").write(b"200").inject("A", seq=4, ack=4)
    stage.read()
    block = stage.endpoint.export(stage.now)
    again = restored(stage).endpoint.export(stage.now)
    assert replace(again, t_idle=block.t_idle, t_rxtcur=block.t_rxtcur) == block


@pytest.mark.parametrize(
    "disturb",
    [
        lambda stage: stage.write(b"x"),
        lambda stage: stage.inject("PA", seq=1, payload=b"x").after(1),
        lambda stage: stage.inject("A", seq=5, payload=b"x"),
        lambda stage: stage.inject("FA", seq=5),
        lambda stage: stage.close(),
        lambda stage: stage.inject("FA", seq=1),
        lambda stage: stage.endpoint.receive(stage.segment("A", seq=0), stage.now),
    ],
    ids=["outstanding", "unread", "gap", "FIN after a gap", "closed", "client closed", "ACK due"],
)
def test_not_quiescent(disturb):
    """TCB-1."""
    stage = established()
    assert stage.endpoint.quiescent
    disturb(stage)
    assert not stage.endpoint.quiescent


def test_quiescent_again_after_request_and_reply():
    """TGT-10: an endpoint can move on between two requests."""
    stage = established().inject("PA", seq=1, payload=b"GET")
    stage.read()
    assert not stage.endpoint.quiescent  # the ACK is still delayed
    stage.write(b"200").inject("A", seq=4, ack=4)
    assert stage.endpoint.quiescent


def test_restored_endpoint_sends_nothing_by_itself():
    """TGT-12; fresh timers."""
    stage = established(options=EVERYTHING).migrate()
    assert stage.endpoint.next_timeout() is None
    stage.at(1000).expect_nothing()
    assert stage.state is State.ESTABLISHED


@pytest.mark.parametrize("options", [PLAIN, EVERYTHING], ids=["plain", "all options"])
def test_restored_endpoint_goes_on(options):
    """TGT-6: sequence numbers, scale and MSS continue."""
    stage = established(options=options).inject("PA", seq=1, payload=b"GET").write(b"200")
    stage.read()
    stage.inject("A", seq=4, ack=4).ignore_output().migrate(Settings(mss=900, largest_segment=700))
    stage.after(0.2).inject("PA", seq=4, ack=4, payload=b"GET")
    assert stage.read() == b"GET"
    overhead = 12 if options.timestamps else 0
    stage.write(bytes(1000)).expect("A", seq=4, ack=7, size=700 - overhead)
    stage.expect("PA", seq=704 - overhead, size=300 + overhead)


def test_scales_count_only_with_both_flags():
    """Section 2: taken as 0 unless both scale flags are set."""
    stage = restored(established(options=EVERYTHING), t_flags=0x3C4 & ~0x40)
    stage.inject("PA", seq=1, payload=b"GET", window=500)
    assert stage.endpoint.export(stage.now).snd_wnd == 500


@pytest.mark.parametrize("flags", [0x80, 0x100, 0])
def test_timestamps_count_only_with_both_flags(flags):
    """TGT-7."""
    stage = restored(established(options=EVERYTHING), t_flags=0x260 | flags)
    stage.inject("PA", seq=1, payload=b"GET", ts=None).write(b"x")
    assert stage.expect("PA", ack=4).options.timestamps is None


def test_clock_continues_from_ts_now():
    """TGT-7: 1 tick per ms from ts_now on."""
    stage = restored(established(options=EVERYTHING), ts_now=0xFFFFFFF0)
    stage.after(0.032).inject("PA", seq=1, payload=b"GET").write(b"x")
    assert stage.expect("PA").options.timestamps == (0x10, 5132)


def test_clock_that_would_say_zero_says_one():
    """TGT-7: zero means unknown."""
    stage = established(options=EVERYTHING)
    stage.time = 0.0
    offset_to_zero = (2**32 - stage.endpoint.export(stage.now).ts_now) / 1000
    assert stage.endpoint.export(stage.now + offset_to_zero).ts_now == 1
    assert stage.endpoint.export(stage.now + offset_to_zero + 0.001).ts_now == 1


def test_unknown_clock_starts_after_the_clients_echo():
    """TGT-7: TSecr of the first segment + 10,000."""
    stage = restored(established(options=EVERYTHING), ts_now=0)
    assert stage.endpoint.export(stage.now).ts_now == 0
    stage.after(5).inject("PA", seq=1, payload=b"GET", ts=(20000, 777)).after(0.03).write(b"x")
    assert stage.expect("PA").options.timestamps == (10807, 20000)


def test_nothing_is_sent_while_the_clock_is_unknown():
    """TGT-7: no TSval could be right; what was written goes with the first segment."""
    stage = restored(established(options=EVERYTHING), ts_now=0)
    stage.write(b"early").after(100).expect_nothing()
    stage.inject("A", seq=1, ts=(20000, 777))
    stage.expect("PA", seq=1, payload=b"early")


def test_reset_goes_even_while_the_clock_is_unknown():
    """RFC 7323 3.2: an RST counts without the option too."""
    stage = restored(established(options=EVERYTHING), ts_now=0).abort()
    assert stage.expect("RA", seq=1, ack=1).options.timestamps is None


def test_paws_continues():
    """RFC 7323 5.3: ts_recent and its age are part of the block."""
    stage = established(options=EVERYTHING).migrate()
    assert stage.judge("PA", seq=1, payload=b"x", ts=(5099, 1)) is Acceptance.OLD_TIMESTAMP
    restored(stage, ts_recent_age=2 * 25 * 24 * 3600)
    assert stage.judge("PA", seq=1, payload=b"x", ts=(5099, 1)) is Acceptance.ACCEPTABLE


@pytest.mark.parametrize("changes", [{"t_state": 5}, {"t_maxseg": 63}, {"snd_scale": 15}, {"snd_nxt": 7}])
def test_what_can_not_be_continued_is_refused(changes):
    """TCB-2."""
    with pytest.raises(ValueError, match=r"expected .*TCB-2"):
        restored(established(), **changes)


def test_reserved_octets_are_ignored():
    """TCB-3."""
    stage = restored(established(), **dict.fromkeys(PADDING, 1), t_timer=b"\xff" * 8)
    stage.inject("PA", seq=1, payload=b"x")
    assert stage.read() == b"x"


def test_a_block_can_not_promise_more_than_a_window_field_can():
    """The second LAN must not make us hold gigabytes."""
    stage = established()
    stage = restored(stage, rcv_adv=(stage.endpoint.rcv_nxt + 2**30) % 2**32)
    assert stage.endpoint.export(stage.now).rcv_wnd == 65535


@pytest.mark.parametrize("distance", [1, 2**30, -(2**30)])
def test_an_impossible_snd_wl1_does_not_freeze_the_window(distance):
    """RFC 9293 3.10.7.4: an origin that doesn't keep SND.WL1 leaves anything there."""
    stage = established()
    restored(stage, snd_wl1=(stage.endpoint.rcv_nxt + distance) % 2**32).inject("A", seq=1, window=123)
    assert stage.endpoint.export(stage.now).snd_wnd == 123


def test_estimates_continue():
    """t_srtt is in 500 ms ticks times 8, t_rttvar times 4: RTO 0.5 + 4 * 0.125 s."""
    stage = restored(established(), t_srtt=8, t_rttvar=1).write(b"x")
    stage.expect("PA")
    stage.at(2).expect("PA", at=0.1 + 1.0)


@pytest.mark.parametrize(("cwnd", "sent"), [(0, 14_600), (2920, 2920), (1, 1460), (2**32 - 1, 60_000)])
def test_congestion_window_continues(cwnd, sent):
    """RFC 5681: 0 means the initial window."""
    stage = restored(established(), snd_cwnd=cwnd).write(bytes(60_000))
    assert sum(len(segment.payload) for _, segment in stage.sent) == sent


def test_minimal_block_works():
    """Only what has no default: what another implementation may at least be expected to fill in."""
    block = ControlBlock(
        t_maxseg=1000,
        snd_una=5,
        snd_nxt=5,
        snd_max=5,
        iss=4,
        irs=9,
        rcv_nxt=10,
        rcv_adv=5010,
        rcv_wnd=5000,
        snd_wnd=500,
    )
    stage = established()
    stage.iss, stage.irs = 4, 9
    stage.endpoint = Endpoint.restore(block, local_port=80, remote_port=40000, settings=Settings(), now=stage.now)
    stage.inject("PA", seq=1, payload=b"GET").write(b"200")
    stage.expect("PA", seq=1, ack=4, payload=b"200")
