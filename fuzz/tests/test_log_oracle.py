"""What is recognised in a target's output.

The samples in `outputs` were printed by `outputs/faults.c`, by programs of a few lines in other languages, and, for Go,
put down by hand in the form of its panics.
"""

from pathlib import Path

import pytest
from ipos_fuzz.campaign.watch import Watch
from ipos_fuzz.oracles.log import LogWatch, faults
from ipos_fuzz.violation import ORACLES

OUTPUTS = Path(__file__).with_name("outputs")

KINDS = {
    "asan-double": ["AddressSanitizer double-free in main faults.c"],
    "asan-freed": ["AddressSanitizer heap-use-after-free in read_option faults.c"],
    "asan-heap": ["AddressSanitizer heap-buffer-overflow in read_option faults.c"],
    "asan-leak": ["LeakSanitizer leak in main faults.c"],
    "asan-none": [],
    "asan-null": [
        "UndefinedBehaviorSanitizer load of null pointer of type 'const uint8_t' in faults.c",
        "AddressSanitizer SEGV in read_option faults.c",
    ],
    "asan-overflow": [
        "UndefinedBehaviorSanitizer signed integer overflow in faults.c",
        "UndefinedBehaviorSanitizer shift exponent n is too large for n-bit type 'int' in faults.c",
    ],
    "asan-stack": ["AddressSanitizer stack-buffer-overflow in copy_options faults.c"],
    "assert": ["assertion c > 7 in main a.c"],
    "clang-heap": ["AddressSanitizer heap-buffer-overflow in read_option faults.c"],
    "clang-overflow": [
        "UndefinedBehaviorSanitizer signed integer overflow in total_length faults.c",
        "UndefinedBehaviorSanitizer shift exponent n is too large for n-bit type 'int' in main faults.c",
    ],
    "cpp": ["uncaught std::out_of_range"],
    "glibc-double": ["abort free(): double free detected in tcache n"],
    "glibc-stack": ["abort *** stack smashing detected ***"],
    "go": ["Go panic runtime error: index out of range [n] with length n in main.parse main.go"],
    "msan-unset": ["MemorySanitizer use-of-uninitialized-value in main faults.c"],
    "ordinary": [],
    "python": ["Python IndexError in parse p.py"],
    "python-chained": ["Python ValueError in handle p.py"],
    "rust-index": ["Rust panic index out of bounds: the len is n but the index is n in p.rs"],
    "tsan-race": ["ThreadSanitizer data race in worker faults.c"],
}


def output(name: str) -> str:
    return (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")


def kinds(text: str) -> list[str]:
    return [fault.kind for fault in faults(text)]


def test_each_sample_has_its_expectation() -> None:
    assert {path.stem for path in OUTPUTS.glob("*.txt")} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_faults_are_recognised_by_kind_and_place(name: str) -> None:
    found = faults(output(name))
    assert [fault.kind for fault in found] == KINDS[name]
    assert all(fault.oracle == "log" and fault.what and "\n" not in fault.what for fault in found)


def test_several_reports_in_one_log_are_told_in_their_order() -> None:
    everything = "".join(output(name) for name in KINDS)
    expected = dict.fromkeys(kind for name in KINDS for kind in KINDS[name])
    assert kinds(everything) == list(expected)


def test_older_wording_of_a_rust_panic() -> None:
    line = "thread 'main' panicked at 'index out of bounds: the len is 4 but the index is 8', p.rs:1:45"
    assert kinds(line) == KINDS["rust-index"]


def test_the_same_place_of_another_build_and_run_has_the_same_signature() -> None:
    first = output("asan-heap")
    again = (
        first.replace("8156", "31337")
        .replace("/router/", "/home/somebody/build/")
        .replace("faults.c:10", "faults.c:12")
    )
    again = again.replace("0x602000000020", "0x60b0000000a1")
    assert first != again
    assert kinds(first) == kinds(again)


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name]])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_growing_log_gives_each_fault_once(name: str, size: int, tmp_path: Path) -> None:
    """However the writes are cut, also within a line; other lines go before and behind."""
    octets = f"ordinary\n{output(name)}and on\nit goes\n\nfor long\n".encode()
    watch, found = LogWatch(tmp_path / "target.log"), []
    with (tmp_path / "target.log").open("wb", buffering=0) as log:
        for begin in range(0, len(octets), size):
            log.write(octets[begin : begin + size])
            found += watch.new_faults()
    found += watch.new_faults(ended=True)
    assert [fault.kind for fault in found] == KINDS[name]
    assert watch.new_faults(ended=True) == []


@pytest.mark.parametrize("name", ["python", "asan-overflow", "clang-heap", "go", "tsan-race"])
def test_a_complete_report_does_not_wait_for_the_end_of_a_talkative_target(name: str, tmp_path: Path) -> None:
    path = tmp_path / "target.log"
    path.write_text(output(name) + "and on\nit goes\n", encoding="utf-8")
    assert [fault.kind for fault in LogWatch(path).new_faults()] == KINDS[name]


def test_an_incomplete_report_is_told_when_nothing_follows(tmp_path: Path) -> None:
    path = tmp_path / "target.log"
    path.write_text("".join(output("asan-heap").splitlines(keepends=True)[:6]), encoding="utf-8")
    watch = LogWatch(path)
    assert watch.new_faults() == []
    assert [fault.kind for fault in watch.new_faults()] == KINDS["asan-heap"]


def test_a_report_is_told_of_the_batch_that_caused_it(tmp_path: Path) -> None:
    """Nothing follows it in the log until the next batch: that one would be suspected, and would not show it again."""
    watch = Watch.__new__(Watch)
    watch._oracles, watch._log = ORACLES, LogWatch(tmp_path / "target.log")
    (tmp_path / "target.log").write_text(output("python"), encoding="utf-8")
    assert [fault.kind for fault in watch.printed()] == KINDS["python"]
    assert watch.printed() == []


def test_a_log_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "target.log"
    watch = LogWatch(path)
    assert watch.new_faults() == []
    path.write_text(output("asan-heap"), encoding="utf-8")
    assert [fault.kind for fault in watch.new_faults()] == KINDS["asan-heap"]
    path.write_text(output("glibc-stack"), encoding="utf-8")
    assert [fault.kind for fault in watch.new_faults()] == KINDS["glibc-stack"]


def test_octets_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "target.log"
    path.write_bytes(bytes(range(256)) + b"\n" + output("glibc-double").encode())
    assert [fault.kind for fault in LogWatch(path).new_faults(ended=True)] == KINDS["glibc-double"]


_OF_A_SERVER_BEHIND = """\
Exception occurred during processing of request from ('127.0.0.1', 51234)
Traceback (most recent call last):
  File "/usr/lib/python3/socketserver.py", line 691, in process_request_thread
    self.finish_request(request, client_address)
  File "/usr/lib/python3/socket.py", line 706, in readinto
    return self._sock.recv_into(b)
ConnectionResetError: [Errno 104] Connection reset by peer
"""


def test_server_behind_the_router_may_complain_of_a_client_that_went_away() -> None:
    assert faults(_OF_A_SERVER_BEHIND) == []
    assert len(faults(_OF_A_SERVER_BEHIND.replace("socketserver.py", "a.py").replace("socket.py", "b.py"))) == 1
    assert len(faults(_OF_A_SERVER_BEHIND.replace("ConnectionResetError", "IndexError"))) == 1


def test_two_threads_of_a_server_behind_that_speak_at_once_are_no_fault() -> None:
    lines = _OF_A_SERVER_BEHIND.splitlines(keepends=True)
    assert faults("".join([*lines[:4], *lines[:4], *lines[4:], *lines[4:]])) == []
