"""Defects while a migration is in progress, and in how it ends (ORG-5 to ORG-8, ORG-12)."""

import heapq
from collections.abc import Callable
from dataclasses import replace

from ipos_reference import attempts, hold
from ipos_reference.attempts import Attempt, Attempts
from ipos_reference.connection import Connection
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Entry, ForwardTable
from ipos_reference.forwarding import Forwarder, Transit
from ipos_reference.hold import Arrival, Hold
from ipos_reference.origin import Origin
from ipos_reference.router import Lan, Router
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp import sequence
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, with_checksum

from ipos_defects.defect import defect, patch

# The connection packet and its repetition


@defect("ORG-5")
def connection_packet_on_both_lans() -> None:
    """Sends its connection packets on the first LAN as well, where the peer may be, too."""
    original = Router._emit_second

    def emit(self: Router, frame: bytes) -> None:
        original(self, frame)
        if frame[26] == 1:
            self._emit(Lan.FIRST, frame)

    patch(Router, "_emit_second", emit)


def _waits(*seconds: float) -> None:
    patch(attempts, "WAITS", seconds)


@defect("ORG-7")
def repeats_every_300_ms() -> None:
    """Repeats its connection packet at the same distance each time."""
    _waits(0.3, 0.3, 0.3, 2.1)


@defect("ORG-7")
def repeats_once_more() -> None:
    """Sends a fifth copy of its connection packet."""
    _waits(0.2, 0.4, 0.8, 1.0, 0.6)


@defect("ORG-7")
def never_repeats() -> None:
    """Sends its connection packet once, and waits."""
    _waits(3.0)


@defect("ORG-7")
def gives_up_after_2_seconds() -> None:
    """Waits for the acknowledgement of its last copy as long as for that of the one before."""
    _waits(0.2, 0.4, 0.8, 0.6)


@defect("ORG-7")
def gives_up_after_5_seconds() -> None:
    """Waits for its last copy's acknowledgement for 3.6 s."""
    _waits(0.2, 0.4, 0.8, 3.6)


@defect("ORG-7")
def copies_are_renewed() -> None:
    """Counts its copies in a field that a target may ignore, so that no two are identical."""
    original = Attempts._send

    def send(self: Attempts, attempt: Attempt, now: float) -> None:
        if isinstance(attempt.packet, TcpConnectionPacket):
            connection = attempt.packet.connection
            block = replace(connection.control_block, t_rxtshift=attempt.sent)
            attempt.packet = with_checksum(replace(attempt.packet, connection=replace(connection, control_block=block)))
        original(self, attempt, now)

    patch(Attempts, "_send", send)


@defect("ORG-7")
def client_forgotten_after_giving_up() -> None:
    """Drops a client whose migration nobody has acknowledged, without a word."""
    patch(
        Origin,
        "_given_up",
        lambda self, connection, _onward, now: self._connections.remove(connection, now),
    )


@defect("ORG-7")
def first_copy_alone_counts() -> None:
    """Takes no acknowledgement any more once it has repeated its connection packet."""
    original = Attempts.take
    patch(
        Attempts,
        "take",
        lambda self, answer: found if (found := original(self, answer)) is not None and found.sent == 1 else None,
    )


@defect("ORG-7")
def repeats_after_the_acknowledgement() -> None:
    """Repeats its connection packet once more though it was acknowledged."""
    original = Attempts.take

    def take(self: Attempts, answer: Acknowledgement) -> Attempt | None:
        found = original(self, answer)
        if found is not None:
            again = replace(found, sent=found.sent, acknowledged=lambda _: None, given_up=lambda _: None)
            client = attempts._key(found.packet)
            self._attempts[client[0]][client[1]] = again
            heapq.heappush(self._order, (again.due, next(self._ticket), again))
        return found

    patch(Attempts, "take", take)


# Silence


@defect("ORG-8")
def answers_while_it_migrates() -> None:
    """Answers each packet of a client that is being migrated by an ACK."""
    original = Origin._receive_migrating

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        original(self, connection, arrival, now)
        self._connections.answer(connection.server, connection.client, _ack(connection, arrival.segment), now)

    patch(Origin, "_receive_migrating", receive)


@defect("ORG-8")
def comforts_a_client_that_waits() -> None:
    """Sends a client whose connection packet it repeats for the third time an ACK, so that it has patience."""
    original = Origin._migrate

    def migrate(self: Origin, connection: Connection, onward: object, now: float) -> None:
        original(self, connection, onward, now)  # type: ignore[arg-type]
        attempt = self._connections.attempts.of(Protocol.TCP, connection.client)
        if attempt is not None:
            comforted[id(attempt)] = lambda when: self._connections.answer(
                connection.server, connection.client, _ack(connection, connection.hold.arrivals[0].segment), when
            )

    comforted: dict[int, Callable[[float], None]] = {}
    patch(Origin, "_migrate", migrate)
    send_before = Attempts._send

    def send(self: Attempts, attempt: Attempt, now: float) -> None:
        send_before(self, attempt, now)
        if attempt.sent == 3 and id(attempt) in comforted:
            comforted[id(attempt)](now)

    patch(Attempts, "_send", send)


@defect("ORG-8")
def acknowledges_what_it_passes_on() -> None:
    """Acknowledges a migrated client's data to the client before it passes it on."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=renew)
        segment = tcp_segment.parse(packet.packet.payload, packet.packet.source, packet.packet.destination)
        answer = Segment(
            source_port=segment.destination_port,
            destination_port=segment.source_port,
            seq=segment.ack,
            ack=sequence.add(segment.seq, len(segment.payload)),
            flags=Flags.ACK,
            window=0xFFFF,
        )
        octets = tcp_segment.build(answer, packet.server.ip, packet.client.ip)
        self._lan.send(packet.server.ip, packet.client.ip, 6, octets, now)

    patch(Forwarder, "forward", forward)


def _ack(connection: Connection, segment: Segment) -> Segment:
    """An ACK of nothing new."""
    return Segment(
        source_port=segment.destination_port,
        destination_port=segment.source_port,
        seq=connection.endpoint.snd_nxt,
        ack=connection.endpoint.rcv_nxt,
        flags=Flags.ACK,
        window=0xFFFF,
    )


# What is held


def _passed_on(order: Callable[[list[Arrival]], list[Arrival]]) -> None:
    """Have what is held passed on otherwise after the acknowledgement."""
    original = Origin._acknowledged

    def acknowledged(self: Origin, connection: Connection, *others: object) -> None:
        connection.hold.arrivals = order(connection.hold.arrivals)
        original(self, connection, *others)  # type: ignore[arg-type]

    patch(Origin, "_acknowledged", acknowledged)


@defect("ORG-6")
def held_packets_forgotten() -> None:
    """Passes nothing on after the acknowledgement, as the client will repeat it."""
    _passed_on(lambda _: [])


@defect("ORG-6")
def held_packets_reversed() -> None:
    """Passes the last of the held packets on first."""
    _passed_on(lambda held: held[::-1])


@defect("ORG-12")
def held_packets_sorted() -> None:
    """Passes the held packets on in the order of their sequence numbers."""
    _passed_on(lambda held: sorted(held, key=lambda arrival: arrival.segment.seq))


@defect("ORG-12")
def repeated_packet_lost() -> None:
    """Takes a packet out of what is held when it comes again."""
    original = Hold.add

    def add(self: Hold, arrival: Arrival, now: float) -> bool:
        segment = arrival.segment
        others = [
            held for held in self.arrivals if (held.segment.seq, held.segment.length) != (segment.seq, segment.length)
        ]
        if segment.length and len(others) < len(self.arrivals):
            self.arrivals = others
            return True
        return original(self, arrival, now)

    patch(Hold, "add", add)


def _held_while_migrating(is_held: Callable[[Segment, int], bool]) -> None:
    original = Origin._receive_migrating

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        if arrival.segment.flags & Flags.RST or is_held(arrival.segment, connection.endpoint.rcv_nxt):
            original(self, connection, arrival, now)

    patch(Origin, "_receive_migrating", receive)


@defect("ORG-12")
def only_data_held_during_the_attempt() -> None:
    """Drops what has neither data nor FIN while a migration is in progress."""
    _held_while_migrating(lambda segment, _: segment.length > 0)


@defect("ORG-12")
def old_octets_not_held_during_the_attempt() -> None:
    """Drops what lies before rcv_nxt while a migration is in progress."""
    _held_while_migrating(lambda segment, rcv_nxt: sequence.difference(segment.seq, rcv_nxt) >= 0)


@defect("ORG-12")
def fin_not_held_during_the_attempt() -> None:
    """Drops a FIN while a migration is in progress."""
    _held_while_migrating(lambda segment, _: not segment.flags & Flags.FIN)


@defect("ORG-12")
def fin_prevents_migration() -> None:
    """Serves a client that has finished itself, whatever it has asked for."""
    original = Origin._go

    def go(self: Origin, connection: Connection, server: object, now: float) -> None:
        finished = any(held.segment.flags & Flags.FIN for held in connection.hold.arrivals)
        original(self, connection, self._settings.address if finished else server, now)  # type: ignore[arg-type]

    patch(Origin, "_go", go)


@defect("ORG-12")
def holds_without_bound() -> None:
    """Holds as many packets as come."""
    patch(hold, "MAXIMUM_PACKETS", 10_000)


@defect("ORG-12")
def holds_too_few() -> None:
    """Holds 32 packets."""
    patch(hold, "MAXIMUM_PACKETS", 32)


def _input_again(order: Callable[[list[Arrival]], list[Arrival]]) -> None:
    """Have what is held input otherwise after giving up."""
    original = Origin._given_up

    def given_up(self: Origin, connection: Connection, *others: object) -> None:
        connection.hold.arrivals = order(connection.hold.arrivals)
        original(self, connection, *others)  # type: ignore[arg-type]

    patch(Origin, "_given_up", given_up)


@defect("ORG-12")
def input_again_backwards() -> None:
    """After giving up, inputs the last packet held first, and what it brought counts."""

    def order(held: list[Arrival]) -> list[Arrival]:
        first, last = held[0].segment, held[-1].segment
        octets = first.payload[: sequence.difference(last.seq, first.seq)] + last.payload
        return [held[-1]._replace(segment=last._replace(seq=first.seq, payload=octets)), *held[:-1]]

    _input_again(order)


@defect("ORG-12")
def request_alone_input_again() -> None:
    """After giving up, remembers nothing but the packet that completed the request."""
    _input_again(lambda held: held[:1])


# Resets


def _resets(ends: Callable[[Segment, int, set[int]], bool], *, held: bool = False) -> None:
    """Have another rule for the resets that end an attempt; ``held``: others are held instead of dropped."""
    original = Origin._receive_migrating

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        segment, rcv_nxt = arrival.segment, connection.endpoint.rcv_nxt
        if not segment.flags & Flags.RST:
            original(self, connection, arrival, now)
        elif ends(segment, rcv_nxt, connection.hold.ends(rcv_nxt)):
            self._connections.remove(connection, now)
        elif not held or not connection.hold.add(arrival, now):
            self._discards.because(Discard.HELD_OTHERWISE)

    patch(Origin, "_receive_migrating", receive)


@defect("ORG-12")
def attempt_survives_a_reset() -> None:
    """Goes on with a migration though the client has reset the connection."""
    _resets(lambda _rst, _rcv_nxt, _ends: False)


@defect("ORG-12")
def attempt_survives_a_reset_at_rcv_nxt() -> None:
    """Ends a migration by an RST at the end of what is held only."""
    _resets(lambda rst, _rcv_nxt, ends: rst.seq in ends)


@defect("ORG-12")
def reset_behind_a_fin_ignored() -> None:
    """Forgets that a FIN has a number when it looks for the end of what is held."""
    _resets(lambda rst, rcv_nxt, ends: rst.seq in (rcv_nxt, min(ends)))


@defect("ORG-12")
def any_reset_ends_the_attempt() -> None:
    """Ends a migration by any RST, so that a stranger can guess one."""
    _resets(lambda _rst, _rcv_nxt, _ends: True)


@defect("ORG-12")
def other_resets_passed_on() -> None:
    """Holds a reset that is not the client's own, and passes it on."""
    _resets(lambda rst, rcv_nxt, ends: rst.seq in {rcv_nxt} | ends, held=True)
