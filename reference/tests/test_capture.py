"""The capture: every frame of both LANs, with what the router did with it, and why it sent it."""

import random
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from in_memory import (
    CLIENT,
    CLOSED_PORT,
    HTTP,
    PEER_IP,
    PEER_SERVER,
    REQUEST,
    ROUTER_IP,
    SERVER,
    SETTINGS,
    World,
    forwarded,
    opened,
    says,
)
from ipos_reference import capture
from ipos_reference.addresses import Address
from ipos_reference.capture import CapturingRouter
from ipos_reference.capture_file import CaptureFile, CaptureFileError, check_writable, earlier
from ipos_reference.cli import app
from ipos_reference.events import Attached
from ipos_reference.router import Lan
from ipos_reference.settings import Settings
from ipos_reference.tcp.segment import Flags
from ipos_spec import captures
from ipos_spec.addresses import ipv4_text
from ipos_spec.captures import CapturedFrame, Direction
from migrating import MIGRATING, acknowledges, leaves
from test_configuration import RIGHT, written
from typer.testing import CliRunner

LOCAL = f"ndpoint 1 of {CLIENT} with {SERVER}"
MIGRATED = f"ndpoint 1 of {CLIENT} with {PEER_SERVER}"


class CapturedWorld(World):
    """A world whose router keeps a capture; wall clock and virtual time are the same."""

    def __init__(self, path: Path, limit: int = 64, settings: Settings = SETTINGS) -> None:
        super().__init__(settings)
        self.path = path
        self.complaints: list[str] = []
        file = capture.open_file(path, self.settings, limit, on_failure=self.complaints.append)
        self.router = CapturingRouter(self.settings, random.Random(1), file, clock=lambda: round(self.now * 10**9))

    def frames(self) -> list[CapturedFrame]:
        """What the file holds now, while the router still runs."""
        return frames_of(self.path)

    def told(self) -> list[tuple[str, ...]]:
        """The comments of each frame, without the ARP exchange for the way to the edge router."""
        return [frame.comments for frame in self.frames() if frame.octets[12:14] != b"\x08\x06"]


def frames_of(path: Path) -> list[CapturedFrame]:
    with path.open("rb") as file:
        return list(captures.read(file))


@pytest.fixture
def world(tmp_path: Path) -> CapturedWorld:
    return CapturedWorld(tmp_path / "router.pcapng")


def test_a_local_request_is_told_from_the_syn_to_the_answer(world: CapturedWorld) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    world.reads(number)
    world.writes(number, b"answer")
    # Frames 2 and 3 are the ARP exchange that the SYN/ACK waits for.
    assert world.told() == [
        (f"E{LOCAL} enters Temporary.",),
        ("Sent because of frame 3.",),
        (f"For e{LOCAL}: SYN-RECEIVED -> ESTABLISHED.",),
        (
            f"Held for e{LOCAL}, unacknowledged (ORG-12): 1 now.",
            f"E{LOCAL} moves from Temporary to Local.",
            f"E{LOCAL} is attached to the application of port 80.",
        ),
        ("Sent because of the application, which writes.",),
    ]


def test_a_migrated_endpoint_is_told_until_it_is_definite(world: CapturedWorld) -> None:
    world.migrates()
    world.migrates()
    world.forwards(says(REQUEST))
    assert world.told()[:5] == [
        (f"E{MIGRATED} enters Forward-Connect, provisional (TGT-12).", "Acknowledged (TGT-1)."),
        ("Sent because of frame 1.",),
        ("Acknowledged again; its endpoint was there already (TGT-3).",),
        ("Sent because of frame 3.",),
        (
            f"E{MIGRATED} is definite now (TGT-12).",
            f"E{MIGRATED} is attached to the application of port 80.",
            f"For e{MIGRATED}: ESTABLISHED, rcv_nxt 901 -> {901 + len(REQUEST)}.",
        ),
    ]


def test_a_migration_is_told_from_the_request_to_the_forwarded_packet(tmp_path: Path) -> None:
    world = CapturedWorld(tmp_path / "router.pcapng", settings=MIGRATING)
    packet, _ = leaves(world)
    acknowledges(world, packet)
    world.client_sends(says(b"more"))
    said = [comment for comments in world.told() for comment in comments]
    onward = f"{ipv4_text(PEER_IP)}:{HTTP}"
    place = f"Endpoint 1 of {CLIENT} with {SERVER}"
    assert f"{place} is to migrate to {onward} (ORG-5); its client hears nothing from here." in said
    assert f"{place} has migrated to {onward}: its client enters Forward (ORG-6)." in said
    assert said.count(f"Forwarded for {CLIENT} with {SERVER} to {onward} (FWD-1).") == 2


def test_a_migration_that_fails_is_told(tmp_path: Path) -> None:
    world = CapturedWorld(tmp_path / "router.pcapng", settings=MIGRATING)
    leaves(world)
    world.waits(3.1)
    world.client_sends(says())
    said = [comment for comments in world.told() for comment in comments]
    assert any(comment.endswith("has acknowledged none of its connection packets (ORG-7).") for comment in said)


def test_what_tcp_drops_is_told(world: CapturedWorld) -> None:
    opened(world)
    world.client_sends(says(seq=900 - 100, ack=1))
    assert world.told()[-2:] == [
        (f"For e{LOCAL}, outside the window: ESTABLISHED.",),
        (f"Sent because of frame {len(world.frames()) - 1}.",),
    ]


def test_a_discarded_frame_has_its_reason(world: CapturedWorld) -> None:
    world.receives(Lan.FIRST, b"short")
    world.peer_sends(forwarded(says(flags=Flags.SYN, seq=900)))
    assert world.told() == [
        ("Discarded: Ethernet: shorter than its header.",),
        ("Discarded: TGT-8: no endpoint.",),
    ]


def test_an_answer_without_an_endpoint_names_its_frame(world: CapturedWorld) -> None:
    opened(world)
    world.client_sends(says(flags=Flags.SYN, port=CLOSED_PORT), server=Address(ROUTER_IP, CLOSED_PORT))
    assert world.told()[-2:] == [
        ("Frames sent because of it: 1.",),
        (f"Sent because of frame {len(world.frames()) - 1}.",),
    ]


def test_what_happens_without_a_frame_is_told_with_the_next(world: CapturedWorld) -> None:
    world.migrates()
    world.waits(1000.0)
    assert len(world.told()) == 2
    world.receives(Lan.SECOND, b"short")
    assert world.told()[-1] == (
        f"Before this frame, because of a time-out: E{MIGRATED} leaves Forward-Connect.",
        "Discarded: Ethernet: shorter than its header.",
    )


def test_what_a_time_out_sends_says_so(world: CapturedWorld) -> None:
    opened(world)
    world.waits(1000.0)
    assert world.told()[-1] == ("Sent because of a time-out.", f"E{LOCAL} leaves Temporary.")


def test_frames_have_lan_direction_and_wall_clock(world: CapturedWorld) -> None:
    world.migrates()
    received, sent = world.frames()
    assert (received.interface, received.direction) == ("second LAN", Direction.INBOUND)
    assert (sent.interface, sent.direction) == ("second LAN", Direction.OUTBOUND)
    assert (received.time_ns, sent.time_ns) == (1_000 * 10**9, 1_000 * 10**9)


def test_a_router_without_a_capture_does_the_same(world: CapturedWorld) -> None:
    plain = World()
    for one in (plain, world):
        answer = opened(one)
        one.client_sends(says(REQUEST, ack=answer.seq + 1))
        one.migrates()
        one.forwards(says(b"more"))
        one.waits(2000.0)
    assert world.sent() == plain.sent()
    assert world.router.discards == plain.router.discards
    assert len(world.router.tables) == len(plain.router.tables)


def until_turned_over(world: CapturedWorld) -> int:
    """Fill the file; returns how often two frames were needed."""
    full = world.path.stat().st_ino
    for count in range(10_000):
        if world.path.stat().st_ino != full:
            return count
        world.migrates()
    raise AssertionError("the file grows and grows")


def test_a_full_file_is_kept_and_the_next_begins_anew(tmp_path: Path) -> None:
    world = CapturedWorld(tmp_path / "router.pcapng", limit=1)
    rounds = until_turned_over(world)
    before = frames_of(earlier(world.path))
    world.migrates()
    after = world.frames()
    assert len(before) == 2 * rounds
    assert 2**20 <= earlier(world.path).stat().st_size < 2**20 + 1000
    # No frame is parted from the one that it names, and numbers are those of its own file.
    assert before[-1].comments == (f"Sent because of frame {len(before) - 1}.",)
    assert [frame.comments for frame in after][1:] == [("Sent because of frame 1.",)]
    until_turned_over(world)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["router.1.pcapng", "router.pcapng"]


def test_the_file_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    CapturedWorld(tmp_path / "router.pcapng").migrates()
    CapturedWorld(tmp_path / "router.pcapng")
    assert len(frames_of(tmp_path / "router.1.pcapng")) == 2
    assert frames_of(tmp_path / "router.pcapng") == []


def test_only_the_owner_may_read_what_clients_say(world: CapturedWorld) -> None:
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o600


@contextmanager
def no_file_larger_than(octets: int) -> Iterator[None]:
    """As good as a full disk: the kernel takes what fits, and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_the_capture_behind_a_whole_frame_and_not_the_router(world: CapturedWorld) -> None:
    world.migrates()
    with no_file_larger_than(world.path.stat().st_size + 100):
        world.migrates()
        world.migrates()
    assert len(world.frames()) == 2
    assert len(world.sent().ipos) == 3
    assert world.complaints == [f"capture {world.path}: File too large; the capture ends here, the router goes on"]


def test_a_place_where_nothing_can_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureFileError, match="found something that is no regular file"):
        check_writable(tmp_path)
    with pytest.raises(CaptureFileError, match="found no directory"):
        CaptureFile(tmp_path / "none" / "x.pcapng", list(Lan), "", on_failure=print)


def test_check_and_run_refuse_it_in_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT + '[capture]\nfile = "{here}/none/x.pcapng"\n')
    expected = f"ipos-router: capture {tmp_path}/none/x.pcapng: found no directory {tmp_path}/none; make it, or choose"
    for words in (["check", str(path)], ["run", str(path)]):
        command = [sys.executable, "-m", "ipos_reference", *words]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(expected)
        assert result.stderr.count("\n") == 1


def test_check_leaves_what_is_there(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT + '[capture]\nfile = "{here}/router.pcapng"\nlimit_mib = 1\n')
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["router.toml"]
