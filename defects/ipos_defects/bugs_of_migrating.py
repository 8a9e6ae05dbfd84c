"""Bugs of the origin role: requests, migrations in progress, and acknowledgements that come twice, late or unasked."""

import os

import h11
from ipos_reference import request
from ipos_reference.addresses import Address
from ipos_reference.attempts import WAITS, Attempt, Attempts, _key
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.forward_table import Onward
from ipos_reference.hold import Arrival, Hold
from ipos_reference.numbers import Numbers
from ipos_reference.origin import Origin
from ipos_reference.request import Request, RequestKind
from ipos_reference.tcp import sequence
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import Acknowledgement, acknowledges

from ipos_defects.bug import bug
from ipos_defects.defect import patch


@bug(2, "process")
def request_taken_for_http() -> None:
    """Takes every request on an HTTP port for one."""

    def read(kind: RequestKind, octets: bytes) -> Request | None:
        if kind is RequestKind.RAW:
            return None
        parser = h11.Connection(h11.SERVER)
        parser.receive_data(octets[: request.MAXIMUM])
        event = parser.next_event()
        return request.request_of(event) if isinstance(event, h11.Request) else None

    patch(request, "read", read)


@bug(3, "liveness")
def fin_behind_half_a_request() -> None:
    """Goes from one held segment to the next that begins at its end, and never gets beyond a FIN without data."""
    original = Hold.contiguous

    def contiguous(self: Hold, rcv_nxt: int) -> bytes:
        position = rcv_nxt
        while following := [held.segment for held in self.arrivals if held.segment.seq == position]:
            text = max(len(segment.payload) for segment in following)
            if position == rcv_nxt and not text:
                break
            position = sequence.add(position, text)
        return original(self, rcv_nxt)

    patch(Hold, "contiguous", contiguous)


@bug(3, "model")
def challenge_while_it_migrates() -> None:
    """Answers a SYN by a challenge ACK (RFC 5961) though the connection is about to leave (ORG-8)."""
    original = Origin._receive_migrating

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        if arrival.segment.flags & Flags.SYN:
            endpoint = connection.endpoint
            challenge = Segment(
                source_port=connection.server.port,
                destination_port=connection.client.port,
                seq=endpoint.snd_nxt,
                ack=endpoint.rcv_nxt,
                flags=Flags.ACK,
                window=0xFFFF,
            )
            self._connections.answer(connection.server, connection.client, challenge, now)
        original(self, connection, arrival, now)

    patch(Origin, "_receive_migrating", receive)


@bug(3, "process")
def acknowledgement_of_another_router() -> None:
    """Aborts where another router than the one that was asked acknowledges a connection packet of TCP."""
    original = Attempts.take

    def take(self: Attempts, acknowledgement: Acknowledgement) -> Attempt | None:
        protocol, client = _key(acknowledgement)
        attempt = self.of(protocol, client)
        if protocol is Protocol.TCP and attempt is not None:
            from_another = acknowledgement.ethernet.source != attempt.onward.mac
            if from_another and acknowledges(acknowledgement, attempt.packet):
                os.abort()
        return original(self, acknowledgement)

    patch(Attempts, "take", take)


@bug(3, "process")
def acknowledgement_behind_the_last_copy() -> None:
    """Takes an acknowledgement that comes after it has given up, and looks for the request that it held."""
    cancel, acknowledged = Attempts.cancel, Origin._acknowledged

    def cancels(self: Attempts, protocol: Protocol, client: Address) -> None:
        attempt = self.of(protocol, client)
        if attempt is None or attempt.sent < len(WAITS) or protocol is not Protocol.TCP:
            cancel(self, protocol, client)

    def takes(self: Origin, connection: Connection, onward: Onward, numbers: Numbers, now: float) -> None:
        _request = connection.hold.arrivals[0]
        acknowledged(self, connection, onward, numbers, now)

    patch(Attempts, "cancel", cancels)
    patch(Origin, "_acknowledged", takes)


def _acknowledged_again(of: Protocol) -> None:
    """Have an acknowledgement that comes a second time do again what the first one did."""
    taken: dict[Address, Attempt] = {}
    original = Attempts.take

    def take(self: Attempts, acknowledgement: Acknowledgement) -> Attempt | None:
        protocol, client = _key(acknowledgement)
        attempt = original(self, acknowledgement)
        if protocol is not of:
            return attempt
        if attempt is not None:
            taken[client] = attempt
            return attempt
        before = taken.get(client)
        same = before is not None and acknowledges(acknowledgement, before.packet)
        return before if same else None

    patch(Attempts, "take", take)


@bug(4, "process")
def acknowledged_a_second_time() -> None:
    """Removes a TCP endpoint once more when the same acknowledgement comes again."""
    _acknowledged_again(Protocol.TCP)


@bug(3, "process")
def datagrams_acknowledged_a_second_time() -> None:
    """Removes a UDP endpoint once more when the same acknowledgement comes again."""
    _acknowledged_again(Protocol.UDP)


@bug(4, "process")
def acknowledgement_behind_a_reset() -> None:
    """Leaves the attempt of a client that has reset its connection, and then hands over what is no more."""
    remove, given_up = Connections.remove, Origin._given_up

    def removes(
        self: Connections, connection: Connection, now: float, failure: str | None = None, *, moved: bool = False
    ) -> None:
        attempt = self.attempts.of(Protocol.TCP, connection.client) if connection.migrating else None
        remove(self, connection, now, failure, moved=moved)
        if attempt is not None:
            self.attempts._attempts[Protocol.TCP][connection.client] = attempt

    def gives_up(self: Origin, connection: Connection, onward: Onward, now: float) -> None:
        if self._tables.by_number(connection.number) is connection:
            given_up(self, connection, onward, now)

    patch(Connections, "remove", removes)
    patch(Origin, "_given_up", gives_up)
