"""How busy this machine is, as psutil sees it: real figures for Server State and Application Information."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass

import psutil

from ipos_reference.figures import Figures

FULL = 10_000
"""All of a CPU's time, in 0.01 %."""

_IDLE = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")
"""Times of virtual machines, which Linux counts among those of users, too (proc_stat(5))."""


@dataclass(frozen=True, slots=True)
class _CpuTimes:
    """Seconds since the machine was started, of all its CPUs together."""

    busy: float
    total: float


@dataclass(frozen=True, slots=True)
class _Traffic:
    """Octets that went over an interface up to a time."""

    sent: int
    received: int
    at: float


class Machine:
    """Looks at the machine. Utilizations and bandwidth are those since the look before.

    interface           the one on the first LAN
    bits_per_second     what its link carries; None: what the kernel says (10 Mbit/s of a TAP and 10 Gbit/s of a veth,
                        whatever they carry)
    applications_alone  the server is as busy as its applications are, children included: where several servers share
                        a machine, its CPUs tell nothing of one of them

    What can't be found out is 0, so that an unknown bandwidth decides no tie in this server's favour (section 10).
    """

    def __init__(self, interface: str, bits_per_second: int | None = None, *, applications_alone: bool = False) -> None:
        self._interface = interface
        self._bits_per_second = bits_per_second
        self._applications_alone = applications_alone
        self._cpu = _cpu_times()
        self._utilization = 0
        self._traffic: _Traffic | None = None
        self._bandwidth = 0
        self._processes: dict[int, tuple[psutil.Process, float]] = {}

    def look(self, now: float, processes: Collection[int] = (), octets: int | None = None) -> Figures:
        """Look at everything.

        now        seconds of a clock that never goes back
        processes  ids of those whose CPU utilization is wanted, each without its children's; 0 for one that was not
                   asked for before, and none for one that has gone
        octets     that have gone over the first LAN in its busier direction, where the router counts them because its
                   port is no interface of the kernel's
        """
        before, self._cpu = self._cpu, _cpu_times()
        elapsed = self._cpu.total - before.total
        if elapsed > 0:
            self._utilization = _share(self._cpu.busy - before.busy, elapsed)
        traffic = self._kernel_traffic(now) if octets is None else _Traffic(octets, 0, now)
        looked_at = _with_children(processes) if self._applications_alone else processes
        of_processes = self._process_utilizations(looked_at, elapsed)
        if self._applications_alone:
            self._utilization = min(FULL, sum(of_processes.values()))
        return Figures(
            cpu_utilization=self._utilization,
            available_memory=psutil.virtual_memory().available,
            available_bandwidth=self._available_bandwidth(traffic),
            processes={process: of_processes[process] for process in processes if process in of_processes},
        )

    # The first LAN

    def _available_bandwidth(self, traffic: _Traffic | None) -> int:
        """What the link carries less what went over it in its busier direction; at the first look nothing did."""
        before, self._traffic = self._traffic, traffic
        if traffic is None:
            return 0
        capacity = self._capacity()
        if before is None:
            self._bandwidth = capacity
        elif traffic.at > before.at:
            # Counters begin anew with the interface: less than before is then no measure of anything.
            octets = max(traffic.sent - before.sent, traffic.received - before.received, 0)
            self._bandwidth = max(0, capacity - round(8 * octets / (traffic.at - before.at)))
        return self._bandwidth

    def _capacity(self) -> int:
        """Bit/s; 0 if it is not known."""
        if self._bits_per_second is not None:
            return self._bits_per_second
        try:
            known = psutil.net_if_stats().get(self._interface)
        except OSError:
            return 0
        return max(0, known.speed) * 1_000_000 if known is not None else 0

    def _kernel_traffic(self, now: float) -> _Traffic | None:
        """None where there is no such interface."""
        try:
            # Without psutil's mending of counters that begin anew: it is common to all who ask in this process.
            known = psutil.net_io_counters(pernic=True, nowrap=False).get(self._interface)
        except OSError:
            return None
        return _Traffic(known.bytes_sent, known.bytes_recv, now) if known is not None else None

    # Processes

    def _process_utilizations(self, processes: Collection[int], elapsed: float) -> dict[int, int]:
        """Shares of all CPUs' time, so that an application compares with its machine."""
        seen, found = dict[int, tuple[psutil.Process, float]](), dict[int, int]()
        for process_id in processes:
            now = self._process_time(process_id)
            if now is None:
                continue
            process, seconds = seen[process_id] = now
            known, before = self._processes.get(process_id, now)
            # An id that was given away again is another process, which psutil tells by when it was started.
            found[process_id] = _share(seconds - before, elapsed) if known == process else 0
        self._processes = seen
        return found

    def _process_time(self, process_id: int) -> tuple[psutil.Process, float] | None:
        """The process and the CPU time that it has had, seconds; None if it has gone, or may not be looked at."""
        try:
            process = psutil.Process(process_id)
            times = process.cpu_times()
        except (psutil.Error, ValueError):  # ValueError: no such id can be
            return None
        return process, times.user + times.system


def _with_children(processes: Collection[int]) -> Collection[int]:
    """These processes and all that they have started."""
    found = set(processes)
    for process_id in processes:
        with contextlib.suppress(psutil.Error, ValueError):
            found.update(child.pid for child in psutil.Process(process_id).children(recursive=True))
    return found


def _cpu_times() -> _CpuTimes:
    times = psutil.cpu_times()._asdict()
    total = sum(seconds for name, seconds in times.items() if name not in _COUNTED_TWICE)
    return _CpuTimes(busy=total - sum(times.get(name, 0.0) for name in _IDLE), total=total)


def _share(part: float, whole: float) -> int:
    """In 0.01 %; counters of the kernel may be a little out of step with each other, and idle time may go back."""
    return min(FULL, max(0, round(FULL * part / whole))) if whole > 0 else 0
