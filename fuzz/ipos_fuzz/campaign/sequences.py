"""Recorded sessions in another order: frames missing, twice, late, mixed with another connection's."""

from collections import deque
from random import Random

from ipos_conformance.frames import ARP_TYPE, Direction

from ipos_fuzz.campaign.batch import Batch, Source
from ipos_fuzz.campaign.place import Place
from ipos_fuzz.mutate import UnknownOperatorError
from ipos_fuzz.operators.sequences import Score, Sent, sequence_mutants

_AT_ONCE = 8
_LONGEST = 64
"""Frames of a changed session that are sent: some operators repeat without need."""

Scores = deque[tuple[Sent, ...]]
"""Frames of the latest sessions, in the order in which they were sent."""


def score_of(place: Place, since: int) -> tuple[Sent, ...]:
    """What was sent since so many frames had passed: barriers and ARP left out."""
    is_probe = place.dut.clients.is_about_probe
    return tuple(
        Sent(frame.lan, frame.octets)
        for frame in place.tape[since:]
        if frame.direction is Direction.SENT and frame.type != ARP_TYPE and not is_probe(frame)
    )


class Sequences(Source):
    """Changed sessions, each a case. Numbers that the router chose are stale by now; those that peers chose are not."""

    name = "sequences"

    def __init__(self, random: Random, scores: Scores) -> None:
        super().__init__()
        self._random, self._scores = random, scores

    def run(self, place: Place, batch: Batch) -> None:
        """Send some; nothing as long as no session was recorded."""
        place.dut.start_case(self.name)
        for _ in range(min(_AT_ONCE, len(self._scores))):
            score = Score(self._random.choice(self._scores), self._random.choice(self._scores), _ether_type(place))
            try:
                (mutant,) = sequence_mutants(score, 1, self._random.randrange(1 << 32))
            except UnknownOperatorError:
                continue
            if mutant.operator in self.muted:
                continue
            batch.cases += 1
            batch.story.append(mutant.operator)
            for lan, octets in mutant.frames[:_LONGEST]:
                place.gates[lan].try_to_send(octets)


def _ether_type(place: Place) -> int:
    return place.target.second_lan.ether_type
