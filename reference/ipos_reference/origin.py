"""The origin role, as far as it serves its own clients: accept, hold the request, attach (ORG-1 to 4, ORG-9 to 12).

A server is chosen, but this one serves whichever it is: migrating away comes with the Forward table.
"""

from dataclasses import replace

from ipos_spec.encapsulation import Reference

from ipos_reference import request
from ipos_reference.addresses import Address
from ipos_reference.choosing import choose
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.initial_numbers import initial_sequence_number, timestamp_offset
from ipos_reference.tables import Place
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Acceptance, Endpoint, State
from ipos_reference.tcp.segment import Flags, Segment


class Origin:
    """Endpoints in Temporary, and their way to Local."""

    def __init__(self, connections: Connections, secret: bytes) -> None:
        self._connections = connections
        self._tables = connections.tables
        self._discards = connections.discards
        self._secret = secret

    def open(self, syn: Segment, client: Address, server: Address, now: float, *, after: int | None = None) -> None:
        """Answer a SYN for a listening port with an endpoint in Temporary (ORG-1); full, the SYN is dropped (TAB-4).

        ``after`` is the next sequence number of an earlier connection between the two that stood in TIME_WAIT.
        """
        if not self._tables.has_room(Place.TEMPORARY):
            self._discards.because(Discard.TEMPORARY_FULL)
            return
        iss = initial_sequence_number(self._secret, client, server, now)
        if after is not None and sequence.difference(iss, after) <= 0:
            # A connection that was faster than the sequence clock has used these numbers (RFC 1122 4.2.2.13).
            iss = sequence.add(after, 1)
        endpoint = Endpoint.accept(
            syn,
            iss=iss,
            timestamp_offset=timestamp_offset(self._secret, client, server),
            settings=self._connections.tcp_settings(),
            now=now,
        )
        connection = Connection(
            number=self._tables.new_number(),
            client=client,
            server=server,
            key=Reference(*client, *server),
            listener=server.port,
            endpoint=endpoint,
            opened_at=now,
        )
        self._tables.enter(Place.TEMPORARY, connection)
        self._connections.settle(connection, now)

    def receive(self, connection: Connection, segment: Segment, now: float) -> None:
        """Take a segment for an endpoint in Temporary: data and FIN are held, unacknowledged (ORG-11, ORG-12)."""
        if connection.endpoint.state is State.SYN_RECEIVED:
            self._receive_in_handshake(connection, segment, now)
        else:
            self._receive_established(connection, segment, now)

    def handle_timeout(self, connection: Connection, now: float) -> None:
        """The time without data is over (ORG-10), or that in which no octet is acknowledged (ORG-11)."""
        if connection.hold.first_octet_at is None:
            connection.endpoint.abort()
            self._connections.settle(connection, now)
        else:
            self._serve(connection, now)

    def _receive_in_handshake(self, connection: Connection, segment: Segment, now: float) -> None:
        # The ACK that completes the handshake may carry data, which is held like any other; on a SYN it is not taken.
        self._connections.receive(connection, replace(segment, payload=b"", flags=segment.flags & ~Flags.FIN), now)
        if _carries(segment) and connection.endpoint.state is State.ESTABLISHED:
            self._receive_established(connection, segment, now)

    def _receive_established(self, connection: Connection, segment: Segment, now: float) -> None:
        if segment.flags & Flags.RST:
            self._reset(connection, segment, now)
        elif _carries(segment) and connection.endpoint.judge(segment, now) is Acceptance.ACCEPTABLE:
            self._hold(connection, segment, now)
        elif connection.hold.segments and not _carries(segment):
            # A timestamp younger than a held segment's would make that one look old (PAWS), so it is not taken.
            self._discards.because(Discard.HELD_OTHERWISE)
        else:
            self._connections.receive(connection, segment, now)

    def _hold(self, connection: Connection, segment: Segment, now: float) -> None:
        hold, rcv_nxt = connection.hold, connection.endpoint.rcv_nxt
        if not hold.add(segment, now):
            self._discards.because(Discard.HOLD_FULL)
            return
        self._connections.journal.held(connection)
        kind = self._connections.settings.listeners[connection.listener]
        octets = hold.contiguous(rcv_nxt)
        if hold.starts_with_fin(rcv_nxt):
            self._serve(connection, now)
        elif request.is_complete(kind, octets):
            asked = request.read(kind, octets)
            connection.chosen = choose(asked, connection.listener, self._connections.knowledge, now).server
            self._serve(connection, now)  # for the server chosen, too, as long as nothing is migrated away (ORG-7)
        else:
            self._connections.settle(connection, now)

    def _serve(self, connection: Connection, now: float) -> None:
        """Move the endpoint to Local and give it and its application what was held (ORG-4)."""
        if not self._tables.has_room(Place.LOCAL):
            self._discards.because(Discard.LOCAL_FULL)
            connection.endpoint.abort()
            self._connections.settle(connection, now)
            return
        self._tables.move(connection, Place.LOCAL)
        held, connection.hold.segments = connection.hold.segments, []
        self._connections.attach(connection)
        for segment in held:
            connection.endpoint.receive(segment, now)
        self._connections.tell(connection)
        self._connections.settle(connection, now)

    def _reset(self, connection: Connection, rst: Segment, now: float) -> None:
        """An RST at rcv_nxt or at the end of what is held ends the endpoint; another is dropped meanwhile (ORG-12)."""
        rcv_nxt = connection.endpoint.rcv_nxt
        held = connection.hold.contiguous(rcv_nxt)
        if held and rst.seq == sequence.add(rcv_nxt, len(held)):
            self._connections.remove(connection, now)
        elif held and rst.seq != rcv_nxt:
            self._discards.because(Discard.HELD_OTHERWISE)
        else:
            self._connections.receive(connection, rst, now)


def _carries(segment: Segment) -> bool:
    """Whether a segment has something that may have to be held."""
    return bool(segment.payload or segment.flags & Flags.FIN)
