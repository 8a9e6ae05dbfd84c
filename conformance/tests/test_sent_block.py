"""What is expected of a control block that a router sends: every field is judged, or free for a reason."""

from dataclasses import replace
from typing import Any

import pytest
from ipos_conformance.steps.sent_block import AGREED, FLAGS, FREE, RESERVED, STATE, Known, is_zero, not_later
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.fields import layout

ISS, IRS = 0xFFFF_FFFF, 500
SEEN = Known(
    offered={"MSS": 1460, "WScale": 7, "Timestamp": (77, 0), "SAckOK": b""},
    answered={"MSS": 1444, "WScale": 2, "Timestamp": (9000, 77), "SAckOK": b""},
    irs=IRS,
    iss=ISS,
    window=0xFFFF << 7,
    promised=IRS + 1 + 65535,
    ts_sent=9000,
    ts_echo=77,
    last_seq=IRS + 257,
    elapsed=0.3,
)
RIGHT = ControlBlock(
    t_maxseg=1460,
    t_flags=ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT,
    ts_now=9001,
    snd_una=0,
    snd_nxt=0,
    snd_max=0,
    snd_wl1=IRS + 1,
    snd_wl2=0,
    iss=ISS,
    snd_wnd=0xFFFF << 7,
    max_sndwnd=0xFFFF << 7,
    rcv_wnd=65535,
    rcv_nxt=IRS + 1,
    irs=IRS,
    rcv_adv=IRS + 1 + 65535,
    last_ack_sent=IRS + 1,
    snd_scale=7,
    rcv_scale=2,
    request_r_scale=2,
    requested_s_scale=7,
    ts_recent=77,
)
ALL = {**STATE, **AGREED}


def wrong(**fields: Any) -> set[str]:
    block = replace(RIGHT, **fields)
    return {name for name, expected in ALL.items() if not expected.holds(SEEN, block)}


def test_every_field_is_judged_or_free() -> None:
    names = {field.path for field in layout(ControlBlock)}
    judged = {*STATE, *AGREED, *RESERVED} - FLAGS | {"t_flags"}
    assert judged | FREE == names
    assert not judged & FREE


def test_right_block_is_right() -> None:
    assert wrong() == set()
    assert all(is_zero(RIGHT, name) for name in RESERVED)


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("t_state", 5, {"t_state"}),
        ("snd_una", ISS, {"snd_una"}),
        ("snd_wl1", IRS - 1, {"snd_wl1"}),
        ("snd_wl2", 1, {"snd_wl2"}),
        ("snd_wnd", 0xFFFF, {"snd_wnd"}),
        ("rcv_adv", IRS + 65535, {"rcv_adv"}),
        ("ts_now", 8999, {"ts_now"}),
        ("ts_now", 0, set()),
        ("ts_recent", 78, {"ts_recent"}),
        ("ts_recent_age", 5, {"ts_recent_age"}),
        ("t_flags", int(ControlFlag.SCALE | ControlFlag.TIMESTAMPS), {"sack flag"}),
        ("t_flags", int(RIGHT.t_flags ^ ControlFlag.RCVD_SCALE), {"scale flags"}),
        ("t_flags", int(RIGHT.t_flags | ControlFlag.NODELAY), set()),
        ("snd_cwnd", 0, set()),
    ],
)
def test_wrong_field_is_found_and_no_other(field: str, value: int, found: set[str]) -> None:
    assert wrong(**{field: value}) == found


def test_scales_are_free_without_scaling() -> None:
    seen = replace(SEEN, answered={"MSS": 1444})
    assert AGREED["snd_scale"].holds(seen, replace(RIGHT, snd_scale=3))
    assert not AGREED["scale flags"].holds(seen, RIGHT)


def test_reserved_octets_of_either_kind_are_seen() -> None:
    assert not is_zero(replace(RIGHT, t_timer=bytes(7) + b"\1"), "t_timer")
    assert not is_zero(replace(RIGHT, padding_1=1), "padding_1")


def test_ts_recent_is_compared_in_sequence_space() -> None:
    assert not_later(3).holds(SEEN, replace(RIGHT, ts_recent=0xFFFF_FFFF))
    assert not not_later(3).holds(SEEN, replace(RIGHT, ts_recent=4))
