"""A damaged capture gives its whole frames and then one clear error, never anything else."""

import io
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import captures
from ipos_spec.captures import CapturedFrame, CaptureError, CaptureWriter


def small_pcapng() -> bytes:
    file = io.BytesIO()
    writer = CaptureWriter(file, ["first LAN", "second LAN"], comments=["a capture"])
    writer.write("second LAN", 10**18, b"\x00\x07" * 9, ["a comment", "another"])
    writer.write("first LAN", 10**18 + 1, b"\x08\x00" * 8)
    return file.getvalue()


def small_pcap() -> bytes:
    header = bytes.fromhex("a1b2c3d4") + struct.pack(">HHLLLL", 2, 4, 0, 0, 65535, 1)
    return header + b"".join(struct.pack(">LLLL", 1, 2, 5, 5) + octets for octets in (b"first", b"other"))


FILES = {"pcapng": small_pcapng(), "pcap": small_pcap()}


def read_to_the_error(octets: bytes) -> tuple[list[CapturedFrame], CaptureError | None]:
    frames: list[CapturedFrame] = []
    try:
        for frame in captures.read(io.BytesIO(octets)):
            frames.append(frame)  # noqa: PERF402 - those before the error count
    except CaptureError as error:
        return frames, error
    return frames, None


@pytest.mark.parametrize("name", FILES)
def test_every_truncation_gives_the_whole_frames_before_it(name: str) -> None:
    whole, _ = read_to_the_error(FILES[name])
    assert len(whole) == 2
    for length in range(len(FILES[name])):
        frames, error = read_to_the_error(FILES[name][:length])
        assert frames == whole[: len(frames)]
        if error is not None:
            assert 0 <= error.offset <= length
            assert "\n" not in str(error)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_in_its_last_frame_says_where(name: str) -> None:
    frames, error = read_to_the_error(FILES[name][:-1])
    assert len(frames) == 1
    assert "the file ends" in str(error)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [lambda _: 0, lambda _: 0xFF, lambda octet: octet ^ 1, lambda octet: octet ^ 0x80])
def test_every_octet_set_to_another_value(name: str, change: Callable[[int], int]) -> None:
    """Frames or a CaptureError; whatever else is raised fails the test by itself."""
    for position in range(len(FILES[name])):
        changed = bytearray(FILES[name])
        changed[position] = change(changed[position])
        read_to_the_error(bytes(changed))


@given(st.sampled_from([octets[:4] for octets in FILES.values()]), st.binary(max_size=200))
def test_any_octets_behind_a_magic(magic: bytes, octets: bytes) -> None:
    read_to_the_error(magic + octets)
