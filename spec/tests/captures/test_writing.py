"""What is written is read back, whatever it is; what a capture can't hold is refused by name."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import captures
from ipos_spec.captures import CapturedFrame, CaptureWriter, Direction, Resolution
from ipos_spec.errors import EncodeError

NAMES = ["first LAN", "second LAN", ""]

written_frames = st.lists(
    st.builds(
        CapturedFrame,
        octets=st.binary(max_size=70),
        original_length=st.integers(0, 0xFFFFFFFF),
        time_ns=st.integers(0, (1 << 64) - 1),
        interface=st.sampled_from(NAMES),
        comments=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=3).map(tuple),
        direction=st.sampled_from([None, *Direction]),
    ),
    max_size=5,
)


def write(frames: list[CapturedFrame], **kwargs: Any) -> io.BytesIO:
    file = io.BytesIO()
    writer = CaptureWriter(file, NAMES, **kwargs)
    for frame in frames:
        assert frame.time_ns is not None
        writer.write(
            frame.interface,
            frame.time_ns,
            frame.octets,
            frame.comments,
            direction=frame.direction,
            original_length=frame.original_length,
        )
    file.seek(0)
    return file


@given(written_frames)
def test_round_trip(frames: list[CapturedFrame]) -> None:
    assert list(captures.read(write(frames))) == frames


@given(written_frames)
def test_microseconds_cut_the_time_off(frames: list[CapturedFrame]) -> None:
    times = [frame.time_ns for frame in captures.read(write(frames, resolution=Resolution.MICROSECONDS))]
    assert times == [(frame.time_ns or 0) // 1000 * 1000 for frame in frames]


def test_original_length_is_that_of_the_octets_if_nothing_else_is_said() -> None:
    file = io.BytesIO()
    CaptureWriter(file, ["a"]).write("a", 0, b"abc")
    file.seek(0)
    assert next(captures.read(file)).original_length == 3


@pytest.mark.parametrize(
    ("interface", "time_ns", "comment", "complaint"),
    [
        ("third LAN", 0, "", "interface: 'third LAN', expected one of first LAN, second LAN"),
        ("first LAN", -1, "", "time_ns: -1, expected 0 to 18446744073709551615"),
        ("first LAN", 1 << 64, "", "time_ns: 18446744073709551616"),
        ("first LAN", 0, "ä" * 0x8000, "comments: a text of 65536 octets, expected at most 65535"),
    ],
)
def test_what_a_capture_cannot_hold_is_refused(interface: str, time_ns: int, comment: str, complaint: str) -> None:
    file = io.BytesIO()
    writer = CaptureWriter(file, ["first LAN", "second LAN"])
    before = file.getvalue()
    with pytest.raises(EncodeError, match=complaint):
        writer.write(interface, time_ns, b"", [comment])
    assert file.getvalue() == before


def test_interfaces_have_different_names() -> None:
    with pytest.raises(EncodeError, match="interfaces: a, b, a: a name stands there twice"):
        CaptureWriter(io.BytesIO(), ["a", "b", "a"])
