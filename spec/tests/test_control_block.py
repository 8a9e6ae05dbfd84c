"""What a target reads out of a control block: whether it can continue, and what is in use (TCB-2, TGT-7)."""

from dataclasses import replace

import pytest
from ipos_spec import vectors
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.packets import TcpConnectionPacket

PACKET = vectors.PACKETS["tcp-connection"]
assert isinstance(PACKET, TcpConnectionPacket)
BLOCK = PACKET.connection.control_block


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"t_maxseg": 64},
        {"t_maxseg": 65495},
        {"snd_scale": 14, "rcv_scale": 14, "request_r_scale": 14, "requested_s_scale": 14},
        {"snd_una": 0, "snd_nxt": 0, "snd_max": 0},
        {"t_flags": 0, "ts_now": 0},
        {"seg_next": 1, "t_timer": b"\xff" * 8, "padding_1": 1, "padding_2": 1, "padding_3": 1, "t_force": 1},
    ],
)
def test_block_that_a_target_continues(changes: dict[str, int]) -> None:
    assert replace(BLOCK, **changes).refusal() is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"t_state": 3}, "t_state is 3, expected 4 (TCB-2)"),
        ({"t_state": 5}, "t_state is 5, expected 4 (TCB-2)"),
        ({"snd_una": 1}, "expected snd_una = snd_nxt = snd_max (TCB-2)"),
        ({"snd_nxt": 1}, "expected snd_una = snd_nxt = snd_max (TCB-2)"),
        ({"snd_max": 1}, "expected snd_una = snd_nxt = snd_max (TCB-2)"),
        ({"snd_scale": 15}, "snd_scale is 15, expected 0 to 14"),
        ({"rcv_scale": 15}, "rcv_scale is 15"),
        ({"request_r_scale": 255}, "request_r_scale is 255"),
        ({"requested_s_scale": 15}, "requested_s_scale is 15"),
        ({"t_maxseg": 63}, "t_maxseg is 63"),
        ({"t_maxseg": 65496}, "t_maxseg is 65496"),
        ({"t_maxseg": 0}, "t_maxseg is 0"),
    ],
)
def test_block_that_a_target_refuses(changes: dict[str, int], reason: str) -> None:
    refusal = replace(BLOCK, **changes).refusal()
    assert refusal is not None
    assert reason in refusal


@pytest.mark.parametrize(
    ("flags", "timestamps", "scaling"),
    [
        (0x000, False, False),
        (0x080, False, False),
        (0x100, False, False),
        (0x180, True, False),
        (0x020, False, False),
        (0x040, False, False),
        (0x060, False, True),
        (0x3E4, True, True),
    ],
)
def test_options_are_in_use_only_if_both_sides_offered_them(flags: int, timestamps: bool, scaling: bool) -> None:
    block = replace(BLOCK, t_flags=flags)
    assert (block.uses_timestamps, block.uses_scaling) == (timestamps, scaling)


def test_flags_are_net_3s() -> None:
    assert {flag.name: flag.value for flag in ControlFlag} == {
        "NODELAY": 0x04,
        "REQ_SCALE": 0x20,
        "RCVD_SCALE": 0x40,
        "REQ_TSTMP": 0x80,
        "RCVD_TSTMP": 0x100,
        "SACK_PERMIT": 0x200,
    }


def test_reserved_fields_are_zero_unless_said_otherwise() -> None:
    """TCB-3: who makes a control block by naming what matters sends zeros elsewhere."""
    needed = ("t_maxseg", "snd_una", "snd_nxt", "snd_max", "iss", "snd_wnd", "rcv_wnd", "rcv_nxt", "irs", "rcv_adv")
    block = ControlBlock(**{name: getattr(BLOCK, name) for name in needed})
    reserved = ("seg_next", "seg_prev", "t_force", "padding_1", "padding_2", "t_inpcb", "padding_3", "t_oobflags")
    assert not any(getattr(block, name) for name in (*reserved, "t_iobc", "t_softerror"))
    assert block.t_timer == bytes(8)
