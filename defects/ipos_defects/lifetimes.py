"""Defects in how long things live: times too short, too long, not begun anew, scaled where they must not be (TIM-1)."""

from dataclasses import replace
from typing import Any

from ipos_reference import connections, keep_alive
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.keep_alive import Probes
from ipos_reference.target import Target
from ipos_reference.tcp import transmit
from ipos_reference.tcp.connection import Connection as TcpConnection
from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.segment import Segment
from ipos_reference.tcp.settings import Settings as TcpSettings

from ipos_defects.defect import defect, patch

# A connection without data


@defect("ORG-10")
def idle_client_reset_early() -> None:
    """Resets a connection without data after 20 s."""
    patch(connections, "WITHOUT_DATA", 20.0)


@defect("ORG-10")
def idle_client_reset_late() -> None:
    """Resets a connection without data after 45 s only."""
    patch(connections, "WITHOUT_DATA", 45.0)


@defect("TIM-1")
def one_timer_unscaled() -> None:
    """Resets a connection without data after 30 s, whatever the factor."""
    original = Connections.role_deadline

    def deadline(self: Connections, connection: Connection, now: float) -> float | None:
        waits = connection.migration is None and connection.hold.first_octet_at is None and not connection.attached
        return connection.opened_at + connections.WITHOUT_DATA if waits else original(self, connection, now)

    patch(Connections, "role_deadline", deadline)


@defect("TIM-1")
def tcp_scaled_as_well() -> None:
    """Scales TCP's retransmission time-outs like its own timers."""
    original = Connections.tcp_settings

    def scaled(self: Connections) -> TcpSettings:
        settings, factor = original(self), self.settings.timer_scale
        return replace(
            settings,
            minimum_rto=settings.minimum_rto * factor,
            syn_ack_timeout=settings.syn_ack_timeout * factor,
        )

    patch(Connections, "tcp_settings", scaled)


# The provisional endpoint, and the memory of one that has ended


@defect("TGT-12")
def provisional_ends_early() -> None:
    """Removes a provisional endpoint after 800 s, though its origin keeps the entry for 900 s."""
    patch(connections, "PROVISIONAL_LIFETIME", 800.0)


@defect("TGT-12")
def provisional_ends_late() -> None:
    """Keeps a provisional endpoint for 1000 s."""
    patch(connections, "PROVISIONAL_LIFETIME", 1000.0)


@defect("TGT-12")
def provisional_ends_with_a_reset() -> None:
    """Tells the client of the end of a provisional endpoint."""
    original = Target.handle_timeout

    def handle(self: Target, connection: Connection, now: float) -> None:
        if connection.provisional:
            connection.endpoint.abort()
            self._connections.settle(connection, now)
        else:
            original(self, connection, now)

    patch(Target, "handle_timeout", handle)


@defect("TGT-4")
def ended_forgotten_early() -> None:
    """Remembers an ended endpoint for 3 s."""
    patch(connections, "ENDED_REMEMBERED", 3.0)


@defect("TGT-4")
def ended_forgotten_late() -> None:
    """Refuses what an ended endpoint's origin sends for 10 s."""
    patch(connections, "ENDED_REMEMBERED", 10.0)


# Keep-alive


@defect("TGT-13")
def probes_early() -> None:
    """Asks a silent client after 250 s."""
    patch(keep_alive, "_SILENCE", 250.0)


@defect("TGT-13")
def probes_late() -> None:
    """Asks a silent client after 350 s."""
    patch(keep_alive, "_SILENCE", 350.0)


@defect("TGT-13")
def never_probes() -> None:
    """Waits for a silent client for ever."""
    patch(Probes, "due", lambda *_, **_named: None)


@defect("TGT-13")
def probes_with_the_next_number() -> None:
    """Sends a bare ACK for a keep-alive, which no client answers."""
    original = transmit._bare

    def bare(tcp: TcpConnection, moment: Any) -> Segment | None:
        tcp.ack_now, tcp.probe_due = tcp.ack_now or tcp.probe_due, False
        return original(tcp, moment)

    patch(transmit, "_bare", bare)


@defect("TGT-13")
def probes_seldom() -> None:
    """Leaves a client 100 s for each answer."""
    patch(keep_alive, "_ANSWER", 100.0)


@defect("TGT-13")
def probes_twice() -> None:
    """Gives a client up after two probes."""
    patch(keep_alive, "MOST", 2)


@defect("TGT-13")
def probes_four_times() -> None:
    """Gives a client up only after four probes."""
    patch(keep_alive, "MOST", 4)


@defect("TGT-13")
def same_silence_behind_fin() -> None:
    """Asks a client that has sent its FIN after 300 s, like any other."""
    patch(keep_alive, "_SILENCE_AFTER_FIN", 300.0)


@defect("TGT-13")
def answers_do_not_count() -> None:
    """Gives a client up after three probes, though it has answered them."""
    original = Probes.due

    def due(self: Probes, endpoint: Endpoint, scale: float, *, migrated: bool) -> float | None:
        sent = self.sent
        when = original(self, endpoint, scale, migrated=migrated)
        self.sent = sent
        return when

    patch(Probes, "due", due)


@defect("TGT-13")
def answer_begins_no_silence() -> None:
    """Asks a client that has answered again after 75 s."""
    original = Probes.due

    def due(self: Probes, endpoint: Endpoint, scale: float, *, migrated: bool) -> float | None:
        answered = bool(self.sent) and endpoint.heard_at >= self.at
        when = original(self, endpoint, scale, migrated=migrated)
        self.sent = self.sent or int(answered)
        return self.at + keep_alive._ANSWER * scale if self.sent and when is not None else when

    patch(Probes, "due", due)


@defect("TGT-13")
def vanished_client_is_told() -> None:
    """Resets a client that has answered no probe."""
    original = Target.handle_timeout

    def handle(self: Target, connection: Connection, now: float) -> None:
        if connection.provisional or connection.probes.sent < keep_alive.MOST:
            original(self, connection, now)
        else:
            connection.endpoint.abort()
            self._connections.settle(connection, now)

    patch(Target, "handle_timeout", handle)
