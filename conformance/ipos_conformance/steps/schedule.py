"""When the copies of a connection packet are due (ORG-7), and how a time is judged: by kernel timestamps.

A time is judged against its requirement's tolerance and what the target's answers were seen to vary by meanwhile.
"""

import time
from collections.abc import Generator, Sequence

from ipos_conformance.findings.evidence import Timing
from ipos_conformance.frames import Frame, Lan, describe
from ipos_conformance.pause import Pause
from ipos_conformance.steps.attempt import COPIES_DUE, EARLY, GIVEN_UP, LATE, Attempt
from ipos_conformance.verdicts import Inconclusive, Violation

DELAYED_ACK = 0.5
"""Seconds after which data is acknowledged at the latest (RFC 9293 3.8.6.3)."""
_BETWEEN, _ANSWER = 0.04, 0.1
"""Seconds between two measurements, and how long an answer is waited for."""


class Watch:
    """An attempt that is watched: how long the target takes to answer ARP on the second LAN meanwhile is measured.

    Nothing is late by what the target was kept from: it has to have answered something after the time had come.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._took: list[float] = []
        self._answered: list[float] = []

    def until(self, seconds: float) -> Generator[Pause, None, None]:
        """Wait until so many seconds of the document after the first copy."""
        dut = self._attempt.dut
        end = self._attempt.first.time + dut.scaled(seconds)
        while time.time() < end:
            yield dut.pause(min(_BETWEEN, max(end - time.time(), 0)) / dut.scale)
            self._measure()

    def expect_copies(self) -> None:
        """The three other copies are there, on time, and no more."""
        observed = self._observed_copies()
        expected = ", ".join(f"{self._scaled(due):.3f} s" for due in COPIES_DUE[1:])
        refusal = Violation(
            (f"copies of the connection packet {expected} after the first",),
            tuple(f"after {seconds:.3f} s" for seconds in observed[1:]) or ("no copy",),
        )
        for number in range(1, min(len(observed), len(COPIES_DUE))):
            what = f"copy {number + 1} of the connection packet after the first"
            self._judge(what, observed[: number + 1], COPIES_DUE[: number + 1], 0.0, refusal)
        if len(observed) != len(COPIES_DUE):
            raise refusal

    def expect_given_up(self) -> None:
        """The client hears from the server that it addressed, or is reset, on time and not before."""
        frame = self._attempt.expect_given_up()
        observed, copies = frame.time - self._attempt.first.time, self._observed_copies()
        refusal = Violation(
            (f"the first segment to the client {self._scaled(GIVEN_UP):.3f} s after the first connection packet",),
            (f"after {observed:.3f} s: {describe(frame)}",),
        )
        last = next(iter(copies[len(COPIES_DUE) - 1 :]), self._scaled(COPIES_DUE[-1]))
        due = COPIES_DUE[-1], GIVEN_UP
        self._judge("end of the attempt after its first packet", (last, observed), due, DELAYED_ACK, refusal)

    def _observed_copies(self) -> list[float]:
        """Seconds from the first copy to each, the first one included."""
        first, evidence = self._attempt.first, self._attempt.dut.traffic.evidence
        return [frame.time - first.time for frame in evidence if self._attempt.is_copy(frame)]

    def _judge(
        self, what: str, observed: Sequence[float], due: Sequence[float], more: float, refusal: Violation
    ) -> None:
        """Note the last of these times in the case's result, and refuse it outside its window.

        Each is due from the first copy, or from the one before it as that came.

        more   seconds by which what shows it may be later
        """
        before, seconds = observed[-2:]
        from_first, from_before = self._scaled(due[-1]), before + self._scaled(due[-1] - due[-2])
        jitter = max(self._took, default=0.0) - min(self._took, default=0.0)
        # What delayed the first copy makes the others look early.
        earliest = min(from_first, from_before) - EARLY - jitter - self._attempt.took
        latest = max(from_first, from_before) + LATE + more + jitter
        self._attempt.dut.traffic.inbox.timings.append(
            Timing(what=what, observed=round(seconds, 6), earliest=round(earliest, 6), latest=round(latest, 6))
        )
        if seconds < earliest:
            raise refusal
        if seconds > latest:
            if not any(max(from_first, from_before) < answered < seconds - LATE - more for answered in self._answered):
                raise Inconclusive(f"{what}: late, but the target was not seen to answer anything else meanwhile")
            raise refusal

    def _measure(self) -> None:
        dut = self._attempt.dut
        began = time.time()
        dut.ask_who_has(dut.address, Lan.SECOND)
        answer = dut.traffic.first(lambda frame: _answers(frame, began), _ANSWER)
        if answer is not None:
            self._took.append(answer.time - began)
            self._answered.append(answer.time - self._attempt.first.time)

    def _scaled(self, seconds: float) -> float:
        return self._attempt.dut.scaled(seconds)


def _answers(frame: Frame, began: float) -> bool:
    return frame.lan is Lan.SECOND and frame.time >= began and frame.arp is not None and frame.arp.op == 2
