"""The target set up anew, with the suite's stations around it."""

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from ipos_conformance.bench.launch import Bench, bench
from ipos_conformance.dut import Dut
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Frame, Lan
from ipos_conformance.runs.phases import Phase
from ipos_conformance.runs.run import ready_or_why_not, reset
from ipos_conformance.target import Target

from ipos_fuzz.campaign.gate import Gate, Reach
from ipos_fuzz.oracles.bystanders import REQUEST

_HEADER = 14
"""Octets of an Ethernet header, beside the MTU."""
_LAST_BREATH = 1.0
"""Seconds for which the end of a process is waited for, whose interface is gone already."""


class NotReadyError(BenchError):
    """The bench is well, and the target does not answer."""


@dataclass(frozen=True)
class Place:
    """One target from its start to its end.

    gates  the harness's ports
    log    what the target printed
    tape   every frame that passed since somebody emptied it
    """

    target: Target
    phase: Phase
    dut: Dut
    gates: Mapping[Lan, Gate]
    bench: Bench
    log: Path
    tape: list[Frame]

    @property
    def is_local(self) -> bool:
        """Whether we have launched it ourselves: then its process can be watched, and launched again."""
        return self.bench.process is not None

    def processes(self) -> list[psutil.Process]:
        """The target's own processes, children included; none if it is not local or has ended."""
        if self.bench.process is None:
            return []
        with contextlib.suppress(psutil.Error):
            return list(psutil.Process(self.bench.process.warden.pid).children(recursive=True))
        return []

    def kill(self) -> None:
        """End its processes at once: one that answers nothing any more may not heed a polite word either."""
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def passed(self) -> list[Frame]:
        """What has passed since it was asked last, in the order of the times at which it did."""
        frames = sorted(self.tape, key=lambda frame: frame.time)
        self.tape.clear()
        return frames

    def end(self, *, wait: bool = False) -> str | None:
        """How its process ended; None while it runs, or if it is none of ours. wait: it seems to have ended."""
        deadline = time.monotonic() + (_LAST_BREATH if wait and self.is_local else 0)
        while (end := self.bench.target_end()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return end


@contextlib.contextmanager
def place(
    target: Target, phase: Phase, log: Path, seed: int, *, absent: Collection[str] = (), force: bool = False
) -> Iterator[Place]:
    """Set the target up, and take it down in the end. Raises BenchError, NotReadyError if it does not answer.

    absent  bystanders whom it is known not to serve: what nobody serves is not waited for
    """
    reach, gates, tape = Reach(target), dict[Lan, Gate](), list[Frame]()

    mtus = {Lan.FIRST: target.first_lan.mtu, Lan.SECOND: target.second_lan.mtu}

    def open_gate(lan: Lan, interface: str, ether_type: int, rate: float) -> Gate:
        gates[lan] = Gate(lan, interface, ether_type, rate, reach=reach, longest=_HEADER + mtus[lan], tape=tape)
        return gates[lan]

    try:
        log.unlink(missing_ok=True)
    except OSError as error:
        raise BenchError(f"{log}: {error.strerror}, expected a place for what the target prints") from error
    with bench(target, phase.launch, log, force=force, port=open_gate) as stand:
        reset(phase.reset)
        dut = Dut(target, stand.ports, seed, stand.target_end, phase.scale, phase.bounds, phase.salt())
        if not stand.ports:
            raise NotReadyError(f"the target made no interfaces{_said(stand)}")
        unready = ready_or_why_not(dut, target.timing.start, application=REQUEST not in absent)
        if unready:
            raise NotReadyError(f"{unready}{_said(stand)}")
        yield Place(target, phase, dut, gates, stand, log, tape)


def _said(stand: Bench) -> str:
    end = stand.target_end()
    return "" if end is None else f"; {end}"
