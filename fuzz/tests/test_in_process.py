"""A router in this process: what it raises, never ends or must not send is found, and made as small as it can be."""

import json
import signal
from pathlib import Path

import pytest
from campaigns import Ended, Running, call
from ipos_fuzz.in_process import playing
from ipos_fuzz.in_process.fault_file import read
from ipos_fuzz.in_process.fewest import fewest
from ipos_fuzz.in_process.playing import Fed


def hunted(folder: Path, router: str, *words: object, cases: int = 3000) -> Ended:
    options = ("--cases", cases, "--seed", 1, "--time", 0, "--output", folder / "faults")
    return call(folder / "out", "in-process", f"made_routers:{router}", *(words or options))


def test_router_that_does_nothing_wrong(tmp_path):
    done = hunted(tmp_path, "Mute", cases=500)
    assert (done.status, done.errors) == (0, "")
    assert done.output.startswith("500 cases in ")
    assert done.output.endswith("a second; seed 1\nnothing found\n")
    assert not (tmp_path / "faults").exists()


@pytest.mark.parametrize(
    ("router", "signature", "frames"),
    [
        ("Short", "process/Python LookupError in receive made_routers.py", 1),
        ("Third", "process/Python AssertionError in receive made_routers.py", 3),
        ("Curious", "process/Python LookupError in receive made_routers.py", 1),
        ("Restless", "liveness/something is always due", 1),
        ("Leaver", "process/Python SystemExit in receive made_routers.py", 1),
    ],
)
def test_fault_is_found_and_made_small(tmp_path, router, signature, frames):
    done = hunted(tmp_path, router, cases=3000 if router in ("Short", "Third", "Leaver") else 20)
    assert (done.status, done.errors) == (1, "")
    (file,) = (tmp_path / "faults").iterdir()
    found = read(file)
    assert (found.signature, len(found.fed())) == (signature, frames)
    assert f"FOUND  {signature}" in done.output
    assert f"{frames} frame{'s' if frames > 1 else ''}, after" in done.output


def test_what_the_protocol_forbids_is_a_fault(tmp_path):
    hunted(tmp_path, "Echo", cases=500)
    found = [read(file) for file in (tmp_path / "faults").iterdir()]
    assert found
    assert all(one.signature.startswith("model/") and len(one.fed()) <= 2 for one in found)
    assert any(one.requirement for one in found)


def test_router_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(playing, "_PATIENCE", 0.05)
    done = hunted(tmp_path, "Busy", cases=200)
    (file,) = (tmp_path / "faults").iterdir()
    assert (done.status, read(file).signature, len(read(file).fed())) == (1, "liveness/hangs", 1)


def test_file_is_played_again(tmp_path):
    hunted(tmp_path, "Third")
    (file,) = (tmp_path / "faults").iterdir()
    still, fixed = (hunted(tmp_path, router, "--play", file) for router in ("Third", "Mute"))
    assert (still.status, still.output[:5], fixed.status, fixed.output[:5]) == (1, "STILL", 0, "FIXED")


def test_same_seed_same_faults(tmp_path):
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hunted(tmp_path / name, "Short")
        (file,) = (tmp_path / name / "faults").iterdir()
        files.append(json.loads(file.read_text()))
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("factory", "complaint"),
    [
        ("", "MODULE:FACTORY"),
        ("made_routers", "MODULE:FACTORY"),
        (":Mute", "MODULE:FACTORY"),
        ("no_such_module:router", "No module named"),
        ("made_routers:nobody", "no attribute 'nobody'"),
        ("made_routers:MALFORMED", "not callable"),
        ("made_routers:nothing", "expected something with receive"),
        ("made_routers:broken", "no reference-router.toml"),
        ("made_routers:leaving", "reference-router.toml is none of mine"),
    ],
)
def test_what_makes_no_router_is_told_in_one_line(tmp_path, factory, complaint):
    done = call(tmp_path / "out", "in-process", factory)
    assert (done.status, done.output, done.errors.count("\n")) == (2, "", 1)
    assert complaint in done.errors


@pytest.mark.parametrize("text", ["", "{}", '{"format": "ipos-finding"}'])
def test_file_that_is_none_is_told_in_one_line(tmp_path, text):
    (tmp_path / "file.json").write_text(text)
    for file in (tmp_path / "file.json", tmp_path, tmp_path / "nowhere.json"):
        done = hunted(tmp_path, "Mute", "--play", file)
        assert (done.status, done.errors.count("\n")) == (2, 1)
        assert "expected what `ipos-fuzz in-process` writes" in done.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hunt_that_is_interrupted_says_what_it_came_to(tmp_path, number):
    words = ("in-process", "made_routers:Short", "--time", 0, "--seed", 1, "--output", tmp_path / "faults")
    hunt = Running(tmp_path / "out", words, lambda: None)
    try:
        hunt.await_words("FOUND")
        hunt.signal(number)
        done = hunt.end()
    finally:
        hunt.kill()
    assert (done.status, done.errors) == (1, "")
    assert "1 fault, met again" in done.output


def test_fault_that_is_being_made_small_is_told_as_it_was_met(tmp_path):
    done = hunted(tmp_path, "Interrupter")
    (file,) = (tmp_path / "faults").iterdir()
    found = read(file)
    assert (done.status, done.errors) == (1, "")
    assert found.signature == "process/Python LookupError in receive made_routers.py"
    assert len(found.passed) == len(found.frames) == found.after_cases > 1
    assert "1 fault, met again 0 times" in done.output


def test_router_that_catches_the_interruption_ends_with_it(tmp_path):
    done = hunted(tmp_path, "Catcher")
    assert (done.status, done.errors, done.output[:12]) == (0, "", "10 cases in ")


def test_folder_that_can_not_be_written(tmp_path):
    (tmp_path / "faults").write_text("")
    done = hunted(tmp_path, "Short")
    assert (done.status, done.output, done.errors.count("\n")) == (2, "", 1)
    assert "expected a folder that can be written" in done.errors


def test_fault_that_can_not_be_written_is_not_lost(tmp_path):
    """The disk is full, say: it is told, the hunt goes on, and what was found can be tried again."""
    faults = tmp_path / "faults"
    faults.mkdir()
    (faults / ".process-python-lookuperror-in-receive-made-routers-py.json.new").mkdir()
    done = hunted(tmp_path, "Short")
    assert done.status == 3
    assert "FOUND  process/Python LookupError in receive made_routers.py" in done.output
    assert "3,000 cases" in done.output
    document, last = done.errors.splitlines()
    assert "1 fault could not be written; it stands above, a line of JSON each" in last
    (tmp_path / "again.json").write_text(document)
    assert hunted(tmp_path, "Short", "--play", tmp_path / "again.json").output.startswith("STILL")


@pytest.mark.parametrize("needed", [{7}, {0, 499}, {3, 250, 251, 498}, set(range(490, 500))])
def test_fewest_are_those_that_are_needed(needed):
    frames = [Fed(float(number), "first LAN", b"", "") for number in range(500)]

    def shows(kept):
        return needed <= {int(fed.at) for fed in kept}

    assert [int(fed.at) for fed in fewest(frames, shows)] == sorted(needed)
