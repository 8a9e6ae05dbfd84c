"""Figures of the machine: from made-up readings, and once from the real machine."""

import os
import subprocess
import sys
from collections import namedtuple
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from ipos_reference import machine
from ipos_reference.figures import Figures
from ipos_reference.machine import Machine

LAN = "lan1"
ME = 100
CpuTimes = namedtuple("CpuTimes", "user nice system idle iowait irq softirq steal guest guest_nice")


class Readings:
    """What psutil would say; each test changes it as time goes by."""

    Error = psutil.Error

    def __init__(self) -> None:
        self.cpu = dict.fromkeys(CpuTimes._fields, 0.0)
        self.memory = 4_000
        self.speeds = {LAN: 10}  # Mbit/s
        self.octets = {LAN: (0, 0)}  # sent, received
        self.processes: dict[int, tuple[float, float]] = {}  # by id: when it was started, CPU seconds
        self.children: dict[int, list[int]] = {}  # by id of the parent, grandchildren included
        self.forbidden: set[int] = set()
        self.broken = False

    def cpu_times(self) -> CpuTimes:
        return CpuTimes(**self.cpu)

    def virtual_memory(self) -> Any:
        return SimpleNamespace(available=self.memory)

    def net_if_stats(self) -> dict[str, Any]:
        self._fail()
        return {name: SimpleNamespace(speed=speed) for name, speed in self.speeds.items()}

    def net_io_counters(self, pernic: bool, nowrap: bool) -> dict[str, Any]:
        assert (pernic, nowrap) == (True, False)
        self._fail()
        return {
            name: SimpleNamespace(bytes_sent=sent, bytes_recv=received)
            for name, (sent, received) in self.octets.items()
        }

    def Process(self, process_id: int) -> "ReadProcess":  # noqa: N802 - psutil's name
        if process_id not in self.processes:
            raise psutil.NoSuchProcess(process_id)
        return ReadProcess(self, process_id, self.processes[process_id][0])

    def _fail(self) -> None:
        if self.broken:
            raise PermissionError


class ReadProcess:
    """psutil.Process as far as it is used: equal are those with one id and one start."""

    def __init__(self, readings: Readings, process_id: int, started: float) -> None:
        self._readings = readings
        self._identity = process_id, started

    def cpu_times(self) -> Any:
        process_id, _ = self._identity
        if process_id in self._readings.forbidden:
            raise psutil.AccessDenied(process_id)
        seconds = self._readings.processes[process_id][1]
        return SimpleNamespace(user=seconds / 4, system=seconds * 3 / 4)

    def children(self, recursive: bool) -> list[Any]:
        assert recursive
        process_id, _ = self._identity
        return [SimpleNamespace(pid=child) for child in self._readings.children.get(process_id, [])]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReadProcess) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    made = Readings()
    monkeypatch.setattr(machine, "psutil", made)
    return made


# CPU and memory


def test_utilization_is_that_since_the_look_before(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.cpu |= {"user": 1.0, "nice": 1.0, "system": 1.0, "idle": 5.0, "iowait": 1.0, "softirq": 1.0}
    assert looks.look(1.0).cpu_utilization == 4000
    readings.cpu |= {"user": 1.5, "idle": 5.5}
    assert looks.look(2.0).cpu_utilization == 5000
    readings.cpu["idle"] = 6.5
    assert looks.look(3.0).cpu_utilization == 0


def test_where_servers_share_a_machine_each_is_as_busy_as_its_applications(readings: Readings) -> None:
    looks = Machine(LAN, applications_alone=True)
    readings.processes |= {ME: (0.0, 5.0), 101: (0.0, 1.0), 102: (0.0, 0.0), 200: (0.0, 7.0)}
    readings.children[ME] = [101, 102]
    readings.cpu |= {"user": 4.0}
    assert looks.look(1.0, [ME]).cpu_utilization == 0
    readings.processes |= {ME: (0.0, 5.5), 101: (0.0, 1.5), 102: (0.0, 0.0), 200: (0.0, 8.0)}
    readings.cpu |= {"user": 6.0, "idle": 2.0}
    found = looks.look(2.0, [ME])
    assert found.cpu_utilization == 2500  # one second of four; 200 is nobody's application
    assert found.processes == {ME: 1250}
    readings.processes.clear()
    readings.cpu |= {"user": 8.0}
    assert looks.look(3.0, [ME]).cpu_utilization == 0


def test_time_of_virtual_machines_is_counted_once(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.cpu |= {"user": 1.0, "guest": 1.0, "nice": 1.0, "guest_nice": 1.0, "idle": 2.0}
    assert looks.look(1.0).cpu_utilization == 5000


def test_what_was_used_before_the_router_is_not_counted(readings: Readings) -> None:
    readings.cpu["user"] = 1e6
    looks = Machine(LAN)
    readings.cpu["idle"] = 1.0
    assert looks.look(1.0).cpu_utilization == 0


def test_two_looks_in_one_tick_of_the_clock_see_the_same(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.cpu |= {"user": 1.0, "idle": 1.0}
    assert [looks.look(1.0).cpu_utilization for _ in range(2)] == [5000, 5000]


@pytest.mark.parametrize(("idle", "found"), [(-0.1, 10_000), (0.0, 10_000), (1e9, 0)])
def test_utilization_is_never_out_of_its_range(readings: Readings, idle: float, found: int) -> None:
    """Idle time may go back a little (proc_stat(5))."""
    looks = Machine(LAN)
    readings.cpu |= {"user": 1.0, "idle": idle}
    assert looks.look(1.0).cpu_utilization == found


def test_memory_is_what_is_available(readings: Readings) -> None:
    assert Machine(LAN).look(1.0).available_memory == readings.memory


# Bandwidth


def bandwidths(readings: Readings, *steps: tuple[float, int, int], **options: int) -> list[int]:
    """What is available at each time, with so many octets sent and received by then."""
    looks, found = Machine(LAN, **options), []
    for now, sent, received in steps:
        readings.octets[LAN] = sent, received
        found.append(looks.look(now).available_bandwidth)
    return found


def test_bandwidth_is_the_links_less_its_busier_direction(readings: Readings) -> None:
    steps = (10.0, 5000, 9000), (11.0, 130_000, 9000), (13.0, 130_000, 259_000)
    assert bandwidths(readings, *steps) == [10_000_000, 9_000_000, 9_000_000]


def test_bandwidth_is_never_less_than_none(readings: Readings) -> None:
    assert bandwidths(readings, (1.0, 0, 0), (2.0, 10**9, 0)) == [10_000_000, 0]


def test_counters_that_begin_anew_are_no_traffic(readings: Readings) -> None:
    assert bandwidths(readings, (1.0, 10**9, 10**9), (2.0, 10, 10)) == [10_000_000, 10_000_000]


def test_two_looks_at_one_time_see_the_same_bandwidth(readings: Readings) -> None:
    steps = (1.0, 0, 0), (2.0, 125_000, 0), (2.0, 125_000, 0)
    assert bandwidths(readings, *steps) == [10_000_000, 9_000_000, 9_000_000]


def test_the_operator_may_know_the_link_better(readings: Readings) -> None:
    steps = (1.0, 0, 0), (2.0, 125_000, 0)
    assert bandwidths(readings, *steps, bits_per_second=2_000_000) == [2_000_000, 1_000_000]


@pytest.mark.parametrize("speed", [0, -1])
def test_bandwidth_of_a_link_without_a_known_speed_is_none(readings: Readings, speed: int) -> None:
    readings.speeds[LAN] = speed
    assert bandwidths(readings, (1.0, 0, 0), (2.0, 5, 5)) == [0, 0]


@pytest.mark.usefixtures("readings")
def test_bandwidth_of_an_interface_that_is_not_there_is_none() -> None:
    assert Machine("other").look(1.0).available_bandwidth == 0
    assert Machine("other", bits_per_second=1000).look(1.0).available_bandwidth == 0


def test_an_interface_that_comes_back_is_measured_from_then_on(readings: Readings) -> None:
    looks = Machine(LAN)
    looks.look(1.0)
    gone = readings.octets.pop(LAN)
    assert looks.look(2.0).available_bandwidth == 0
    readings.octets[LAN] = gone
    assert looks.look(3.0).available_bandwidth == 10_000_000


@pytest.mark.usefixtures("readings")
def test_a_router_may_count_its_octets_itself() -> None:
    looks = Machine("none of the kernel's", bits_per_second=2_000_000)
    assert looks.look(1.0, octets=1000).available_bandwidth == 2_000_000
    assert looks.look(2.0, octets=126_000).available_bandwidth == 1_000_000


def test_what_may_not_be_looked_at_is_not_known(readings: Readings) -> None:
    readings.broken = True
    assert Machine(LAN).look(1.0).available_bandwidth == 0


# Processes


def test_a_process_has_its_share_of_all_cpus(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.processes = {ME: (0.0, 50.0), 101: (0.0, 0.0)}
    readings.cpu["idle"] = 1.0
    assert looks.look(1.0, [ME, 101]).processes == {ME: 0, 101: 0}
    readings.processes = {ME: (0.0, 51.0), 101: (0.0, 0.5)}
    readings.cpu |= {"user": 1.5, "idle": 3.5}  # four seconds later of one CPU, one second later of four
    assert looks.look(2.0, [ME, 101]).processes == {ME: 2500, 101: 1250}


def test_a_process_that_has_gone_or_may_not_be_seen_is_left_out(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.processes = {ME: (0.0, 0.0), 101: (0.0, 0.0), 102: (0.0, 0.0)}
    readings.forbidden = {102}
    assert looks.look(1.0, [ME, 101, 102]).processes.keys() == {ME, 101}
    del readings.processes[101]
    assert looks.look(2.0, [ME, 101, 102]).processes.keys() == {ME}


def test_an_id_that_was_given_away_again_is_another_process(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.processes[ME] = 0.0, 1.0
    looks.look(1.0, [ME])
    readings.processes[ME] = 5.0, 9.0
    readings.cpu["user"] = 10.0
    assert looks.look(2.0, [ME]).processes == {ME: 0}


def test_nothing_is_kept_of_processes_that_are_no_longer_asked_for(readings: Readings) -> None:
    looks = Machine(LAN)
    readings.processes[ME] = 0.0, 1.0
    looks.look(1.0, [ME])
    looks.look(2.0)
    readings.processes[ME] = 0.0, 9.0
    readings.cpu["user"] = 10.0
    assert looks.look(3.0, [ME]).processes == {ME: 0}


# The real thing


def test_the_real_machine_has_figures() -> None:
    looks = Machine("lo")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    asked = [os.getpid(), gone.pid, 2**32 - 1, 0]
    looks.look(1.0, asked)
    before = psutil.cpu_times()
    while psutil.cpu_times().user - before.user < 0.1:
        pass
    found = looks.look(2.0, asked)
    assert isinstance(found, Figures)
    assert 0 < found.cpu_utilization <= 10_000
    assert 0 < found.available_memory < 2**64
    assert found.available_bandwidth == 0
    assert found.processes.keys() == {os.getpid()}
    assert 0 < found.processes[os.getpid()] <= 10_000
