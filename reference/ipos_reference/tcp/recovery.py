"""Loss recovery by SACK (RFC 6675) for a connection whose client reports what it has; ``congestion`` has NewReno.

RFC 6675 takes the place of NewReno with the first block that the client has sent, not with SACK-permitted: RFC 2018 4
leaves it to a receiver whether it reports anything, and losses of one that never does would all end in time-outs.
"""

from ipos_reference.tcp.congestion import LARGEST_WINDOW
from ipos_reference.tcp.connection import Connection
from ipos_reference.tcp.scoreboard import NOTHING, Range, Rule
from ipos_reference.tcp.segment import Segment
from ipos_reference.tcp.sequence import MASK, add, difference, gt


def take_blocks(connection: Connection, segment: Segment) -> bool:
    """Update() (RFC 6675 5); returns whether there is news: such a segment is a duplicate ACK (section 2)."""
    blocks = segment.options.sack
    if not blocks or not connection.agreement.sack:
        return False
    una, before = connection.snd_una, connection.scoreboard
    offsets = [((first - una) & MASK, (last - una) & MASK) for first, last in blocks]
    connection.scoreboard = before.reported(offsets, connection.flight)
    news = connection.scoreboard is not before
    connection.reports = connection.reports or news
    return news


def duplicate_arrived(connection: Connection) -> None:
    """RFC 6675 5, steps 1 to 4, or NewReno's count for a client that reports nothing."""
    congestion = connection.congestion
    if connection.reports and (congestion.by_sack or not congestion.recovering):
        lost = connection.scoreboard.is_lost(0, congestion.mss)
        begins = congestion.reported(connection.snd_una, connection.flight, connection.snd_max, lost=lost)
        if begins:
            connection.high_rxt = connection.rescue_rxt = connection.snd_una
    else:
        begins = congestion.duplicate(connection.snd_una, connection.flight, connection.snd_max)
    if begins:
        connection.retransmit_due = True


def in_flight(connection: Connection) -> int:
    """What counts against the congestion window, octets.

    Before recovery nothing is lost, so that pipe is what was not reported; so it is taken after a time-out as well,
    where RFC 6675 5.1 leaves the algorithm open.
    """
    congestion, board = connection.congestion, connection.scoreboard
    if congestion.by_sack:
        return board.pipe(connection.flight, difference(connection.high_rxt, connection.snd_una), congestion.mss)
    sent = difference(connection.snd_nxt, connection.snd_una)
    if congestion.recovering or not board.ranges:
        return sent
    return sent - board.octets(0, sent)


def next_seg(connection: Connection, *, new: bool) -> tuple[Rule, Range] | None:
    """RFC 6675 5 (C): what goes next in recovery, while cwnd - pipe is a full segment."""
    congestion = connection.congestion
    if congestion.window - in_flight(connection) < congestion.mss:
        return None
    high_rxt = difference(connection.high_rxt, connection.snd_una)
    rescue = gt(connection.snd_una, connection.rescue_rxt)
    return connection.scoreboard.next_seg(connection.flight, high_rxt, congestion.mss, new=new, rescue=rescue)


def note_repeated(connection: Connection, rule: Rule, end: int, *, first: bool = False) -> None:
    """RFC 6675 5 (4.3) and (C.2), and (4) of NextSeg: octets before sequence number end went again."""
    if first:
        connection.rescue_rxt = end
    if rule is Rule.RESCUE:
        connection.rescue_rxt = connection.congestion.recover
    else:
        connection.high_rxt = end


def skip_reported(connection: Connection) -> int:
    """After a time-out: move snd_nxt over what the client has reported since; returns the octets to what it has next.

    This is the "filling in" that RFC 6675 5.1 suggests.
    """
    offset = difference(connection.snd_nxt, connection.snd_una)
    for first, last in connection.scoreboard.ranges:
        if offset < first:
            return first - offset
        if offset < last:
            offset = last
            connection.snd_nxt = add(connection.snd_una, last)
    return LARGEST_WINDOW


def forget_reports(connection: Connection) -> None:
    """The retransmission timer expired: the client may have reneged (RFC 2018 8: SHOULD turn off all SACKed bits).

    RFC 6675 5.1 would let what is known be kept where reneging is noticed otherwise. It is not worth it: the first
    segment's ACK brings the blocks back before the second is sent.
    """
    connection.scoreboard = NOTHING
