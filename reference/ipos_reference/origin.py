"""The origin role: accept, hold the request, choose a server, and attach the endpoint or migrate it (ORG-1 to ORG-12).

An endpoint that came in by migration, and one that was served here, goes through the same at its next request (TGT-10).
"""

from ipos_spec.addresses import IPv4
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import tcp_connection_packet

from ipos_reference import request
from ipos_reference.addresses import Address
from ipos_reference.attempts import Attempt
from ipos_reference.choosing import choose, choose_elsewhere
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Onward
from ipos_reference.forwarding import Forwarder, transit
from ipos_reference.hold import Arrival, Hold
from ipos_reference.initial_numbers import initial_sequence_number, timestamp_offset
from ipos_reference.ipv4 import parse as parse_ipv4
from ipos_reference.leaving import Departure, obstacle
from ipos_reference.numbers import Numbers
from ipos_reference.tables import Place
from ipos_reference.tally import Happening
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Acceptance, Endpoint, State
from ipos_reference.tcp.segment import Flags, Segment


class Origin:
    """Endpoints that wait for a request, and where they go then."""

    def __init__(self, connections: Connections, forwarder: Forwarder, secret: bytes) -> None:
        self._connections = connections
        self._tables = connections.tables
        self._discards = connections.discards
        self._settings = connections.settings
        self._forwarder = forwarder
        self._secret = secret

    def open(
        self,
        syn: Segment,
        client: Address,
        server: Address,
        now: float,
        *,
        after: int | None = None,
        beside: bool = False,
    ) -> None:
        """Answer a SYN for a listening port with an endpoint in Temporary (ORG-1); full, the SYN is dropped (TAB-4).

        ``after`` is the next sequence number of an earlier connection between the two that stood in TIME_WAIT,
        ``beside`` makes a half-open endpoint beside the client's Forward entry (FWD-5).
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
        self._tables.enter(Place.TEMPORARY, connection, beside=beside)
        self._connections.settle(connection, now)

    def receive(self, connection: Connection, arrival: Arrival, now: float) -> None:
        """Take a client's packet for an endpoint that is neither provisional nor half-open."""
        segment = arrival.segment
        if connection.migrating:
            self._receive_migrating(connection, arrival, now)
        elif connection.endpoint.state is State.SYN_RECEIVED:
            self._receive_in_handshake(connection, arrival, now)
        elif connection.hold or self._awaits_request(connection):
            self._receive_waiting(connection, arrival, now)
        else:
            self._connections.receive(connection, segment, now)

    def handle_timeout(self, connection: Connection, now: float) -> None:
        """The time without data is over (ORG-10), or that in which no octet is acknowledged (ORG-11)."""
        if connection.hold.first_octet_at is not None:
            self._connections.tally[Happening.TOO_LATE] += 1
            self._serve(connection, now)
        elif connection.endpoint.state is State.SYN_RECEIVED:
            self._connections.remove(connection, now)
        else:
            connection.endpoint.abort()
            self._connections.settle(connection, now)

    # Until the request

    def _awaits_request(self, connection: Connection) -> bool:
        """Whether the client's next octet begins a request for which a server can be chosen (ORG-3, TGT-10)."""
        if not connection.attached:
            return True
        endpoint, exchange = connection.endpoint, connection.exchange
        if exchange is None or not exchange.idle or endpoint.state is not State.ESTABLISHED:
            return False
        return not endpoint.readable and not endpoint.has_gap and self._connections.may_move(connection)

    def _receive_in_handshake(self, connection: Connection, arrival: Arrival, now: float) -> None:
        # The ACK that completes the handshake may carry data, which is held like any other; on a SYN it is not taken.
        segment = arrival.segment
        self._connections.receive(connection, segment._replace(payload=b"", flags=segment.flags & ~Flags.FIN), now)
        if _carries(segment) and connection.endpoint.state is State.ESTABLISHED:
            self._receive_waiting(connection, arrival, now)

    def _receive_waiting(self, connection: Connection, arrival: Arrival, now: float) -> None:
        segment, endpoint = arrival.segment, connection.endpoint
        if segment.flags & Flags.RST:
            self._reset(connection, segment, now)
        elif _carries(segment) and endpoint.judge(segment, now) is Acceptance.ACCEPTABLE:
            self._hold(connection, arrival, now)
        elif connection.hold and endpoint.judge(segment, now) is Acceptance.ACCEPTABLE:
            # Its timestamp may be younger than a held segment's, which would then look old (PAWS): only its ACK counts.
            endpoint.receive_ack_only(segment, now)
            self._connections.settle(connection, now)
        else:
            self._connections.receive(connection, segment, now)

    def _hold(self, connection: Connection, arrival: Arrival, now: float) -> None:
        hold, endpoint = connection.hold, connection.endpoint
        if not hold.add(arrival, now):
            self._discards.because(Discard.HOLD_FULL)
            return
        self._connections.journal.held(connection, len(hold.arrivals))
        endpoint.receive_ack_only(arrival.segment, now)
        kind = self._settings.listeners[connection.listener]
        octets = hold.contiguous(endpoint.rcv_nxt)
        if hold.starts_with_fin(endpoint.rcv_nxt):
            self._serve(connection, now)
        elif request.is_complete(kind, octets):
            connection.chosen = self._choose(connection, request.read(kind, octets), now)
            self._go(connection, connection.chosen, now)
        else:
            self._connections.settle(connection, now)

    def _reset(self, connection: Connection, rst: Segment, now: float) -> None:
        """An RST at rcv_nxt or at the end of what is held ends the endpoint; another is dropped meanwhile (ORG-12)."""
        rcv_nxt, hold = connection.endpoint.rcv_nxt, connection.hold
        if not hold or rst.seq == rcv_nxt:
            self._connections.receive(connection, rst, now)
        elif rst.seq in hold.ends(rcv_nxt):
            self._connections.remove(connection, now, failure="reset by peer")
        else:
            self._discards.because(Discard.HELD_OTHERWISE)

    # The choice

    def _choose(self, connection: Connection, asked: request.Request | None, now: float) -> IPv4:
        wish, connection.wish = connection.wish, None
        if wish is not None:
            return wish
        knowledge, port = self._connections.knowledge, connection.listener
        if self._connections.draining:
            return choose_elsewhere(asked, port, knowledge, now).server
        return choose(asked, port, knowledge, now).server

    def _go(self, connection: Connection, server: IPv4, now: float) -> None:
        """To the chosen server, or to this one's application if that is it, or the endpoint can't leave (ORG-4, 5)."""
        if server == self._settings.address:
            self._serve(connection, now)
            return
        mac = self._settings.peers.get(server)
        why = obstacle(
            Departure(
                endpoint=connection.endpoint,
                client=connection.client,
                mac=mac,
                client_moved=self._is_moved(connection.client),
                room=self._has_room(),
                let_go=connection.exchange is None or connection.exchange.idle,
            )
        )
        if why is None and mac is not None:
            self._migrate(connection, Onward(server, connection.listener, mac), now)
            return
        if why is not None:
            self._connections.tally[why] += 1
            self._connections.journal.kept(connection, why)
        self._serve(connection, now)

    def _is_moved(self, client: Address) -> bool:
        under_way = self._connections.attempts.of(Protocol.TCP, client)
        return under_way is not None or self._connections.forward.has(client)

    def _has_room(self) -> bool:
        forward, attempts = self._connections.forward, self._connections.attempts
        return len(forward) + attempts.count(Protocol.TCP) < forward.bound

    def _serve(self, connection: Connection, now: float) -> None:
        """Give the endpoint to its application, unless it has it, and what was held to both (ORG-4)."""
        if self._tables.place_of(connection) is Place.TEMPORARY:
            if not self._tables.has_room(Place.LOCAL):
                self._discards.because(Discard.LOCAL_FULL)
                connection.endpoint.abort()
                self._connections.settle(connection, now)
                return
            self._tables.move(connection, Place.LOCAL)
        held, connection.hold = connection.hold, Hold()
        if not connection.attached:
            self._connections.attach(connection)
        for arrival in held.arrivals:
            connection.endpoint.receive(arrival.segment, now)
        self._connections.tell(connection)
        self._connections.settle(connection, now)

    # To another server

    def _migrate(self, connection: Connection, onward: Onward, now: float) -> None:
        """Send the connection packet; from here on the client hears nothing (ORG-5, ORG-8, TCB-1)."""
        block = connection.endpoint.export(now)
        information = TcpConnectionInformation(
            server_ip=connection.server.ip, server_port=connection.server.port, control_block=block
        )
        ethernet = EthernetHeader(
            destination=onward.mac, source=self._settings.second_mac, type=self._settings.ether_type
        )
        packet = tcp_connection_packet(ethernet, onward.reference(connection.client), information)
        connection.migrating = True
        self._connections.let_go(connection)
        self._connections.tally[Happening.BEGUN] += 1
        self._connections.journal.migrates(connection, onward)
        attempt = Attempt(
            packet,
            onward,
            acknowledged=lambda when: self._acknowledged(connection, onward, Numbers.of(block), when),
            given_up=lambda when: self._given_up(connection, onward, when),
        )
        self._connections.attempts.begin(attempt, now)
        self._connections.settle(connection, now)

    def _receive_migrating(self, connection: Connection, arrival: Arrival, now: float) -> None:
        """Hold everything (ORG-12); an RST that is the client's own ends the endpoint, and the attempt with it."""
        segment, rcv_nxt = arrival.segment, connection.endpoint.rcv_nxt
        if segment.flags & Flags.RST:
            if segment.seq in {rcv_nxt} | connection.hold.ends(rcv_nxt):
                self._connections.remove(connection, now)
            else:
                self._discards.because(Discard.HELD_OTHERWISE)
        elif connection.hold.add(arrival, now):
            self._connections.journal.held(connection, len(connection.hold.arrivals))
        else:
            self._discards.because(Discard.HOLD_FULL)

    def _acknowledged(self, connection: Connection, onward: Onward, numbers: Numbers, now: float) -> None:
        """The endpoint is the target's: its client is in Forward, and what was held goes after it (ORG-6)."""
        forward, client, server = self._connections.forward, connection.client, connection.server
        connection.migrating = False
        self._connections.tally[Happening.ACKNOWLEDGED] += 1
        entry = forward.enter(client, server, onward, numbers, now)
        self._connections.remove(connection, now, moved=True)
        self._connections.journal.migrated(connection, onward)
        for arrival in connection.hold.arrivals:
            held = transit(parse_ipv4(arrival.packet), arrival.packet, first=arrival.first)
            assert held is not None  # noqa: S101 - its segment could be read
            self._forwarder.forward(forward, entry, held, now)

    def _given_up(self, connection: Connection, onward: Onward, now: float) -> None:
        """No acknowledgement is the refusal: the client is served here, by what was held (ORG-7, ORG-12)."""
        connection.migrating = False
        self._connections.tally[Happening.GIVEN_UP] += 1
        self._connections.journal.given_up(connection, onward)
        self._serve(connection, now)


def _carries(segment: Segment) -> bool:
    """Whether a segment has something that may have to be held."""
    return bool(segment.payload or segment.flags & Flags.FIN)
