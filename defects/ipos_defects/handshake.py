"""Defects in opening a connection, and in what a segment for no connection or out of place gets (ORG-1, ORG-9)."""

from dataclasses import replace
from typing import Any

from ipos_reference import lookup
from ipos_reference.addresses import Address
from ipos_reference.origin import Origin
from ipos_reference.tcp import acceptability, arrival, endpoint, negotiation, opening
from ipos_reference.tcp.acceptability import Acceptance
from ipos_reference.tcp.negotiation import Agreement
from ipos_reference.tcp.options import Options
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment

from ipos_defects.defect import defect, patch


@defect("ORG-1")
def listener_refuses() -> None:
    """Resets a SYN to a port that somebody serves."""

    def refuse(self: Origin, syn: Segment, client: Address, server: Address, now: float, **_others: Any) -> None:
        rst = reset_for(syn)
        if rst is not None:
            self._connections.answer(server, client, rst, now)

    patch(Origin, "open", refuse)


@defect("ORG-1")
def resets_with_number_zero() -> None:
    """Resets a stray segment that acknowledges something with sequence number 0, which no client believes."""

    def reset(segment: Segment) -> Segment | None:
        rst = reset_for(segment)
        return rst._replace(seq=0) if rst is not None and segment.flags & Flags.ACK else rst

    patch(lookup, "reset_for", reset)


@defect("ORG-1")
def reset_forgets_the_fin() -> None:
    """Acknowledges all of a stray segment but its FIN."""

    def reset(segment: Segment) -> Segment | None:
        rst = reset_for(segment)
        finishes = segment.flags & (Flags.FIN | Flags.ACK) == Flags.FIN
        return rst._replace(ack=(rst.ack - 1) % 2**32) if rst is not None and finishes else rst

    patch(lookup, "reset_for", reset)


@defect("ORG-1")
def stray_reset_answered() -> None:
    """Answers a stray RST by another, which two such routers would do for ever."""

    def reset(segment: Segment) -> Segment | None:
        return reset_for(segment._replace(flags=segment.flags & ~Flags.RST))

    patch(lookup, "reset_for", reset)


@defect("ORG-9")
def clients_mss_ignored() -> None:
    """Sends segments of 1460 octets, whatever MSS the client has offered."""
    original = negotiation.agree

    def agree(offer: Options, settings: Any) -> Agreement:
        return replace(original(offer, settings), peer_mss=1460)

    patch(opening, "agree", agree)


@defect("ORG-9")
def wrong_acknowledgement_ends_no_handshake() -> None:
    """Says nothing to a client that acknowledges, in the handshake, what was never sent."""
    patch(arrival, "_refuse_handshake", lambda _connection, _segment: None)


def _judged(change: Any) -> None:
    original = acceptability.judge

    def judge(connection: Any, segment: Segment, now: float) -> Acceptance:
        return change(segment, original(connection, segment, now))  # type: ignore[no-any-return]

    for module in (arrival, endpoint):
        patch(module, "judge", judge)


@defect("ORG-9")
def acknowledgement_of_unsent_octets_ignored() -> None:
    """Drops an ACK of octets that were never sent without saying where the connection stands."""
    _judged(lambda _segment, found: Acceptance.CLOSED if found is Acceptance.UNACCEPTABLE_ACK else found)


@defect("ORG-9")
def reset_before_the_window_counts() -> None:
    """Ends a connection by an RST whose number has been used up."""

    def change(segment: Segment, found: Acceptance) -> Acceptance:
        outside = segment.flags & Flags.RST and found is Acceptance.OUTSIDE_WINDOW
        return Acceptance.ACCEPTABLE if outside else found

    _judged(change)


@defect("ORG-9")
def reset_never_counts() -> None:
    """Goes on with a connection that the client has reset."""

    def change(segment: Segment, found: Acceptance) -> Acceptance:
        return Acceptance.OUTSIDE_WINDOW if segment.flags & Flags.RST else found

    _judged(change)
