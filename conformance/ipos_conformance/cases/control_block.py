"""The control block: what a target can't continue, and what it must not look at."""

from collections.abc import Callable
from typing import Any

from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.fields import layout

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut

_BLOCK = "connection.control_block."
_SCALES = ("snd_scale", "rcv_scale", "request_r_scale", "requested_s_scale")
_RESERVED: dict[str, Any] = {
    field.path: b"\xff" * 8 if field.path == "t_timer" else (1 << 8 * field.size) - 1
    for field in layout(ControlBlock)
    if field.wire.source == "TCB-3"
}
_Change = Callable[[ControlBlock], dict[str, int]]


def _constant(**fields: int) -> _Change:
    return lambda _: fields


def _moved(names: tuple[str, ...], by: int) -> _Change:
    return lambda block: {name: (getattr(block, name) + by) % (1 << 32) for name in names}


_IMPOSSIBLE: dict[str, _Change] = {
    **{f"t-state-{state}": _constant(t_state=state) for state in (0, 1, 3, 5, 10, 0x0400, 0xFFFF)},
    "snd-una-earlier": _moved(("snd_una",), -1),
    "snd-una-later": _moved(("snd_una",), 1),
    "snd-max-earlier": _moved(("snd_max",), -1),
    "snd-max-later": _moved(("snd_max",), 1),
    "snd-nxt-between": _moved(("snd_una", "snd_max"), 5),
    **{f"{name}-15": _constant(t_flags=ControlFlag.SCALE, **{name: 15}) for name in _SCALES},
    **{f"{name}-255": _constant(**{name: 255}) for name in _SCALES},
    **{f"t-maxseg-{size}": _constant(t_maxseg=size) for size in (0, 63, 65496, 65535)},
}


@requirement("TCB-2")
@parameters(change=_IMPOSSIBLE)
def test_control_block_that_can_t_be_continued_is_refused(dut: Dut, change: _Change) -> None:
    """A connection packet with such a control block gets no acknowledgement and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    fields = change(packet.connection.control_block)
    dut.peer.send(changed(packet, {_BLOCK + name: value for name, value in fields.items()}))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("TCB-2")
@parameters(
    fields={
        "smallest-t-maxseg": {"t_maxseg": 64},
        "largest-t-maxseg": {"t_maxseg": 65495},
        "largest-scales": {"t_flags": ControlFlag.SCALE, **dict.fromkeys(_SCALES, 14)},
    }
)
def test_control_block_at_the_limits_is_continued(dut: Dut, fields: dict[str, Any]) -> None:
    """The extreme values that are allowed are acknowledged, and the connection works."""
    dut.expect_exchange(dut.hand_over(**fields))


@generated
@requirement("TCB-3")
@parameters(name={path: path for path in _RESERVED})
def test_reserved_field_is_ignored(dut: Dut, name: str) -> None:
    """Whatever a reserved or padding field holds, the connection goes on."""
    dut.expect_exchange(dut.hand_over(**{name: _RESERVED[name]}))


@requirement("TCB-3")
def test_all_reserved_fields_are_ignored(dut: Dut) -> None:
    """With every reserved and padding field full of ones, the connection goes on."""
    dut.expect_exchange(dut.hand_over(**_RESERVED))
