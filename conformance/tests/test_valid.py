"""What was changed in a stimulus is told by the valid frame that the case made it of."""

import pytest
from ipos_conformance.changes import inverted, with_ip_options
from ipos_conformance.findings.evidence import Part, evidence
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Lan
from ipos_spec.codec import encode
from ipos_spec.packets import acknowledgement, tcp_packet
from made_results import CONNECTION, ETHERNET, REFERENCE, SEGMENT, frame, valid

INNER = 30
TO_ROUTER = bytes(12) + b"\x08\x00"


def changes(octets, lan=Lan.SECOND):
    (found,) = evidence([frame(octets, 1.0, lan)], valid())
    return [change.field for change in found.changes]


def noted(inner):
    """Evidence of a client's packet that is wrong within a header that is right, and so was noted as a whole."""
    packet, kept = tcp_packet(ETHERNET, REFERENCE, inner), valid()
    kept.note_frame(encode(packet), frame(b"", 0.5).time)
    (found,) = evidence([frame(encode(packet), 1.0)], kept)
    return [change.field for change in found.changes]


@pytest.mark.parametrize("octets", [encode(CONNECTION), encode(tcp_packet(ETHERNET, REFERENCE, SEGMENT))])
def test_valid_frame_has_no_changes(octets):
    assert changes(octets) == []


def test_changed_octet_is_the_field_that_it_stands_in():
    assert changes(inverted(encode(CONNECTION), 0)) == ["ethernet.destination"]


def test_changed_client_s_packet_is_told_on_the_first_lan():
    assert changes(TO_ROUTER + inverted(SEGMENT, 36), Lan.FIRST) == ["tcp.checksum"]


def test_changed_client_s_packet_is_told_within_a_valid_header():
    assert noted(inverted(SEGMENT, 36)) == ["inner.tcp.checksum"]


def test_options_are_told_though_they_move_the_rest():
    assert "inner.ip.options" in noted(with_ip_options(SEGMENT, bytes([1, 1, 1, 0])))


def test_frame_is_held_against_what_was_built_before_it():
    """What comes later may look more like a cut frame than what it was cut from."""
    kept = Valid()
    kept.note_frame(encode(CONNECTION), frame(b"", 0.5).time)
    kept.note_frame(encode(tcp_packet(ETHERNET, REFERENCE, SEGMENT)), frame(b"", 2.0).time)
    (found,) = evidence([frame(encode(CONNECTION)[:20], 1.0)], kept)
    assert [(change.usual, change.size) for change in found.changes] == [("156 octets", 0)]


def test_right_acknowledgement_of_the_target_s_own_packet_is_known():
    right = encode(acknowledgement(CONNECTION, ETHERNET.destination))
    offered = frame(encode(CONNECTION), 0.5, direction=Direction.RECEIVED)
    _, good, bad = evidence([offered, frame(right, 1.0), frame(inverted(right, 29), 1.0)], valid())
    assert (good.changes, [change.field for change in bad.changes]) == ((), ["header.checksum"])


def test_something_else_altogether_is_no_changed_frame():
    assert changes(bytes(range(200))) == []


def test_barriers_and_arp_are_told_apart():
    arp = bytes.fromhex("ffffffffffff0200000001fe08060001080006040001") + bytes(20)
    frames = [frame(arp, 0.0), frame(encode(CONNECTION), 0.1), frame(SEGMENT, 0.2)]
    found = evidence(frames, valid(), lambda one: one.octets == SEGMENT)
    assert [one.part for one in found] == [Part.NEIGHBOUR, Part.CASE, Part.PROBE]
