"""What is seen of a lab, and counted: from its capture, from its routers, and when it is gone."""

from pathlib import Path

import psutil
import pytest
from ipos_reference.lab import laboratory, plan
from ipos_reference.lab.laboratory import Laboratory
from ipos_reference.lab.place import Place
from ipos_reference.lab.view.counting import Counts
from ipos_reference.lab.view.values import Passed
from ipos_reference.lab.view.watching import Watch
from ipos_spec.addresses import mac
from ipos_spec.captures import CapturedFrame
from ipos_spec.exchanges import EXCHANGES, write
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN
from recorded_lab import drained, migrated, silent

EDGE_A, SERVER = mac("02:00:00:00:01:0a"), mac("02:00:00:00:01:01")


def frame(destination: bytes, source: bytes, lan: str = FIRST_LAN) -> CapturedFrame:
    octets = (destination + source).ljust(60, b"\0")
    return CapturedFrame(octets=octets, original_length=60, time_ns=0, interface=lan)


def test_frames_are_counted_by_lan_and_by_edge_router() -> None:
    counts = Counts()
    numbers = [counts.add(frame(*ends)) for ends in ((SERVER, EDGE_A), (EDGE_A, SERVER), (SERVER, EDGE_A))]
    assert numbers == [1, 2, 3]
    assert counts.add(frame(EDGE_A, SERVER, SECOND_LAN)) == 4
    assert counts.lans == {FIRST_LAN: 3, SECOND_LAN: 1}
    assert counts.edges == {"edge router A": Passed(1, 2), "edge router B": Passed(0, 0)}


def test_a_router_is_seen_with_its_tables() -> None:
    found = migrated()
    assert found.records is not None
    assert [record["destination_ip"] for record in found.records["forward"]] == ["192.0.2.2"]
    assert "local" not in found.records, "it is empty"
    assert not found.draining


def test_a_router_that_is_drained_or_silent_is_seen_as_that() -> None:
    assert drained().draining
    assert silent().problem == "server-2: no answer"
    assert silent().counters is None


def test_what_was_seen_stays_when_the_lab_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, now = Place(tmp_path), 0.0
    with monkeypatch.context() as there:
        there.setattr(laboratory, "find", lambda place: Laboratory(place, psutil.Process()))
        there.setattr(Watch, "_ask_lines", lambda *_: {"isp-1": True})
        watch = Watch(place, lambda: now)
        with place.capture.open("wb") as file:
            write(EXCHANGES["migration"], file)
        before = watch.look()
        assert (before.problem, before.lines) == ("", {"isp-1": True})
        assert before.lans == {FIRST_LAN: 10, SECOND_LAN: 5}
        assert watch.look() is before, "whoever asks again at once costs nothing"
    now = 1.0
    with watch:
        after = watch.look()
    assert after.problem == f"no lab is up in {tmp_path}; make one: ipos-router lab up"
    assert after.lines is None
    assert after.exchanges == before.exchanges
    assert [router.problem for router in after.routers] == ["gone with the lab"] * len(plan.SERVERS)
