"""What is told as changed in the frames of a finding."""

import struct

from ipos_conformance.findings.evidence import evidence
from ipos_conformance.findings.valid import Valid
from ipos_fuzz.findings.changes import with_changes
from ipos_spec.codec import encode
from ipos_spec.ethernet import ETHER_TYPE
from made_results import CONNECTION, RIGHT_ANSWER, STIMULUS, frame, valid

RIGHT = encode(CONNECTION)
SENT = 36
"""Offset of a field that the player gives another number."""


def fields(frames):
    return [[(change.field, change.usual_octets) for change in one.changes] for one in frames]


def test_single_frame_is_held_against_what_it_was_made_of_and_not_against_what_else_is_right():
    other = Valid()
    other.note_frame(STIMULUS[:20] + b"\7\7" + STIMULUS[22:])
    shown = evidence([frame(STIMULUS, 0.1), frame(RIGHT_ANSWER, 0.2)], other)
    told = with_changes(shown, shown, {STIMULUS: RIGHT, RIGHT_ANSWER: b""}, ETHER_TYPE)
    assert fields(told) == [[("header.checksum", RIGHT[28:30].hex())], []]


def test_frame_that_is_sent_with_other_numbers_keeps_what_stands_in_it_as_before():
    first = evidence([frame(STIMULUS, 0.1)], valid())
    again = STIMULUS[:SENT] + struct.pack(">I", 0x01020304) + STIMULUS[SENT + 4 :]
    assert fields(with_changes(evidence([frame(again, 5.0)], Valid()), first, {}, ETHER_TYPE)) == [
        [("header.checksum", RIGHT[28:30].hex())]
    ]


def test_field_that_was_restored_is_not_told():
    first = evidence([frame(STIMULUS, 0.1)], valid())
    assert fields(with_changes(evidence([frame(RIGHT, 5.0)], Valid()), first, {}, ETHER_TYPE)) == [[]]


def test_what_came_is_left_as_it_is():
    shown = evidence([frame(RIGHT_ANSWER, 0.1, direction="received")], Valid())
    assert with_changes(shown, (), {}, ETHER_TYPE) == shown
