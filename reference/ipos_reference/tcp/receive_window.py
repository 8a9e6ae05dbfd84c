"""How much the client may send: the window that an ACK promises, and when a larger one is worth an ACK of its own."""

from ipos_reference.tcp.connection import Connection
from ipos_reference.tcp.negotiation import LARGEST_WINDOW_FIELD
from ipos_reference.tcp.sequence import add


def promise(connection: Connection, *, scaled: bool = True) -> int:
    """The window field for a segment that is sent now; moves rcv_adv. scaled is False for a SYN/ACK (RFC 7323 2.2)."""
    scale = connection.agreement.rcv_scale if scaled else 0
    promised = connection.promised
    offer = _offer(connection, scale)
    if offer - promised >= _share_of_buffer(connection, segments=1):  # RFC 9293 3.8.6.2.2
        promised, connection.overpromised = offer, 0
    field = min(_rounded_field(connection, promised, scale), LARGEST_WINDOW_FIELD)
    connection.rcv_adv = add(connection.rcv_nxt, max(promised, field << scale))
    return field


def update_is_due(connection: Connection) -> bool:
    """Whether reading has made so much room that the client should hear of it at once."""
    gain = _offer(connection, connection.agreement.rcv_scale) - connection.promised
    return gain >= _share_of_buffer(connection, segments=2)


def _rounded_field(connection: Connection, promised: int, scale: int) -> int:
    """RFC 7323 2.4: what is promised need not be a multiple of the window field's unit.

    Rounded down, the field would take some of the promise back, so it is rounded up. A client that sends crumbs could
    thereby fill more and more of our memory while nobody reads: what it gains that way is limited to one buffer, and
    then it is rounded down, though what was promised is still taken.
    """
    excess = -promised % (1 << scale)
    if connection.overpromised + excess > connection.settings.receive_buffer:
        return promised >> scale
    connection.overpromised += excess
    return (promised + excess) >> scale


def _offer(connection: Connection, scale: int) -> int:
    """What the buffer has room for, as far as the window field can say it."""
    free = max(0, connection.settings.receive_buffer - connection.reassembly.readable)
    return min(free >> scale, LARGEST_WINDOW_FIELD) << scale


def _share_of_buffer(connection: Connection, *, segments: int) -> int:
    """The step in which the right edge moves: so many of the client's segments, or half of a small buffer."""
    return max(1, min(connection.settings.receive_buffer // 2, segments * connection.settings.mss))
