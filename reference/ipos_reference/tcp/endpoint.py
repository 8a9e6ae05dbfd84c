"""One side of one client's TCP connection, as the router and the application see it.

Segments and times in seconds go in; segments, octets and the next time-out come out. After every call that changes
something, ask ``segments_to_send`` and then ``next_timeout``.
"""

from ipos_spec.control_block import ControlBlock

from ipos_reference.tcp.acceptability import Acceptance, judge
from ipos_reference.tcp.arrival import ack_arrives, segment_arrives
from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.expiry import handle_timeout, next_timeout
from ipos_reference.tcp.opening import open_passively
from ipos_reference.tcp.receive_window import update_is_due
from ipos_reference.tcp.segment import Segment
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.snapshot import export_block, is_quiescent, restore_block
from ipos_reference.tcp.timestamp_clock import TimestampClock
from ipos_reference.tcp.transmit import segments_to_send

__all__ = ["Acceptance", "Endpoint", "Settings", "State"]

_READS = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
_WRITES = (State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT)


class Endpoint:
    """Opened by a client's SYN (``accept``) or continued from a control block (``restore``)."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def accept(cls, syn: Segment, *, iss: int, timestamp_offset: int, settings: Settings, now: float) -> "Endpoint":
        """Answer a SYN: state SYN-RECEIVED, the SYN/ACK waits in ``segments_to_send``.

        iss is the initial sequence number; timestamp_offset is TSval at time 0. Raises ValueError unless the segment is
        a SYN without ACK and RST.
        """
        clock = TimestampClock(timestamp_offset)
        return cls(open_passively(syn, iss=iss, clock=clock, settings=settings, now=now))

    @classmethod
    def restore(
        cls, block: ControlBlock, *, local_port: int, remote_port: int, settings: Settings, now: float
    ) -> "Endpoint":
        """Continue a connection: state ESTABLISHED, nothing is sent before a segment arrives or something is written.

        Where ts_now is zero though timestamps are in use, what is written waits for the first segment too (TGT-7).
        Raises ValueError if the block can't be continued (TCB-2).
        """
        return cls(restore_block(block, local_port=local_port, remote_port=remote_port, settings=settings, now=now))

    def export(self, now: float) -> ControlBlock:
        """The connection as a value; ``restore`` continues it exactly, provided it is ``quiescent``."""
        return export_block(self._connection, now)

    @property
    def quiescent(self) -> bool:
        """TCB-1: ESTABLISHED, and nothing outstanding, waiting or owed in either direction."""
        return is_quiescent(self._connection)

    @property
    def state(self) -> State:
        """RFC 9293 3.3.2."""
        return self._connection.state

    @property
    def local_port(self) -> int:
        """The server's port."""
        return self._connection.local_port

    @property
    def remote_port(self) -> int:
        """The client's port."""
        return self._connection.remote_port

    @property
    def iss(self) -> int:
        """Initial send sequence number."""
        return self._connection.iss

    @property
    def irs(self) -> int:
        """The client's initial sequence number."""
        return self._connection.irs

    @property
    def rcv_nxt(self) -> int:
        """Next sequence number expected of the client."""
        return self._connection.rcv_nxt

    @property
    def snd_nxt(self) -> int:
        """Next sequence number that was never sent (Net/3's snd_max: a time-out doesn't take it back)."""
        return self._connection.snd_max

    @property
    def peer_mss(self) -> int:
        """The client's MSS in octets, 536 if it sent none (ORG-9 bounds it for migration)."""
        return self._connection.agreement.peer_mss

    @property
    def outstanding(self) -> bool:
        """Whether octets or a FIN of its own wait to be sent or acknowledged: TCP's timers see to those (TGT-13)."""
        connection = self._connection
        return (
            connection.flight > 0
            or connection.unsent > 0
            or (connection.fin_queued and not connection.fin_acknowledged)
        )

    @property
    def peer_finished(self) -> bool:
        """The client's FIN has arrived in order (RFC 9293 3.3.2)."""
        return self._connection.reassembly.complete

    @property
    def has_gap(self) -> bool:
        """Whether something has arrived out of order that rcv_nxt has not reached."""
        return self._connection.reassembly.has_gap

    @property
    def heard_at(self) -> float:
        """When the client last sent a segment that was not dropped as foreign or old (TGT-13)."""
        return self._connection.heard_at

    @property
    def closed(self) -> bool:
        """CLOSED, and nothing is left in ``segments_to_send``."""
        connection = self._connection
        return connection.state is State.CLOSED and not connection.reset_due and not connection.replies

    @property
    def failure(self) -> str | None:
        """Why it ended: "reset by peer", "timed out", "aborted"; None before the end and for an orderly one."""
        return self._connection.failure

    def judge(self, segment: Segment, now: float) -> Acceptance:
        """Whether ``receive`` would process the segment's text, FIN or RST; changes nothing."""
        return judge(self._connection, segment, now)

    def receive(self, segment: Segment, now: float) -> None:
        """Process a segment of this connection."""
        segment_arrives(self._connection, segment, now)

    def receive_ack_only(self, segment: Segment, now: float) -> None:
        """Take the ACK and window of a segment whose text or FIN is held elsewhere, unacknowledged (ORG-12).

        ts_recent stays: of two held segments the one that was sent first may come last, and must not look old (PAWS).
        Nothing happens for a segment that is not acceptable.
        """
        ack_arrives(self._connection, segment, now)

    def segments_to_send(self, now: float) -> list[Segment]:
        """Take everything that may be sent now."""
        return list(segments_to_send(self._connection, now))

    def next_timeout(self) -> float | None:
        """When to call ``handle_timeout``; None: not before something else happens."""
        return next_timeout(self._connection)

    def handle_timeout(self, now: float) -> None:
        """Do everything due at or before now."""
        handle_timeout(self._connection, now)

    def probe(self) -> None:
        """Send a keep-alive (RFC 9293 3.8.4): the client's answer moves ``heard_at``."""
        if self._connection.state not in (State.CLOSED, State.SYN_RECEIVED):
            self._connection.probe_due = True

    @property
    def readable(self) -> int:
        """Octets in order that the application has not read."""
        return self._connection.reassembly.readable

    def read(self, limit: int) -> bytes:
        """Take up to limit octets in order. Where that opens the window enough, an ACK that says so goes at once."""
        octets = self._connection.reassembly.read(limit)
        if self._connection.state in _READS and update_is_due(self._connection):
            self._connection.ack_now = True
        return octets

    @property
    def end_of_stream(self) -> bool:
        """The client's FIN has arrived, and everything before it was read."""
        return self._connection.reassembly.complete and not self._connection.reassembly.readable

    @property
    def room(self) -> int:
        """How many octets ``write`` would take."""
        connection = self._connection
        open_for_writing = connection.state in _WRITES and not connection.fin_queued
        return connection.send_buffer.room if open_for_writing else 0

    def write(self, octets: bytes) -> int:
        """Queue octets for the client; returns how many were taken (0 after ``close`` or the end)."""
        return self._connection.send_buffer.append(octets) if self.room else 0

    def close(self) -> None:
        """Send a FIN after what was written (RFC 9293 3.10.4). Reading goes on."""
        connection = self._connection
        if connection.state not in _WRITES or connection.fin_queued:
            return
        connection.fin_queued = True
        match connection.state:
            case State.ESTABLISHED:
                connection.state = State.FIN_WAIT_1
            case State.CLOSE_WAIT:
                connection.state = State.LAST_ACK
            case _:
                pass  # SYN-RECEIVED: the FIN waits for the handshake

    def abort(self) -> None:
        """Send an RST and end, failure "aborted" (RFC 9293 3.10.5). No RST where both FINs are through."""
        connection = self._connection
        if connection.state is State.CLOSED:
            return
        finished = connection.state in (State.CLOSING, State.LAST_ACK) and not len(connection.send_buffer)
        if finished or connection.state is State.TIME_WAIT:
            connection.end(None)
        else:
            connection.fail("aborted")
