"""A quiescent connection as FIG. 11D's control block, and back (TCB-1, TGT-6, TGT-7)."""

from math import ceil

from ipos_spec.control_block import ControlBlock, ControlFlag

from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.negotiation import LARGEST_WINDOW_FIELD, Agreement
from ipos_reference.tcp.opening import new_congestion, new_round_trip
from ipos_reference.tcp.rate_limit import RateLimit
from ipos_reference.tcp.round_trip import RoundTrip
from ipos_reference.tcp.send_buffer import SendBuffer
from ipos_reference.tcp.sequence import add, difference, ge, le
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.timestamp_clock import TimestampClock

TICK = 0.5
"""Seconds in Net/3's slow time-out, the unit of its times."""
_SRTT_SCALE, _RTTVAR_SCALE = 8, 4
_LARGEST_16, _LARGEST_32 = 0xFFFF, 0xFFFFFFFF


def is_quiescent(connection: Connection) -> bool:
    """TCB-1. An ACK that is still due counts as waiting: nobody would send it, and the client would repeat."""
    reassembly = connection.reassembly
    return (
        connection.state is State.ESTABLISHED
        and connection.snd_una == connection.snd_nxt == connection.snd_max
        and not len(connection.send_buffer)
        and not reassembly.readable
        and not reassembly.has_gap
        and not _owes_an_answer(connection)
    )


def _owes_an_answer(connection: Connection) -> bool:
    ack_due = connection.ack_now or connection.ack_at is not None or connection.duplicate_acks > 0
    return ack_due or bool(connection.replies) or connection.probe_due


def export_block(connection: Connection, now: float) -> ControlBlock:
    """The control block; it continues the connection exactly if that is quiescent."""
    agreement, round_trip = connection.agreement, connection.round_trip
    return ControlBlock(
        t_rxtcur=_sixteen_bits(round_trip.timeout / TICK),
        t_rttmin=_sixteen_bits(connection.settings.minimum_rto / TICK),
        t_srtt=_sixteen_bits((round_trip.smoothed or 0.0) / TICK * _SRTT_SCALE),
        t_rttvar=_sixteen_bits(round_trip.variation / TICK * _RTTVAR_SCALE),
        t_idle=_sixteen_bits((now - connection.heard_at) / TICK),
        t_dupacks=connection.congestion.duplicates & _LARGEST_16,
        t_maxseg=agreement.peer_mss,
        t_flags=int(_flags(agreement)),
        ts_now=_ts_now(connection, now),
        snd_una=connection.snd_una,
        snd_nxt=connection.snd_nxt,
        snd_max=connection.snd_max,
        snd_up=connection.snd_una,
        snd_wl1=connection.snd_wl1,
        snd_wl2=connection.snd_wl2,
        snd_wnd=connection.snd_wnd,
        max_sndwnd=connection.max_sndwnd,
        snd_cwnd=connection.congestion.window,
        snd_ssthresh=connection.congestion.threshold,
        iss=connection.iss,
        irs=connection.irs,
        rcv_nxt=connection.rcv_nxt,
        rcv_up=connection.rcv_nxt,
        rcv_adv=connection.rcv_adv,
        rcv_wnd=max(0, connection.promised),
        last_ack_sent=connection.last_ack_sent,
        snd_scale=agreement.snd_scale,
        rcv_scale=agreement.rcv_scale,
        request_r_scale=agreement.rcv_scale,
        requested_s_scale=agreement.snd_scale,
        ts_recent=connection.ts_recent if agreement.timestamps else 0,
        ts_recent_age=_age(connection, now) if agreement.timestamps else 0,
    )


def _flags(agreement: Agreement) -> ControlFlag:
    flags = ControlFlag.NODELAY  # what is written is sent at once
    if agreement.scaling:
        flags |= ControlFlag.SCALE
    if agreement.timestamps:
        flags |= ControlFlag.TIMESTAMPS
    if agreement.sack:
        flags |= ControlFlag.SACK_PERMIT
    return flags


def _ts_now(connection: Connection, now: float) -> int:
    """Zero would mean "unknown" (TGT-7); so does it here, while our own clock is."""
    if not connection.agreement.timestamps or not connection.clock.known:
        return 0
    return connection.clock.value(now) or 1


def _age(connection: Connection, now: float) -> int:
    return min(_LARGEST_32, max(0, int((now - connection.ts_recent_at) / TICK)))


def _sixteen_bits(ticks: float) -> int:
    """Rounded up: a short time must not become "none"."""
    return min(_LARGEST_16, max(0, ceil(ticks)))


def restore_block(
    block: ControlBlock, *, local_port: int, remote_port: int, settings: Settings, now: float
) -> Connection:
    """The connection that a control block describes; it sends nothing by itself. Raises ValueError (TCB-2)."""
    refusal = block.refusal()
    if refusal is not None:
        raise ValueError(refusal)
    agreement = _agreement(block)
    congestion = new_congestion(agreement, settings, recover=add(block.snd_una, -1))
    if block.snd_cwnd:
        congestion.window = max(congestion.mss, min(block.snd_cwnd, congestion.threshold))
    if block.snd_ssthresh:
        congestion.threshold = max(2 * congestion.mss, min(block.snd_ssthresh, congestion.threshold))
    return Connection(
        settings=settings,
        agreement=agreement,
        local_port=local_port,
        remote_port=remote_port,
        state=State.ESTABLISHED,
        iss=block.iss,
        snd_una=block.snd_una,
        snd_nxt=block.snd_nxt,
        snd_max=block.snd_max,
        snd_wnd=min(block.snd_wnd, LARGEST_WINDOW_FIELD << agreement.snd_scale),
        snd_wl1=_last_update(block),
        snd_wl2=block.snd_una,
        max_sndwnd=min(max(block.max_sndwnd, block.snd_wnd), LARGEST_WINDOW_FIELD << agreement.snd_scale),
        irs=block.irs,
        rcv_nxt=block.rcv_nxt,
        rcv_adv=_right_edge(block, agreement),
        last_ack_sent=block.last_ack_sent,
        ts_recent=block.ts_recent,
        ts_recent_at=now - block.ts_recent_age * TICK,
        clock=TimestampClock(block.ts_now or None, now),
        send_buffer=SendBuffer(block.snd_nxt, settings.send_buffer),
        round_trip=_round_trip(block, settings),
        congestion=congestion,
        challenges=RateLimit(settings.challenge_acks_per_second),
        sent_at=now,
        heard_at=now,
    )


def _agreement(block: ControlBlock) -> Agreement:
    return Agreement(
        peer_mss=block.t_maxseg,
        scaling=block.uses_scaling,
        snd_scale=block.snd_scale if block.uses_scaling else 0,
        rcv_scale=block.rcv_scale if block.uses_scaling else 0,
        timestamps=block.uses_timestamps,
        sack=bool(block.t_flags & ControlFlag.SACK_PERMIT),
    )


def _last_update(block: ControlBlock) -> int:
    """SND.WL1, where it is possible: one from the future would make us ignore the client's window.

    (SND.WL2 can't be after SND.UNA, and an ACK before that is ignored anyway.)
    """
    possible = ge(block.snd_wl1, block.irs) and le(block.snd_wl1, block.rcv_nxt)
    return block.snd_wl1 if possible else add(block.rcv_nxt, -1)


def _right_edge(block: ControlBlock, agreement: Agreement) -> int:
    """rcv_adv, as far as a window field can have promised it: a block must not make us hold more than that."""
    promised = min(max(0, difference(block.rcv_adv, block.rcv_nxt)), LARGEST_WINDOW_FIELD << agreement.rcv_scale)
    return add(block.rcv_nxt, promised)


def _round_trip(block: ControlBlock, settings: Settings) -> RoundTrip:
    round_trip = new_round_trip(settings)
    if block.t_srtt:
        round_trip.smoothed = block.t_srtt * TICK / _SRTT_SCALE
        round_trip.variation = block.t_rttvar * TICK / _RTTVAR_SCALE
    return round_trip
