"""Following a capture that somebody else is writing."""

import pytest
from ipos_reference.capture_file import CaptureFile, earlier
from ipos_reference.lab.following import Following
from ipos_spec.captures import CaptureError, Direction

FIRST, SECOND = "first LAN", "second LAN"
MIB = 2**20


class Written:
    """A capture that grows by numbered frames."""

    def __init__(self, path, limit=1):
        self.path = path
        self.file = CaptureFile(path, [FIRST, SECOND], "a test", limit=limit, on_failure=pytest.fail)
        self.count = 0

    def add(self, frames, size=60):
        for _ in range(frames):
            octets = self.count.to_bytes(4, "big").ljust(size, b"\0")
            self.file.write((FIRST, SECOND)[self.count % 2], self.count, octets, (), direction=Direction.INBOUND)
            self.file.turn_over()
            self.count += 1


@pytest.fixture
def written(tmp_path):
    made = Written(tmp_path / "lans.pcapng")
    yield made
    made.file.close()


def numbers(following):
    return [int.from_bytes(frame.octets[:4], "big") for frame in following.news()]


def test_gives_each_frame_once_with_its_lan_and_time(written):
    with Following(written.path) as following:
        written.add(3)
        found = list(following.news())
        assert [(frame.interface, frame.time_ns) for frame in found] == [(FIRST, 0), (SECOND, 1), (FIRST, 2)]
        assert numbers(following) == []
        written.add(2)
        assert numbers(following) == [3, 4]


@pytest.mark.parametrize(("from_start", "expected"), [(True, [0, 1, 2, 3]), (False, [3])])
def test_begins_at_the_start_or_at_the_present_end(written, from_start, expected):
    written.add(3)
    with Following(written.path, from_start=from_start) as following:
        written.add(1)
        assert numbers(following) == expected


def test_what_is_skipped_is_not_new(written):
    with Following(written.path) as following:
        written.add(3)
        following.skip()
        written.add(1)
        assert numbers(following) == [3]


def test_nothing_is_lost_when_the_file_begins_anew(written):
    with Following(written.path) as following:
        written.add(1000, size=1000)
        assert numbers(following) == list(range(1000))
        assert not earlier(written.path).exists()
        written.add(100, size=1000)
        assert earlier(written.path).exists()
        assert numbers(following) == list(range(1000, 1100))


def test_of_files_that_were_missed_the_one_that_is_kept_is_read(written):
    with Following(written.path) as following:
        written.add(1)
        assert numbers(following) == [0]
        written.add(4000, size=1000)
        found = numbers(following)
    missed = set(range(1, 4001)) - set(found)
    assert found == [number for number in range(1, 4001) if number not in missed]
    assert 1 not in missed, "the rest of the file that was open"
    assert max(missed) < 4000 - MIB // 1100, "the two files that are kept"


def test_file_that_is_not_there_is_waited_for(tmp_path):
    with Following(tmp_path / "lans.pcapng") as following:
        assert numbers(following) == []
        later = Written(tmp_path / "lans.pcapng")
        later.add(2)
        assert numbers(following) == [0, 1]
        later.file.close()


def test_file_that_goes_is_at_its_end_until_another_comes(written):
    with Following(written.path) as following:
        written.add(1)
        written.path.unlink()
        assert numbers(following) == [0]
        assert numbers(following) == []
        another = Written(written.path)
        another.add(2)
        assert numbers(following) == [0, 1]
        another.file.close()


def test_half_a_block_waits_for_its_other_half(written, tmp_path):
    """A reader may see a frame while the kernel is still copying it."""
    written.add(3)
    octets = written.path.read_bytes()
    path = tmp_path / "slow.pcapng"
    found = []
    with Following(path, from_start=True) as following, path.open("wb", buffering=0) as file:
        for octet in octets:
            file.write(bytes([octet]))
            found.append(numbers(following))
    assert [one for one in found if one] == [[0], [1], [2]]
    assert found[-1] == [2]


def test_damaged_file_is_refused(tmp_path):
    path = tmp_path / "damaged.pcapng"
    path.write_bytes(bytes(64))
    with pytest.raises(CaptureError, match="total length 0 of a block, expected 12 to"):
        Following(path)
