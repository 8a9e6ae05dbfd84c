"""The decisions of the target role: what a connection packet is to this router (TGT-1 to TGT-4), as pure functions."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from ipos_spec.packets import TcpConnectionPacket

from ipos_reference.connection import Connection
from ipos_reference.discards import Discard
from ipos_reference.numbers import Numbers
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import State


class Answer(Enum):
    """What to do with a connection packet that is not discarded."""

    MAKE = auto()  # a new provisional endpoint, in place of those in its way
    REPEAT = auto()  # acknowledge again, change nothing (TGT-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the router knows when a connection packet comes in.

    listens     the header's destination port is in Listening Sockets
    own_server  the server address of the connection information is this router's own
    from_owner  the packet comes from the MAC of the router that owns the server address; unknown counts as not (NBR-1)
    rivals      endpoints with the same reference, or of the same client and server address
    entry       numbers of a Forward entry of this client and server address
    ended       last numbers of an endpoint of this client and server address that ended a moment ago
    room        the endpoint's table has room, what is replaced or may make room counted off
    """

    listens: bool
    own_server: bool
    from_owner: bool
    rivals: Collection[Connection]
    entry: Numbers | None
    ended: Numbers | None
    room: bool


def judge(packet: TcpConnectionPacket, situation: Situation) -> Answer | Discard:
    """Decide about a connection packet whose form and addresses are acceptable."""
    block = packet.connection.control_block
    if block.refusal() is not None:
        return Discard.CONTROL_BLOCK
    if any(_is_repeat(packet, rival) for rival in situation.rivals):
        return Answer.REPEAT
    if not situation.listens:
        return Discard.NO_LISTENER
    numbers, entry = Numbers.of(block), situation.entry
    if situation.own_server and (entry is None or not numbers.same_connection(entry)):
        return Discard.NOT_LATER  # nothing comes home that has not left from here
    if entry is not None and not _follows(numbers, entry, situation):
        return Discard.NOT_LATER
    if not all(_gives_way(rival, packet, situation) for rival in situation.rivals):
        return Discard.NOT_LATER
    ended = situation.ended
    if ended is not None and numbers.same_connection(ended) and not is_later(numbers, ended):
        # Other numbers may follow an ended endpoint, since it is closed.
        return Discard.NOT_LATER
    if not situation.room:
        return Discard.LOCAL_FULL if situation.own_server else Discard.FORWARD_CONNECT_FULL
    return Answer.MAKE


def is_later(numbers: Numbers, than: Numbers) -> bool:
    """Whether a holder with these numbers held the connection after one with those (TGT-4)."""
    received = sequence.difference(numbers.rcv_nxt, than.rcv_nxt)
    return received > 0 or (received == 0 and sequence.difference(numbers.snd_nxt, than.snd_nxt) > 0)


def is_newer(numbers: Numbers, than: Numbers) -> bool:
    """Whether of two connections of one client and server address this one was opened later (TGT-4 (b))."""
    return sequence.gt(numbers.iss, than.iss)


def _is_repeat(packet: TcpConnectionPacket, rival: Connection) -> bool:
    return (
        rival.migration is not None
        and not rival.migrating
        and rival.key == packet.header.reference
        and rival.server == (packet.connection.server_ip, packet.connection.server_port)
        and rival.migration.numbers == Numbers.of(packet.connection.control_block)
    )


def _follows(numbers: Numbers, entry: Numbers, situation: Situation) -> bool:
    """Whether a connection packet may stand beside a Forward entry, or end that of an earlier connection (TGT-4)."""
    if numbers.same_connection(entry):
        return is_later(numbers, entry)
    return situation.from_owner and is_newer(numbers, entry)


def _gives_way(rival: Connection, packet: TcpConnectionPacket, situation: Situation) -> bool:
    """Whether an endpoint may be replaced by the one of this packet (TGT-4)."""
    if rival.migrating:
        return False  # this router holds it, and nobody holds it later
    over = rival.endpoint.state in (State.CLOSED, State.TIME_WAIT)
    if rival.migration is None:
        return over
    if rival.server != (packet.connection.server_ip, packet.connection.server_port):
        # Numbers of different servers can't be compared.
        return over or situation.from_owner
    numbers, others = Numbers.of(packet.connection.control_block), rival.migration.numbers
    if numbers.same_connection(others):
        return rival.migration.provisional and is_later(numbers, others)
    return over or (situation.from_owner and is_newer(numbers, others))
