"""Times of the document on the target's clock: when to look, and whether what came was on time (TIM-1).

A timer of the target runs from some moment between two that we know: before we sent what starts it, and when we had
seen its answer. What it does by itself is judged by the kernel's timestamps, so it does not matter when we look. That
something is still there is asked early enough, and that it is gone, late enough; asked too late by our own fault, the
case can't be judged.
"""

import time

from ipos_conformance.dut import Dut
from ipos_conformance.findings.evidence import Timing
from ipos_conformance.frames import Direction, Frame, describe
from ipos_conformance.pause import Pause, pause
from ipos_conformance.verdicts import Skipped, Violation

SHARE, GRANULE = 0.05, 0.1
"""How much a timer may miss its time by, either way: a share of it, and seconds that no factor scales (TIM-1)."""
_AHEAD, _PART = 0.5, 0.25
"""Seconds, and part, of what is left to us for asking shortly before the end: other cases may keep us from it."""
_AFTER = 0.02
"""Seconds for what is sent at the last moment to arrive."""


class Timer:
    """One timer of the target, from now on; call `started` when it surely runs, if that is not now.

    what        which time, for the results
    seconds     of the document
    since       when it may have started, seconds since the epoch, if not now
    waited_for  whether the case is skipped where that is longer than the target file wants to wait

    earliest, latest   seconds after the start: the window in which its end is on time
    """

    def __init__(
        self, dut: Dut, what: str, seconds: float, since: float | None = None, *, waited_for: bool = True
    ) -> None:
        self._dut = dut
        self._what = what
        self._begin = time.time() if since is None else since
        self._started = self._begin
        self._nominal = nominal = dut.scaled(seconds)
        tolerance = SHARE * nominal + GRANULE + dut.jitter
        self.earliest, self.latest = nominal - tolerance, nominal + tolerance
        if waited_for and nominal > dut.target.timing.longest_wait:
            longest = f"timing.longest_wait is {dut.target.timing.longest_wait:.0f} s"
            raise Skipped(f"waits {nominal:.0f} s for a timer; {longest}")

    def started(self) -> "Timer":
        """By now the target runs it at the latest."""
        self._started = time.time()
        return self

    # When to look

    def shortly_before(self) -> Pause:
        """Until it may soon be over. Raises Skipped where the factor leaves no time in which it may not be."""
        room = self._begin + self.earliest - self._started
        if room <= 0:
            raise Skipped(f"with the factor {self._dut.scale}, {self._what} is too short for what a timer may miss")
        last = self._begin + self.earliest - time.time()
        return pause(max(0.0, last - min(_AHEAD, _PART * room)), max(0.0, last))

    def when_over(self) -> Pause:
        """Until it is surely over."""
        return pause(max(0.0, self._started + self.latest + _AFTER - time.time()))

    # What is seen then

    def judge(self, frame: Frame) -> None:
        """What the target sends when it is over came on time."""
        early, late = frame.time - self._begin, frame.time - self._started
        on_time = early >= self.earliest and late <= self.latest
        self._note(self._what, late if on_time or late > self.latest else early, self.earliest, self.latest)
        if on_time:
            return
        self._dut.traffic.inbox.doubts.append(lambda: self._stall(late - self.latest) if late > self.latest else "")
        wanted = f"{self._what} between {self.earliest:.3f} and {self.latest:.3f} s"
        raise Violation((wanted,), (f"after {late:.3f} s: {describe(frame)}",))

    def running(self) -> None:
        """What is asked from now on is asked before it may be over."""
        evidence = self._dut.traffic.evidence
        before = len(evidence)

        def asked_too_late() -> str:
            asked = next((frame.time for frame in evidence[before:] if frame.direction is Direction.SENT), 0.0)
            late = asked - self._begin - self.earliest
            return f"our own bench asked {late:.3f} s too late" if late > 0 else ""

        self._note(f"{self._what}: still running", time.time() - self._begin, 0.0, self.earliest)
        self._dut.traffic.inbox.doubts.append(asked_too_late)

    def hurry(self) -> None:
        """What follows shows something only as far as it is done before this may be over."""
        self._dut.traffic.inbox.doubts.append(self._too_slow)

    def _too_slow(self) -> str:
        heard = (frame.time for frame in self._dut.traffic.inbox.evidence if frame.direction is Direction.RECEIVED)
        late = max(heard, default=0.0) - self._begin - self.earliest
        return f"{self._what} may be over: our own bench took {late:.3f} s too long" if late > 0 else ""

    def over(self) -> None:
        """What is asked from now on has to find it over."""
        observed = time.time() - self._started
        self._note(f"{self._what}: over", observed, self.latest, observed)
        self._dut.traffic.inbox.doubts.append(lambda: self._stall(observed - self._nominal))

    def _stall(self, late: float) -> str:
        """Why what is so many seconds late may be so by our own machine's fault; empty if it is not."""
        stall = self._dut.traffic.stalls.worst_since(self._begin)
        return f"{self._what} was late, but our machine stalled for {stall:.3f} s" if stall > late else ""

    def _note(self, what: str, observed: float, earliest: float, latest: float) -> None:
        self._dut.traffic.inbox.timings.append(
            Timing(what=what, observed=round(observed, 6), earliest=round(earliest, 6), latest=round(latest, 6))
        )
