"""Round-trip estimation (RFC 6298), congestion window (RFC 5681), clock (RFC 7323 5.4), limits."""

import pytest
from ipos_reference.tcp.congestion import Congestion, initial_window
from ipos_reference.tcp.rate_limit import RateLimit
from ipos_reference.tcp.round_trip import RoundTrip
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.timestamp_clock import TimestampClock


def round_trip() -> RoundTrip:
    return RoundTrip(minimum=0.2, maximum=60.0, initial=1.0)


def test_first_and_later_samples():
    """RFC 6298 2.2 and 2.3."""
    estimate = round_trip()
    assert estimate.timeout == 1.0
    estimate.sample(0.4)
    assert (estimate.smoothed, estimate.variation, estimate.timeout) == (0.4, 0.2, pytest.approx(1.2))
    estimate.sample(0.8)
    assert estimate.smoothed == pytest.approx(0.45)
    assert estimate.variation == pytest.approx(0.25)


def test_back_off_doubles_to_the_maximum_and_ends_with_a_sample():
    """RFC 6298 5.5 and 2.5."""
    estimate = round_trip()
    timeouts = []
    for _ in range(100):
        estimate.back_off()
        timeouts.append(estimate.timeout)
    assert timeouts[:6] == [2, 4, 8, 16, 32, 60]
    assert timeouts[-1] == 60
    estimate.sample(0.01)
    assert estimate.timeout == 0.2


def test_progress_without_a_sample_keeps_only_a_moderate_back_off():
    """Karn's algorithm (RFC 6298 3), but not for ever: up to 3 s (5.7)."""
    estimate = round_trip()
    for _ in range(6):
        estimate.back_off()
    estimate.progress()
    assert estimate.timeout == 2.0
    estimate.progress()
    assert estimate.timeout == 2.0


@pytest.mark.parametrize(("mss", "window"), [(536, 5360), (1460, 14600), (4000, 14600), (9000, 18000)])
def test_initial_window(mss, window):
    """RFC 6928 2."""
    assert initial_window(mss) == window


def test_slow_start_then_congestion_avoidance():
    """RFC 5681 3.1: one segment per ACK, then one per window."""
    congestion = Congestion(mss=1000, window=2000, recover=0, threshold=4000)
    congestion.acknowledged(1001, 1000, 1000)
    congestion.acknowledged(3001, 2000, 0)
    assert congestion.window == 4000
    for number in range(4):
        assert congestion.window == 4000, number
        congestion.acknowledged(4001 + 1000 * number, 1000, 3000)
    assert congestion.window == 5000


def test_threshold_is_held_for_repeated_time_outs():
    """RFC 5681 3.1."""
    congestion = Congestion(mss=1000, window=20000, recover=0)
    congestion.timed_out(20000, 20001, again=False)
    assert (congestion.window, congestion.threshold) == (1000, 10000)
    congestion.timed_out(1000, 20001, again=True)
    assert congestion.threshold == 10000


def test_recovery_inflates_and_deflates():
    """RFC 5681 3.2 steps 3 to 6, RFC 6582 3.2."""
    congestion = Congestion(mss=1000, window=10000, recover=0)
    assert [congestion.duplicate(1, 10000, 10001) for _ in range(4)] == [False, False, True, False]
    assert (congestion.threshold, congestion.window) == (5000, 9000)
    assert congestion.acknowledged(3001, 3000, 7000)
    assert congestion.window == 7000
    assert not congestion.acknowledged(10001, 7000, 0)
    assert (congestion.window, congestion.recovering) == (2000, False)


def test_clock_wraps_and_never_falls_back():
    """RFC 7323 5.4."""
    clock = TimestampClock(0xFFFFFFFF, 10.0)
    assert [clock.value(10.0), clock.value(10.001), clock.value(10.04)] == [0xFFFFFFFF, 0, 39]
    with pytest.raises(ValueError, match="ts_now"):
        TimestampClock(None).value(0.0)


def test_limit_counts_per_second():
    """RFC 5961 7."""
    limit = RateLimit(2)
    assert [limit.allows(now) for now in (0.0, 0.5, 0.9, 1.0, 1.1, 1.2)] == [True, True, False, True, True, False]


@pytest.mark.parametrize("wrong", [{"receive_buffer": 0}, {"send_buffer": 0}, {"mss": 63}, {"largest_segment": 65496}])
def test_impossible_settings(wrong):
    with pytest.raises(ValueError, match="octet"):
        Settings(**wrong)
