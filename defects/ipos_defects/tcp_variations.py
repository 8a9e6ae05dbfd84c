"""Other TCP stacks: what RFC 9293 and its companions leave to them, and ORG-3 to ORG-11 to the router."""

import struct
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from ipos_reference import connections, request, router
from ipos_reference.addresses import Address
from ipos_reference.configuration import Configuration
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.events import Attached
from ipos_reference.hold import Arrival
from ipos_reference.origin import Origin
from ipos_reference.request import RequestKind
from ipos_reference.router import Router
from ipos_reference.settings import Bounds, Settings
from ipos_reference.tcp import options as tcp_options
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp import transmit
from ipos_reference.tcp.congestion import Congestion
from ipos_reference.tcp.connection import State
from ipos_reference.tcp.options import MAXIMUM_OCTETS, Options
from ipos_reference.tcp.rate_limit import RateLimit
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.timestamp_clock import TimestampClock

from ipos_defects.defect import patch
from ipos_defects.regularly import regularly
from ipos_defects.variation import variation


def _configured(**differences: Any) -> None:
    """Have all endpoints use other TCP settings."""
    original = Connections.tcp_settings
    patch(Connections, "tcp_settings", lambda self: replace(original(self), **differences))


def _sending(change: Callable[[Segment], Collection[Segment]]) -> None:
    """Have each segment replaced by others on its way out."""
    original = Connections._send

    def send(self: Connections, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        original(self, server, client, [new for segment in segments for new in change(segment)], now)

    patch(Connections, "_send", send)


# Acknowledgements


@variation("RFC 9293 3.8.6.3: an ACK may be delayed, and need not be.")
def acknowledges_at_once() -> None:
    """Acknowledges every segment as it comes, before its application has said anything."""
    _configured(delayed_ack=0.0)


@variation("RFC 9293 3.8.6.3: an ACK may be delayed by up to 0.5 s.")
def acknowledges_late() -> None:
    """Delays ACKs by 0.4 s."""
    _configured(delayed_ack=0.4)


@variation("RFC 9293 asks nowhere that an ACK rides on data.")
def never_piggybacks() -> None:
    """Sends a bare ACK before each segment with data or FIN."""

    def change(segment: Segment) -> Collection[Segment]:
        if (not segment.payload and not segment.flags & Flags.FIN) or segment.flags & (Flags.SYN | Flags.RST):
            return (segment,)
        return segment._replace(payload=b"", flags=Flags.ACK), segment

    _sending(change)


@variation("ORG-11 forbids to acknowledge held octets, not to say that none has been acknowledged (RFC 5681 3.2).")
def duplicate_acks_while_it_holds() -> None:
    """Answers each segment of a request that it holds by an ACK of what was acknowledged before."""
    original = Origin._hold

    def hold(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        connection.endpoint._connection.ack_now = True
        self._connections.settle(connection, now)
        original(self, connection, arrival, now)

    patch(Origin, "_hold", hold)


@variation("RFC 5961 7: challenge ACKs should be throttled, for the whole host if it likes.")
def one_challenge_a_second() -> None:
    """Sends at most one challenge ACK a second, over all connections."""
    shared = RateLimit(1)
    original = RateLimit.allows
    patch(RateLimit, "allows", lambda _self, now: original(shared, now))


# Segments


@variation("RFC 9293 3.7.1: the MSS is an upper bound.")
def small_segments() -> None:
    """Sends at most 100 octets of options and data in a segment, whatever the client takes."""
    _configured(largest_segment=100)


@variation("RFC 5681 3.1: a sender may send less than it is allowed to.")
def one_segment_in_flight() -> None:
    """Waits for the ACK of each segment before it sends the next."""
    patch(Congestion, "allowance", property(lambda self: self.mss))


@variation(
    "RFC 6298 is a lower bound for retransmission that RFC 9293 lets a sender misjudge: receivers drop duplicates."
)
def repeats_without_need() -> None:
    """Sends each SYN/ACK, and each segment with data or FIN, twice."""
    _sending(lambda segment: (segment, segment) if segment.length else (segment,))


@variation("RFC 9293 3.10.4: a FIN may go with the last data or behind it.")
def fin_on_its_own() -> None:
    """Never puts a FIN onto a segment with data, and sends the last octet apart from the others."""

    def change(segment: Segment) -> Collection[Segment]:
        payload, fin = segment.payload, segment.flags & Flags.FIN
        if len(payload) < 2:
            return (segment,)
        head = segment._replace(payload=payload[:-1], flags=Flags.ACK)
        tail = segment._replace(seq=(segment.seq + len(payload) - 1) % 2**32, payload=payload[-1:], flags=Flags.ACK)
        end = segment._replace(seq=(segment.seq + len(payload)) % 2**32, payload=b"")
        return (head, tail, end) if fin else (head, tail)

    _sending(change)


@variation("RFC 9293 3.1: PSH is a hint, and the urgent pointer counts only with URG, the ACK number only with ACK.")
def odd_header_fields() -> None:
    """Sets PSH on everything but resets, and fills the urgent pointer and unused ACK numbers with something."""

    def change(segment: Segment) -> Collection[Segment]:
        pushed = segment.flags if segment.flags & Flags.RST else segment.flags | Flags.PSH
        ack = segment.ack if segment.flags & Flags.ACK else 0xDEADBEEF
        return (segment._replace(flags=pushed, ack=ack, urgent=0xBEEF),)

    _sending(change)


@variation("RFC 9293 3.5.2: of a reset only sequence number, ACK number and flags are fixed; many stacks add ACK.")
def resets_with_ack_and_window() -> None:
    """Sets ACK on every RST, with some ACK number, and puts a window into it."""

    def change(segment: Segment) -> Collection[Segment]:
        if not segment.flags & Flags.RST:
            return (segment,)
        return (segment._replace(flags=segment.flags | Flags.ACK, window=0xFFFF),)

    _sending(change)


# Options


@variation("RFC 7323 1.3 and RFC 2018 2: nobody has to take an option that is offered.")
def no_tcp_extensions() -> None:
    """Takes neither window scale nor timestamps nor SACK from its own clients."""
    _configured(timestamps=False, window_scaling=False, sack=False)


@variation("ORG-2 bounds the MSS from above only.")
def small_mss() -> None:
    """Offers an MSS of 536."""
    _configured(mss=536)


@variation("RFC 9293 3.7.1: an MSS of 536 need not be said.")
def no_mss_option() -> None:
    """Sends no MSS option."""
    _sending(lambda segment: (segment._replace(options=segment.options._replace(mss=None)),))


@variation("RFC 9293 3.1: options may come in any order, with any number of NOPs between, and end with EOL.")
def options_in_another_order() -> None:
    """Sends window scale first and MSS last, unaligned, a NOP before each, and something behind the EOL."""
    original = tcp_options.encode

    def encode(options: Options) -> bytes:
        octets = b"".join(b"\1" + part for part in _parts(options))
        padded = octets + b"\0" + b"\x5a" * (-(len(octets) + 1) % 4)
        return padded if octets and len(padded) <= MAXIMUM_OCTETS else original(options)

    patch(tcp_segment, "encode", encode)
    patch(transmit, "encode", encode)


def _parts(options: Options) -> Iterator[bytes]:
    """The options that are there, each as octets."""
    if options.window_scale is not None:
        yield bytes((3, 3, options.window_scale))
    if options.timestamps is not None:
        yield struct.pack("!BBII", 8, 10, *options.timestamps)
    if options.sack_permitted:
        yield bytes((4, 2))
    if options.sack:
        numbers = [number for block in options.sack for number in block]
        yield struct.pack(f"!BB{len(numbers)}I", 5, 2 + 4 * len(numbers), *numbers)
    if options.mss is not None:
        yield struct.pack("!BBH", 2, 4, options.mss)


@variation("TGT-7: a timestamp clock may run ahead, it must not fall back.")
def timestamp_clock_ahead() -> None:
    """Adds a million ticks to every TSval."""
    original = TimestampClock.value
    patch(TimestampClock, "value", lambda self, now: (original(self, now) + 1_000_000) % 2**32)


# Windows


@variation("RFC 9293 3.8.6: a receiver offers what window it likes.")
def small_window() -> None:
    """Offers 512 octets, and says so whenever the application has read half of it."""
    _configured(receive_buffer=512)


@variation("RFC 7323 2.3: a window may be as large as 2^30 octets.")
def huge_window() -> None:
    """Offers a window of 2^30 - 2^14 octets where the client takes scaling."""
    _configured(receive_buffer=0xFFFF << 14)


@variation("RFC 9293 3.8.6: a window of zero is one, and an update opens it (so SYN proxies hold clients back).")
def window_opens_after_the_handshake() -> None:
    """Offers a window of zero in the SYN/ACK, and opens it a little after the handshake; what comes before is lost."""
    _sending(lambda segment: (segment._replace(window=0) if segment.flags & Flags.SYN else segment,))
    opened: set[int] = set()
    original = Origin._receive_waiting

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        has_opened = connection.number in opened or connection.migration is not None
        if has_opened or arrival.segment.flags & Flags.RST:
            original(self, connection, arrival, now)

    def open_windows(router: Router, now: float) -> None:
        for connection in router.tables:
            if connection.endpoint.state is State.ESTABLISHED and connection.number not in opened:
                opened.add(connection.number)
                if connection.migration is None:
                    connection.endpoint._connection.ack_now = True
                    router._connections.settle(connection, now)

    patch(Origin, "_receive_waiting", receive)
    regularly(0.02, open_windows)


# Keep-alive, requests, applications, tables


@variation("RFC 9293 3.8.4: idle connections may be probed, with one octet of garbage too.")
def keep_alives() -> None:
    """Probes each of its own clients' connections, every 0.1 s, by an octet that was acknowledged long ago."""

    def probe(router: Router, now: float) -> None:
        for connection in router.tables:
            if connection.migration is None and not connection.migrating and connection.endpoint.quiescent:
                connection.endpoint.probe()
                router._connections.settle(connection, now)

    regularly(0.1, probe)
    numbered_before = Connections._send

    def send(self: Connections, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        connection = self.tables.by_client(client, server)
        before = (connection.endpoint.snd_nxt - 1) % 2**32 if connection is not None else None
        changed = [
            segment._replace(payload=b"\0") if segment.seq == before and segment.flags == Flags.ACK else segment
            for segment in segments
        ]
        numbered_before(self, server, client, changed, now)

    patch(Connections, "_send", send)


@variation("ORG-3: LF LF may end a header section too.")
def line_feeds_end_a_request() -> None:
    """Takes LF LF for the end of a request."""
    original = request.is_complete
    patch(request, "is_complete", lambda kind, octets: original(kind, octets) or _has_blank_line(kind, octets))


def _has_blank_line(kind: RequestKind, octets: bytes) -> bool:
    return kind is RequestKind.HTTP and b"\n\n" in octets


@variation("ORG-11: from 1 s on an incomplete request may be acknowledged, and need not be until 5 s (ORG-3).")
def holds_for_five_seconds() -> None:
    """Acknowledges an incomplete request only when ORG-3 makes the choice, 5 s after its first octet."""
    patch(connections, "FIRST_OCTET_UNACKNOWLEDGED", 5.0)


@variation("ORG-11: that nothing is acknowledged within 1 s is a SHOULD NOT; what was is served here.", "ORG-11")
def acknowledges_a_request_early() -> None:
    """Acknowledges an incomplete request after 0.6 s, and serves it."""
    patch(connections, "FIRST_OCTET_UNACKNOWLEDGED", 0.6)


@variation("ORG-9 asks for a challenge ACK, and ORG-12 for silence while a migration is in progress.")
def challenges_resets_while_it_holds() -> None:
    """Answers an RST elsewhere in the window by a challenge ACK until a request is complete."""

    def reset(self: Origin, connection: Connection, rst: Segment, now: float) -> None:
        if rst.seq in connection.hold.ends(connection.endpoint.rcv_nxt):
            self._connections.remove(connection, now, failure="reset by peer")
        else:
            self._connections.receive(connection, rst, now)

    patch(Origin, "_reset", reset)


@variation("No requirement is about an application's speed.")
def slow_application() -> None:
    """Has an application that takes 0.4 s for each answer."""
    waiting: list[tuple[float, Attached]] = []

    original = Connections.attach

    def attach(self: Connections, connection: Connection) -> None:
        original(self, connection)
        self.events.pop()
        waiting.append((time.monotonic() + 0.4, Attached(connection.number, connection.listener)))

    def wake(router: Router, now: float) -> None:
        while waiting and waiting[0][0] <= now:
            _, event = waiting.pop(0)
            if router.endpoint(event.number) is not None:
                router._connections.events.append(event)

    patch(Connections, "attach", attach)
    regularly(0.02, wake)


_SMALL = Bounds(temporary=24, local=24, forward_connect=24)


@variation("TAB-4: every table is bounded, as the operator likes.")
def small_tables() -> None:
    """Has room for 24 endpoints of TCP in each table, if nobody has said for how many."""
    original = Configuration.settings

    def settings(self: Configuration) -> Settings:
        right = original(self)
        return replace(right, bounds=_SMALL) if right.bounds == Bounds() else right

    patch(Configuration, "settings", settings)
    # Nothing but time ends an endpoint of UDP, so that the suite asks for room (pics.udp).
    of_udp = connections.endpoint_bounds
    patch(
        router,
        "endpoint_bounds",
        lambda settings: of_udp(replace(settings, bounds=Bounds()) if settings.bounds == _SMALL else settings),
    )
