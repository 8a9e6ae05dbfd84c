"""All oracles at one target: what they say after each batch."""

import re
import time
from collections.abc import Collection, Iterator

from ipos_conformance.bench.health import health, troubles
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Client

from ipos_fuzz.campaign.place import Place
from ipos_fuzz.oracles.bystanders import Bystanders
from ipos_fuzz.oracles.liveness import ended, liveness
from ipos_fuzz.oracles.log import LogWatch
from ipos_fuzz.oracles.resources import AT_REST, Limits, growth, taken
from ipos_fuzz.violation import ORACLES, Violation

_ALL_OVER, _AWAITED = 130.0, 5.0
"""Seconds of the document until nothing is under way any more (FWD-2, UDP-3), and how long that may take in fact."""
_SELDOM = 0.5
"""Seconds between two questions to bystanders, and between two looks at what the target's processes take."""
_QUIET, _LOOKS = 0.02, 25
"""Seconds after which a report to which nothing was added is whole, though its end can't be seen; and looks at most."""
_FIGURE = re.compile(r"[-+]?\d+(\.\d+)?")


class Watch:
    """The oracles of one place. absent: see `Bystanders`; oracles: those that are asked, liveness always.

    fatal   whether the target has to be set up anew before anything else is sent
    doubt   what speaks against believing what was seen last: our own machine's troubles
    """

    def __init__(self, place: Place, limits: Limits, absent: set[str], oracles: Collection[str] = ORACLES) -> None:
        self._place, self._limits, self._oracles = place, limits, oracles
        self._log = LogWatch(place.log)
        self._start = taken(place.processes())
        self.bystanders = Bystanders(place.dut, absent, asked="bystander" in oracles)
        self._health = health(place.gates)
        self._asked = time.monotonic()
        self.fatal = False
        self.doubt = ""

    def is_spared(self, client: Client) -> bool:
        """Whether a client is a bystander, or one of a barrier: nobody resets their connections."""
        clients = self._place.dut.clients
        return clients.is_probe(client) or clients.is_of(client, self.bystanders.inbox)

    def after_batch(self) -> list[Violation]:
        """What is wrong now; the gravest first, one that explains the others alone."""
        found = list(self._look(all_of_it=False))
        self._note_troubles()
        return found

    def at_the_end(self) -> list[Violation]:
        """The same with everything that is otherwise asked from time to time."""
        return list(self._look(all_of_it=True))

    def printed(self) -> list[Violation]:
        """What is wrong by the log alone. Told now, not a batch later, when another one would be suspected of it."""
        if "log" not in self._oracles:
            return []
        found = self._log.new_faults()
        for _ in range(_LOOKS):
            if not self._log.is_unfinished:
                break
            time.sleep(_QUIET)
            found += self._log.new_faults()
        return found

    def at_rest(self, limits: Limits = AT_REST) -> list[Violation]:
        """What the target still holds when its timers have run out, if they are scaled so that this can be awaited."""
        seconds = self._place.dut.scaled(_ALL_OVER)
        if seconds > _AWAITED or not self._is_measured:
            return []
        self._place.dut.traffic.collect_for(seconds)
        return [found] if (found := growth(self._start, taken(self._place.processes()), limits)) is not None else []

    def lost(self, error: BenchError) -> list[Violation]:
        """An interface was gone while something was sent. Raises the error if the target is there still."""
        end = self._place.end(wait=True)
        if end is None:
            raise error
        self.fatal = True
        return self._explained(ended(end))

    def _look(self, *, all_of_it: bool) -> Iterator[Violation]:
        dead = liveness(self._place.dut.judge, lambda: self._place.end(wait=True))
        if dead is not None:
            self.fatal = True
            yield from self._explained(dead)
            return
        yield from self.printed()
        if all_of_it:
            yield from self.bystanders.ask_all()
            yield from self._resources()
        elif time.monotonic() - self._asked > _SELDOM:
            self._asked = time.monotonic()
            yield from filter(None, [self.bystanders.ask_next()])
            yield from self._resources()

    def _explained(self, dead: Violation) -> list[Violation]:
        """What it printed before says more than that it has ended."""
        said = self._log.new_faults(ended=dead.oracle == "process")
        if said and dead.oracle == "process":
            first = said[0]
            return [Violation("process", first.requirement, first.kind, f"{first.what}; {dead.what}")]
        return [*said, dead]

    def _resources(self) -> Iterator[Violation]:
        if self._is_measured:
            yield from filter(None, [growth(self._start, taken(self._place.processes()), self._limits)])

    @property
    def _is_measured(self) -> bool:
        return self._place.is_local and "resources" in self._oracles

    def _note_troubles(self) -> None:
        now = health(self._place.gates)
        # A target that has ended takes interfaces that it made with it: that is no trouble of ours.
        gone = self.fatal and self._place.end() is not None
        # Without their figures, they can be counted.
        self.doubt = "" if gone else "; ".join(_FIGURE.sub("some", trouble) for trouble in troubles(self._health, now))
        self._health = now
