"""Behind the acknowledgement: every packet of the client goes to the holder as it came, and the origin is silent."""

from collections.abc import Callable
from typing import Any

from ipos_conformance.case import CaseSteps, parameters, quick, requirement
from ipos_conformance.changes import inverted, ip_changed
from ipos_conformance.dut import Dut
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.steps.left_as_sent import AS_SENT
from ipos_conformance.steps.moved import send_away

_SEGMENTS: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "ack": ("A", b"", {}),
    "data": ("PA", b"more", {}),
    "fin": ("FA", b"", {}),
    "rst": ("R", b"", {}),
    "rst-elsewhere-in-the-window": ("R", b"", {"seq": 5000}),
    "urgent": ("PAU", b"!", {}),
    "syn-ack": ("SA", b"", {}),
    "no-flags": ("", b"?", {}),
    "every-flag-but-syn": ("FRPAUEC", b"?", {}),
    "data-before-the-window": ("PA", b"old", {"seq": -1000}),
    "data-behind-the-window": ("PA", b"far", {"seq": 1 << 20}),
    "ack-of-nothing-sent": ("A", b"", {"ack": 1 << 20}),
    "closed-window": ("A", b"", {"window": 0}),
}
"""Flags, data, and fields: sequence and acknowledgement number by their distance from the usual one."""


def _shifted(client: Conversation, segment: tuple[str, bytes, dict[str, Any]]) -> bytes:
    flags, data, fields = segment
    usual = {"seq": client.snd_nxt, "ack": client.rcv_nxt}
    return client.packet(flags, data, **{name: usual.get(name, 0) + value for name, value in fields.items()})


@requirement("FWD-1")
@parameters(segment=_SEGMENTS)
def test_segment_is_forwarded_octet_for_octet(dut: Dut, segment: tuple[str, bytes, dict[str, Any]]) -> None:
    """Whatever the client sends, in the window or not, appears at the holder, and the client hears nothing."""
    moved = send_away(dut)
    moved.expect_passed_on(_shifted(moved.client, segment))


@requirement("FWD-1")
@parameters(change=AS_SENT)
def test_headers_are_left_as_they_are(dut: Dut, change: Callable[[bytes], bytes]) -> None:
    """Neither the IP header nor TCP's is touched or judged: TTL, options and a wrong TCP checksum arrive as sent."""
    moved = send_away(dut)
    moved.expect_passed_on(change(moved.client.packet("PA", b"more")))


@requirement("FWD-1")
def test_unknown_tcp_options_are_left_as_they_are(dut: Dut) -> None:
    """Options that no router knows, timestamps that were not agreed, and a SACK block arrive as sent."""
    moved = send_away(dut)
    options = [(253, b"ipOS"), ("Timestamp", (1, 2)), ("SAck", (1, 2))]
    moved.expect_passed_on(moved.client.packet("PA", b"more", options))


@requirement("FWD-1")
def test_packets_keep_their_order(dut: Dut) -> None:
    """Of ten segments sent at once each appears at the holder, in the order in which the client sent them."""
    moved = send_away(dut)
    segments = [moved.client.packet("PA", bytes([number]) * 100, seq=number * 100) for number in range(10)]
    moved.expect_passed_on(*segments)


@requirement("FWD-1")
def test_wrong_ip_header_checksum_is_not_forwarded(dut: Dut) -> None:
    """A packet whose IP header is damaged is nobody's; the next one is forwarded."""
    moved = send_away(dut)
    moved.carry(inverted(moved.client.packet("PA", b"more"), 10))
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("FWD-1")
@parameters(place={"first": b"\x20\x00", "middle": b"\x20\x01", "last": b"\x00\x01"})
def test_fragment_is_not_forwarded(dut: Dut, place: bytes) -> None:
    """A fragment, first or later, is dropped; the next whole packet is forwarded."""
    moved = send_away(dut)
    moved.carry(ip_changed(moved.client.packet("PA", b"fragment"), 6, place))
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("FWD-2")
@parameters(flags={"fin": "FA", "rst": "R"})
def test_fin_or_reset_does_not_end_the_entry(dut: Dut, flags: str) -> None:
    """Behind a FIN or an RST, which a stranger may have sent, the client's packets are forwarded as before."""
    moved = send_away(dut)
    moved.expect_passed_on(moved.client.packet(flags))
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("ORG-8")
@parameters(segment=_SEGMENTS)
def test_origin_says_nothing_to_a_client_that_has_left(dut: Dut, segment: tuple[str, bytes, dict[str, Any]]) -> None:
    """Nothing that a live endpoint, or a closed one, would answer makes the origin say anything."""
    moved = send_away(dut)
    moved.carry(_shifted(moved.client, segment))
    moved.expect_silence_to_client()


@quick
@requirement("ORG-8")
def test_no_timer_of_the_origin_s_is_left(dut: Dut) -> CaseSteps:
    """When the time for a connection without data would be over (ORG-10), the client still hears nothing."""
    moved = send_away(dut)
    dut.settle(moved.client)
    yield dut.pause(35)
    moved.expect_silence_to_client()
