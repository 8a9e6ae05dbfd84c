"""When the copies of a connection packet are due (ORG-7), and how a time is judged: by kernel timestamps.

A time is judged against its requirement's tolerance and what the target's answers were seen to vary by meanwhile.
"""

import time
from collections.abc import Generator
from itertools import pairwise
from typing import NoReturn

from ipos_conformance.attempt import Attempt
from ipos_conformance.evidence import Timing
from ipos_conformance.frames import Frame, Lan, describe
from ipos_conformance.pause import Pause
from ipos_conformance.verdicts import Inconclusive, Violation

REPETITIONS = (0.2, 0.6, 1.4)
"""Seconds of the document from the first copy to each of the others (ORG-7)."""
GIVEN_UP = 3.0
"""Seconds of the document from the first copy to the end of the attempt (ORG-7)."""
EARLY, LATE = 0.01, 0.05
"""Seconds by which a copy or the end may miss its time (ORG-7's note)."""
DELAYED_ACK = 0.5
"""Seconds after which data is acknowledged at the latest (RFC 9293 3.8.6.3)."""
_BETWEEN, _ANSWER = 0.04, 0.1
"""Seconds between two measurements, and how long an answer is waited for. The first is less than LATE: whatever keeps
the target from sending for longer than that keeps it from answering, too."""
_TOO_MUCH = 0.1
"""Seconds of variation, or without a measurement, beyond which a time that is wrong is no proof any more."""


class Watch:
    """An attempt that is watched; how much the target's answers vary meanwhile is measured by ARP on the second LAN."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._asked = [attempt.first.time]
        self._answers: list[float] = []

    def until(self, seconds: float) -> Generator[Pause, None, None]:
        """Wait until so many seconds of the document after the first copy."""
        dut = self._attempt.dut
        end = self._attempt.first.time + dut.scaled(seconds)
        while time.time() < end:
            yield dut.pause(min(_BETWEEN, max(end - time.time(), 0)) / dut.scale)
            self._measure()

    def expect_copies(self) -> None:
        """The three other copies are there, on time, and no more."""
        first, traffic = self._attempt.first, self._attempt.dut.traffic
        observed: list[float] = []
        while (copy := traffic.first(self._attempt.is_copy, 0)) is not None:
            observed.append(copy.time - first.time)
        names = [f"copy {number} of the connection packet after the first" for number in range(2, len(observed) + 2)]
        on_time = [self._judge(*one) for one in zip(names, observed, REPETITIONS, strict=False)]
        if len(observed) != len(REPETITIONS) or not all(on_time):
            when = ", ".join(f"{self._scaled(due):.3f} s" for due in REPETITIONS)
            self._refuse(
                f"copies of the connection packet {when} after the first",
                tuple(f"after {seconds:.3f} s" for seconds in observed) or ("no copy",),
            )

    def expect_given_up(self) -> None:
        """The client hears from the server that it addressed, or is reset, on time and not before."""
        frame = self._attempt.expect_given_up()
        observed = frame.time - self._attempt.first.time
        if not self._judge("end of the attempt after its first packet", observed, GIVEN_UP, DELAYED_ACK):
            self._refuse(
                f"the first segment to the client {self._scaled(GIVEN_UP):.3f} s after the first connection packet",
                (f"after {observed:.3f} s: {describe(frame)}",),
            )

    @property
    def jitter(self) -> float:
        """Seconds by which the target's answers varied."""
        return max(self._answers, default=0.0) - min(self._answers, default=0.0)

    def _refuse(self, expected: str, actual: tuple[str, ...]) -> NoReturn:
        """Raise Violation, or Inconclusive where too little is known of the target's slowness to convict it."""
        gap = max((later - earlier for earlier, later in pairwise(self._asked)), default=0.0)
        if max(gap, self.jitter) > self._scaled(_TOO_MUCH):
            raise Inconclusive(f"answers to ARP varied by {self.jitter:.3f} s, and were not asked for in {gap:.3f} s")
        raise Violation((expected,), actual)

    def _judge(self, what: str, observed: float, due: float, more: float = 0.0) -> bool:
        """Note a time in the case's result; whether it lies in its window. more: how late what shows it may be."""
        nominal, jitter = self._scaled(due), self.jitter
        earliest, latest = nominal - EARLY - jitter, nominal + LATE + more + jitter
        self._attempt.dut.traffic.inbox.timings.append(
            Timing(what=what, observed=round(observed, 6), earliest=round(earliest, 6), latest=round(latest, 6))
        )
        return earliest <= observed <= latest

    def _measure(self) -> None:
        dut = self._attempt.dut
        began = time.time()
        self._asked.append(began)
        dut.ask_who_has(dut.address, Lan.SECOND)
        answer = dut.traffic.first(lambda frame: _answers(frame, began), _ANSWER)
        if answer is not None:
            self._answers.append(answer.time - began)

    def _scaled(self, seconds: float) -> float:
        return self._attempt.dut.scaled(seconds)


def _answers(frame: Frame, began: float) -> bool:
    return frame.lan is Lan.SECOND and frame.time >= began and frame.arp is not None and frame.arp.op == 2
