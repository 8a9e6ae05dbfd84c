"""A TCP segment that the target has sent to a client: whether an endpoint, or a closed port, may say that now."""

from collections.abc import Iterator

from ipos_spec.control_block import MINIMUM_MAXSEG

from ipos_fuzz.oracles.connections import Connection
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import FlowKey
from ipos_fuzz.oracles.parsing import (
    ACK,
    FIN,
    MSS,
    RST,
    SACK,
    SACK_PERMITTED,
    SPACE,
    SYN,
    TIMESTAMPS,
    WINDOW_SCALE,
    Segment,
    tcp_options,
)

Problem = tuple[str, str]
"""A requirement, and in stable words how it is broken."""

_HEADERS, _ENCAPSULATION, _DEFAULT_MSS = 40, 16, 536
_FAR = 1 << 30


def judge(connection: Connection, key: FlowKey, segment: Segment, now: float, facts: Facts) -> Problem | None:
    """The first thing that is wrong with a segment. The connection knows it afterwards."""
    problem = next(_problems(connection, key, segment, now, facts), None)
    _remember(connection, segment)
    return problem


def _problems(connection: Connection, key: FlowKey, segment: Segment, now: float, facts: Facts) -> Iterator[Problem]:
    yield from _flags(segment)
    if connection.is_new:
        yield from _cause(connection, key, segment, facts)
    yield from _silence(connection, segment, now, facts)
    if connection.doubtful:
        return
    options = tcp_options(segment.options)
    if segment.flags & RST:
        yield from _reset(connection, segment)
        return
    yield from _acknowledgement(connection, segment, options)
    yield from _stamps(connection, segment, options)
    if segment.flags & SYN:
        yield from _handshake(connection, segment, options, facts)
    else:
        yield from _octets(connection, segment)


def _remember(connection: Connection, segment: Segment) -> None:
    connection.is_ending |= bool(segment.flags & (FIN | RST))
    if segment.flags & RST:
        return
    options = tcp_options(segment.options)
    if len(options.get(TIMESTAMPS, b"")) == 8:
        connection.stamp = int.from_bytes(options[TIMESTAMPS][:4], "big")
    if segment.flags & SYN:
        connection.open(segment)
    if segment.flags & ACK:
        connection.acknowledge(segment.ack)
        for edge in _sacked(options):
            connection.acknowledge(edge)


def _flags(segment: Segment) -> Iterator[Problem]:
    flags = segment.flags
    if flags & SYN and flags & (FIN | RST):
        yield "ORG-9", "SYN together with FIN or RST"
    elif flags & SYN and not flags & ACK:
        yield "ORG-9", "SYN without ACK to a client"
    elif not flags & (ACK | RST):
        yield "ORG-9", "neither ACK nor RST nor SYN"


def _cause(connection: Connection, key: FlowKey, segment: Segment, facts: Facts) -> Iterator[Problem]:
    """Something that came must be a reason for it: else it answers what has to be discarded silently."""
    refusal = connection.refusal
    if segment.flags & RST:
        # An endpoint that has only been handed over is silent, but one that has lost its listener may be ended.
        if not connection.answerable and not connection.is_open:
            yield refusal or "ORG-1", "an RST that nothing asked for"
    elif segment.flags & SYN:
        if not connection.syns:
            yield refusal or "ORG-1", "a SYN/ACK that no SYN asked for"
        elif key[3] == facts.closed_port:
            yield "ORG-1", "a SYN/ACK from a closed port"
    elif not connection.is_open:
        if connection.offers:
            yield "TGT-12", "a provisional endpoint speaks"
        else:
            yield refusal or "ORG-1", "a segment for which there can be no endpoint"


def _silence(connection: Connection, segment: Segment, now: float, facts: Facts) -> Iterator[Problem]:
    """ORG-8, as far as neither the other LAN's pace nor the end of the entry can explain it."""
    attempt = connection.attempt
    if attempt is None or connection.began_anew or segment.flags & SYN:
        return
    if attempt.has_entry(now, facts, udp=False):
        # Nothing beyond the connection packet was said before it, so nothing of it can still be under way.
        if attempt.since is not None and now > attempt.since + facts.skew:
            yield "ORG-8", "speaks to a client that was handed over"
        elif not segment.flags & RST and _is_beyond(connection, segment, attempt.rcv_nxt, attempt.snd_nxt):
            yield "ORG-8", "answers a client that was handed over"
    elif not connection.was_reset and attempt.in_progress(now, facts):
        if attempt.must_wait(now, facts):
            yield "ORG-8", "speaks to a client while it hands it over"
        elif not segment.flags & RST and _is_beyond(connection, segment, attempt.rcv_nxt, attempt.snd_nxt):
            yield "ORG-8", "answers a client while it hands it over"


def _is_beyond(connection: Connection, segment: Segment, rcv_nxt: int, snd_nxt: int) -> bool:
    if connection.doubtful or connection.client is None or connection.server is None:
        return False
    acknowledges = connection.client.at(segment.ack) > connection.client.at(rcv_nxt)
    return acknowledges or connection.server.at(segment.end) > connection.server.at(snd_nxt)


def _reset(connection: Connection, segment: Segment) -> Iterator[Problem]:
    """RFC 9293 3.10.7.1, where there has never been an endpoint; an endpoint's own has its snd_nxt."""
    if connection.answered is not None or connection.offers or len(connection.ends) > 32:
        return
    if segment.seq and segment.seq not in connection.acknowledgements:
        yield "ORG-1", "an RST whose number the client has not acknowledged"
    elif not segment.seq and 0 not in connection.acknowledgements and segment.ack not in connection.ends:
        yield "ORG-1", "an RST that acknowledges something else than what it answers"


def _acknowledgement(connection: Connection, segment: Segment, options: dict[int, bytes]) -> Iterator[Problem]:
    client = connection.client
    if client is None or not segment.flags & ACK:
        return
    for number in (segment.ack, *_sacked(options)):
        here = client.at(number)
        limit = connection.reach if number == segment.ack else _FAR
        if here > limit:
            refused = next((slug for end, slug in reversed(connection.refused_up_to) if end >= here), "")
            yield refused or "TGT-6", "acknowledges what the client has not sent"
    if segment.flags & SYN and client.at(segment.ack) != 1:
        yield "ORG-9", "a SYN/ACK that acknowledges something else than the SYN"


def _stamps(connection: Connection, segment: Segment, options: dict[int, bytes]) -> Iterator[Problem]:
    """RFC 7323 3.2; TGT-7."""
    stamped = connection.stamped
    if segment.flags & SYN or stamped is None:
        return
    if stamped != (TIMESTAMPS in options):
        yield "TGT-7", "no timestamp though they are in use" if stamped else "a timestamp though none are in use"
    if not stamped or TIMESTAMPS not in options or len(options[TIMESTAMPS]) != 8:
        return
    value, echo = (int.from_bytes(options[TIMESTAMPS][at : at + 4], "big") for at in (0, 4))
    blocks = [offered.block for offered in connection.offers]
    starts = [block.ts_now for block in blocks if block.ts_now]
    if starts and len(starts) == len(blocks) and all(_before(value, start) for start in starts):
        yield "TGT-7", "a TSval before ts_now"
    known = connection.stamps
    if known is not None and echo not in known and echo not in {block.ts_recent for block in blocks}:
        yield "TGT-7", "a TSecr that is none of the client's timestamps"


def _before(this: int, that: int) -> bool:
    return 0 < (that - this) % SPACE < SPACE >> 1


def _handshake(connection: Connection, segment: Segment, options: dict[int, bytes], facts: Facts) -> Iterator[Problem]:
    offered = next(iter(connection.syns.values()), {})
    for kind in (WINDOW_SCALE, SACK_PERMITTED, TIMESTAMPS):
        if kind in options and kind not in offered:
            yield "ORG-9", "an option in a SYN/ACK that the client has not offered"
    largest = min(facts.first_mtu, facts.second_mtu - _ENCAPSULATION) - _HEADERS
    mss = int.from_bytes(options[MSS], "big") if MSS in options else _DEFAULT_MSS
    if mss > largest:
        yield "ORG-2", "an MSS that does not fit the second LAN"
    if segment.data:
        yield "ORG-9", "data on a SYN/ACK"
    known, stamp = connection.stamps, options.get(TIMESTAMPS, b"")
    if known is not None and len(stamp) == 8 and int.from_bytes(stamp[4:], "big") not in known:
        yield "ORG-9", "a SYN/ACK with a TSecr that is none of the client's timestamps"


def _octets(connection: Connection, segment: Segment) -> Iterator[Problem]:
    server = connection.server
    if server is None:
        return
    begin = server.at(segment.seq)
    lowest = min((server.at(offered.block.snd_nxt) for offered in connection.offers), default=1)
    if connection.syns:
        lowest = 1
    # A keep-alive repeats the number before snd_nxt, with an octet or none (RFC 9293 3.8.4).
    if begin < lowest - 1 or (begin < lowest and len(segment.data) > 1):
        yield "TGT-6", "a number before the first one"
    # Who is offered less than a control block may carry (TCB-2) has to choose a size by himself: RFC 9293's default.
    most = connection.mss if connection.mss >= MINIMUM_MAXSEG else _DEFAULT_MSS
    if len(segment.data) > most:
        yield "TGT-6" if connection.offers else "ORG-9", "a segment larger than the client takes"
    edge = connection.edge
    end = begin + len(segment.data)
    # A probe of a closed window has one octet (RFC 9293 3.8.6.1).
    if segment.data and edge is not None and not connection.blind and end > edge + 1:
        yield "TGT-6" if connection.offers else "ORG-9", "octets beyond the client's window"
    if not connection.say(segment):
        yield "TGT-6", "other octets than before under the same numbers"


def _sacked(options: dict[int, bytes]) -> Iterator[int]:
    edges = options.get(SACK, b"")
    for at in range(4, len(edges), 8):
        yield int.from_bytes(edges[at : at + 4], "big")
