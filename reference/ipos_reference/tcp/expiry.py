"""When a connection's next timer expires, and what happens then."""

from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.recovery import forget_reports
from ipos_reference.tcp.timers import FinWait2, Idle, Persist, Retransmit, TimeWait


def next_timeout(connection: Connection) -> float | None:
    """The earliest time at which ``handle_timeout`` has something to do."""
    times = [] if connection.ack_at is None else [connection.ack_at]
    if not isinstance(connection.timer, Idle):
        times.append(connection.timer.expires)
    return min(times, default=None)


def handle_timeout(connection: Connection, now: float) -> None:
    """Do what is due at or before now."""
    if connection.ack_at is not None and connection.ack_at <= now:
        connection.ack_at, connection.ack_now = None, True
    timer = connection.timer
    if isinstance(timer, Idle) or timer.expires > now:
        return
    match timer:
        case Retransmit() if connection.state is State.SYN_RECEIVED:
            _repeat_syn_ack(connection, timer, now)
        case Retransmit():
            _retransmit(connection, timer, now)
        case Persist():
            _probe(connection, timer, now)
        case FinWait2():
            connection.end("timed out")
        case TimeWait():
            connection.end(None)


def _repeat_syn_ack(connection: Connection, timer: Retransmit, now: float) -> None:
    """RFC 9293 3.8.3; whoever sent the SYN never answered, so it is not told of the end."""
    if timer.repeats >= connection.settings.syn_ack_repeats:
        connection.end("timed out")
        return
    repeats = timer.repeats + 1
    expires = now + connection.settings.syn_ack_timeout * 2**repeats
    connection.timer = Retransmit(expires=expires, since=timer.since, repeats=repeats)
    connection.syn_ack_due = True


def _retransmit(connection: Connection, timer: Retransmit, now: float) -> None:
    """RFC 6298 5.4 to 5.6: send again from snd_una, one segment until it is acknowledged (RFC 5681 3.1)."""
    if connection.snd_wnd == 0:
        # RFC 9293 3.8.6: octets beyond a window that has shrunk are not timed out but probed
        _start_probing(connection, now)
        return
    if timer.repeats >= connection.settings.retransmission_repeats or now - timer.since >= connection.settings.patience:
        connection.fail("timed out")
        return
    forget_reports(connection)
    connection.congestion.timed_out(connection.flight, connection.snd_max, again=timer.repeats > 0)
    connection.round_trip.back_off()
    connection.snd_nxt = connection.snd_una
    connection.retransmit_due = False
    expires = now + connection.round_trip.timeout
    connection.timer = Retransmit(expires=expires, since=timer.since, repeats=timer.repeats + 1)


def _start_probing(connection: Connection, now: float) -> None:
    forget_reports(connection)
    connection.congestion.interrupted(connection.snd_max)
    connection.snd_nxt = connection.snd_una
    connection.retransmit_due = False
    connection.timer = Persist(expires=now + _persist_interval(connection, 1), since=now, repeats=1)
    connection.forced = True


def _probe(connection: Connection, timer: Persist, now: float) -> None:
    """RFC 9293 3.8.6.1: at exponentially growing intervals, without end while the client answers."""
    if now - max(timer.since, connection.heard_at) >= connection.settings.patience:
        connection.fail("timed out")
        return
    repeats = timer.repeats + 1
    expires = now + _persist_interval(connection, repeats)
    connection.timer = Persist(expires=expires, since=timer.since, repeats=repeats)
    connection.forced = True


def _persist_interval(connection: Connection, repeats: int) -> float:
    return float(min(connection.settings.maximum_rto, connection.round_trip.timeout * 2 ** min(repeats, 16)))
