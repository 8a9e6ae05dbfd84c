"""A SYN makes a connection (RFC 9293 3.10.7.2)."""

from ipos_reference.tcp.congestion import Congestion, initial_window
from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.negotiation import Agreement, agree
from ipos_reference.tcp.rate_limit import RateLimit
from ipos_reference.tcp.round_trip import RoundTrip
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.send_buffer import SendBuffer
from ipos_reference.tcp.sequence import add
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.timestamp_clock import TimestampClock

_TIMESTAMPS_OCTETS = 12

# Why there are no SYN cookies (RFC 4987 3.6): a flood is met by a bounded Temporary that drops SYNs when full (TAB-4),
# and each client that never answers leaves it after ``syn_ack_repeats``. A cookie would keep two bits of the MSS, and
# window scale and SACK only of clients with timestamps; but the control block carries all of these to another server,
# which could not tell a guess. And nobody would repeat a SYN/ACK that was lost, though the client may speak second.


def open_passively(syn: Segment, *, iss: int, clock: TimestampClock, settings: Settings, now: float) -> Connection:
    """A connection in SYN-RECEIVED whose SYN/ACK is due. Text on the SYN is not taken: the client repeats it (ORG-9).

    Raises ValueError unless the segment is a SYN without ACK and RST.
    """
    if syn.flags & (Flags.SYN | Flags.ACK | Flags.RST) != Flags.SYN:
        raise ValueError(f"a segment with flags 0x{syn.flags:02x} does not open a connection")
    agreement = agree(syn.options, settings)
    rcv_nxt = add(syn.seq, 1)
    return Connection(
        settings=settings,
        agreement=agreement,
        local_port=syn.destination_port,
        remote_port=syn.source_port,
        state=State.SYN_RECEIVED,
        iss=iss,
        snd_una=iss,
        snd_nxt=add(iss, 1),
        snd_max=add(iss, 1),
        snd_wnd=syn.window,  # not scaled: RFC 7323 2.2
        snd_wl1=syn.seq,
        snd_wl2=iss,
        max_sndwnd=syn.window,
        irs=syn.seq,
        rcv_nxt=rcv_nxt,
        rcv_adv=rcv_nxt,
        last_ack_sent=rcv_nxt,
        ts_recent=syn.options.timestamps[0] if syn.options.timestamps else 0,
        ts_recent_at=now,
        clock=clock,
        send_buffer=SendBuffer(add(iss, 1), settings.send_buffer),
        round_trip=new_round_trip(settings),
        congestion=new_congestion(agreement, settings, recover=iss),
        challenges=RateLimit(settings.challenge_acks_per_second),
        sent_at=now,
        heard_at=now,
        syn_ack_due=True,
    )


def new_round_trip(settings: Settings) -> RoundTrip:
    """An estimator without samples."""
    return RoundTrip(minimum=settings.minimum_rto, maximum=settings.maximum_rto, initial=settings.syn_ack_timeout)


def new_congestion(agreement: Agreement, settings: Settings, *, recover: int) -> Congestion:
    """Slow start from the initial window; SMSS is what is left beside the timestamps (RFC 5681 2)."""
    overhead = _TIMESTAMPS_OCTETS if agreement.timestamps else 0
    mss = max(1, min(agreement.peer_mss, settings.largest_segment) - overhead)
    return Congestion(mss=mss, window=initial_window(mss), recover=recover)
