"""A control block that the target sends: whether it is what client and target have told each other (TCB-1, ORG-5)."""

from collections.abc import Iterator

from ipos_spec.control_block import MAXIMUM_SCALE, ControlBlock, ControlFlag

from ipos_fuzz.oracles.connections import Connection, Line
from ipos_fuzz.oracles.parsing import SACK_PERMITTED, TIMESTAMPS, WINDOW_SCALE

Problem = tuple[str, str]


def judge(connection: Connection, block: ControlBlock) -> Iterator[Problem]:
    """Everything that is wrong with it. The caller has made sure that the numbers are beyond doubt."""
    client, server = connection.client, connection.server
    if client is None or server is None:
        return
    yield from _numbers(connection, block, client, server)
    if connection.windows is not None and not {block.snd_wnd, block.max_sndwnd} <= connection.windows:
        yield "ORG-5", "a window that the client has not offered"
    if not connection.offers:
        yield from _agreed(connection, block)
    stamp = connection.stamp
    if connection.stamped and block.ts_now and stamp is not None and Line(stamp).at(block.ts_now) < 0:
        yield "ORG-5", "a ts_now before the last TSval"
    known = connection.stamps
    recent = {offered.block.ts_recent for offered in connection.offers}
    if connection.stamped and known is not None and block.ts_recent not in known | recent:
        yield "ORG-5", "a ts_recent that is no TSval of the client's"


def _numbers(connection: Connection, block: ControlBlock, client: Line, server: Line) -> Iterator[Problem]:
    if (block.iss, block.irs) != (server.base, client.base):
        yield "ORG-5", "other initial numbers than the connection's"
        return
    received, sent = client.at(block.rcv_nxt), server.at(block.snd_nxt)
    # What is still on its way from the other LAN only makes these known numbers too small.
    acked = 1 if connection.acked is None else connection.acked
    if acked > received:
        yield "ORG-11", "octets of the request have been acknowledged"
    if received > connection.reach:
        yield "TCB-1", "a rcv_nxt that the client has not come to"
    first = not connection.offers and len(connection.attempts) == 0 and connection.sent_up_to <= 1
    if first and received != 1:
        yield "TCB-1", "a rcv_nxt behind the beginning of the request"
    if sent < connection.sent_up_to:
        yield "TCB-1", "a snd_nxt before what has been sent"
    if connection.client_acked is not None and sent > connection.client_acked:
        yield "TCB-1", "a snd_nxt that the client has not acknowledged"


def _agreed(connection: Connection, block: ControlBlock) -> Iterator[Problem]:
    """What the handshake alone says."""
    offered, answered = next(iter(connection.syns.values()), None), connection.answered
    if offered is None or answered is None:
        return
    if block.t_maxseg != connection.mss:
        yield "ORG-5", "a t_maxseg that is not the client's"
    scaled = WINDOW_SCALE in offered and WINDOW_SCALE in answered
    stamped = TIMESTAMPS in offered and TIMESTAMPS in answered
    for mask, agreed in ((ControlFlag.SCALE, scaled), (ControlFlag.TIMESTAMPS, stamped)):
        if (block.t_flags & mask == mask) != agreed:
            yield "ORG-5", "flags of what the two sides have not agreed on"
    if block.t_flags & ControlFlag.SACK_PERMIT and SACK_PERMITTED not in offered:
        yield "ORG-5", "SACK that the client has not offered"
    if scaled:
        theirs = min(int.from_bytes(offered[WINDOW_SCALE], "big"), MAXIMUM_SCALE)
        if (block.snd_scale, block.rcv_scale) != (theirs, int.from_bytes(answered[WINDOW_SCALE], "big")):
            yield "ORG-5", "other scales than those that were agreed on"
    if not stamped and block.ts_now:
        yield "ORG-5", "a ts_now without timestamps"
