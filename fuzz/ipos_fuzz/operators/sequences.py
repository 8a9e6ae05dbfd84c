"""Ways to change a sequence of right frames: twice, late, in another order, mixed with another connection.

None of them promises anything: what a router has to do with the frames, the model of the protocol says.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple

from ipos_conformance.frames import Lan
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE

from ipos_fuzz.mutate import UnknownOperatorError
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.operators.operator import inside, to_endpoint, to_one_router
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import INNER, Subject

_MACS = slice(6, 12)
_REFERENCE = slice(HEADER, HEADER + 12)


class Sent(NamedTuple):
    """One frame of a sequence, without frame check sequence, and the LAN on which it is to be sent."""

    lan: Lan
    octets: bytes


@dataclass(frozen=True)
class Score:
    """What a sequence operator has before it.

    frames      of one connection, in the order in which they are right
    other       of another one
    ether_type  of ipOS
    """

    frames: tuple[Sent, ...]
    other: tuple[Sent, ...] = ()
    ether_type: int = ETHER_TYPE

    @cached_property
    def subjects(self) -> tuple[Subject | None, ...]:
        """The frames laid open; None where one is not right."""
        return tuple(self._subject(sent) for sent in self.frames)

    @cached_property
    def other_subjects(self) -> tuple[Subject | None, ...]:
        """Those of the other connection."""
        return tuple(self._subject(sent) for sent in self.other)

    def _subject(self, sent: Sent) -> Subject | None:
        try:
            return Subject.of(sent.octets, self.ether_type)
        except DecodeError:
            return None


class SequenceOperator(NamedTuple):
    """One way to change a sequence.

    requirement  id of what it probes
    applies      whether it can be applied
    mutate       makes the changed sequence with the random source that it is given, and no other
    """

    requirement: str
    applies: Callable[[Score], bool]
    mutate: Callable[[Score, Random], list[Sent]]


class SequenceMutant(NamedTuple):
    """What came out of a sequence operator: its name, a key of SEQUENCE_OPERATORS, and the frames."""

    operator: str
    frames: list[Sent]


def sequence_mutants(score: Score, count: int, seed: int, operators: Collection[str] = ()) -> Iterator[SequenceMutant]:
    """Yield `count` changed sequences, the same ones for the same seed.

    operators  names to choose among; all that apply if empty

    Raises UnknownOperatorError where none of them is there or applies.
    """
    chosen = [
        name
        for name, operator in SEQUENCE_OPERATORS.items()
        if (not operators or name in operators) and operator.applies(score)
    ]
    if not chosen:
        raise UnknownOperatorError(f"{', '.join(sorted(operators)) or 'no operator'}: applies to no such sequence")
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(count):
        name = random.choice(chosen)
        yield SequenceMutant(name, SEQUENCE_OPERATORS[name].mutate(score, random))


def _repeat(score: Score, random: Random) -> list[Sent]:
    """One frame twice, or many times, in succession."""
    at, times = random.randrange(len(score.frames)), random.choice((2, 2, 3, 20))
    return [*score.frames[:at], *[score.frames[at]] * times, *score.frames[at + 1 :]]


def _repeat_all(score: Score, _random: Random) -> list[Sent]:
    return [*score.frames, *score.frames]


def _stale_repeat(score: Score, random: Random) -> list[Sent]:
    """One frame once more, after at least one that came behind it."""
    at = random.randrange(len(score.frames) - 1)
    later = random.randrange(at + 2, len(score.frames) + 1)
    return [*score.frames[:later], score.frames[at], *score.frames[later:]]


def _drop(score: Score, random: Random) -> list[Sent]:
    at = random.randrange(len(score.frames))
    return [*score.frames[:at], *score.frames[at + 1 :]]


def _cut_short(score: Score, random: Random) -> list[Sent]:
    """Nothing comes any more from some frame on."""
    return list(score.frames[: random.randrange(1, len(score.frames))])


def _exchange(score: Score, random: Random) -> list[Sent]:
    """A frame overtakes the one before it."""
    at = random.randrange(len(score.frames) - 1)
    frames = list(score.frames)
    frames[at : at + 2] = frames[at + 1], frames[at]
    return frames


def _shuffle(score: Score, random: Random) -> list[Sent]:
    return random.sample(score.frames, len(score.frames))


def _interleave(score: Score, random: Random) -> list[Sent]:
    """Both connections at once, each in its order."""
    turns = [0] * len(score.frames) + [1] * len(score.other)
    random.shuffle(turns)
    sources = iter(score.frames), iter(score.other)
    return [next(sources[turn]) for turn in turns]


def _one_mutant(score: Score, random: Random) -> list[Sent]:
    """One frame mutated by an operator on single frames."""
    at, subject = random.choice([(at, subject) for at, subject in enumerate(score.subjects) if subject is not None])
    operator = random.choice([operator for operator in OPERATORS.values() if operator.applies(subject)])
    return _with(score, at, operator.mutate(subject, random))


def _cross_reference(score: Score, random: Random) -> list[Sent]:
    """A client's packet under the other connection's reference: ENC-10 discards it if it is another client's."""
    at, subject = random.choice(_those(score.subjects, inside))
    _, other = random.choice(_those(score.other_subjects, to_endpoint))
    return _with(score, at, subject.put_repaired(HEADER, other.frame[_REFERENCE]))


def _cross_packet(score: Score, random: Random) -> list[Sent]:
    """The other connection's packet under this one's reference."""
    at, subject = random.choice(_those(score.subjects, inside))
    _, other = random.choice(_those(score.other_subjects, inside))
    return _with(score, at, subject.frame[:INNER] + other.frame[INNER:])


def _cross_endpoint(score: Score, random: Random) -> list[Sent]:
    """A connection packet, or an acknowledgement, under the other connection's reference, with the checksum for it."""
    at, subject = random.choice(_those(score.subjects, _without_client_packet))
    _, other = random.choice(_those(score.other_subjects, to_one_router))
    return _with(score, at, subject.put_repaired(HEADER, other.frame[_REFERENCE]))


def _other_source(score: Score, random: Random) -> list[Sent]:
    """One frame from the router that sends the other connection's (TGT-12 wants the origin's MAC)."""
    at, subject = random.choice(_those(score.subjects, to_one_router))
    _, other = random.choice(_those(score.other_subjects, to_one_router))
    return _with(score, at, subject.put(_MACS.start, other.frame[_MACS]))


def _with(score: Score, at: int, octets: bytes) -> list[Sent]:
    """The sequence with another frame in one place."""
    return [*score.frames[:at], Sent(score.frames[at].lan, octets), *score.frames[at + 1 :]]


def _those(subjects: tuple[Subject | None, ...], applies: Callable[[Subject], bool]) -> list[tuple[int, Subject]]:
    return [(at, subject) for at, subject in enumerate(subjects) if subject is not None and applies(subject)]


def _without_client_packet(subject: Subject) -> bool:
    return to_one_router(subject) and not inside(subject)


def _any(score: Score) -> bool:
    return bool(score.frames)


def _several(score: Score) -> bool:
    return len(score.frames) > 1


def _two(score: Score) -> bool:
    return bool(score.frames and score.other)


def _right(score: Score) -> bool:
    return any(subject is not None for subject in score.subjects)


def _both(of: Callable[[Subject], bool], of_other: Callable[[Subject], bool]) -> Callable[[Score], bool]:
    return lambda score: bool(_those(score.subjects, of)) and bool(_those(score.other_subjects, of_other))


SEQUENCE_OPERATORS: dict[str, SequenceOperator] = {
    "repeat": SequenceOperator("TGT-3", _any, _repeat),
    "repeat-all": SequenceOperator("TGT-3", _any, _repeat_all),
    "stale-repeat": SequenceOperator("TGT-4", _several, _stale_repeat),
    "drop": SequenceOperator("TGT-12", _any, _drop),
    "cut-short": SequenceOperator("TGT-12", _several, _cut_short),
    "exchange": SequenceOperator("TAB-1", _several, _exchange),
    "shuffle": SequenceOperator("TAB-1", _several, _shuffle),
    "interleave": SequenceOperator("TAB-1", _two, _interleave),
    "one-mutant": SequenceOperator("ENC-1", _right, _one_mutant),
    "cross-reference": SequenceOperator("ENC-10", _both(inside, to_endpoint), _cross_reference),
    "cross-packet": SequenceOperator("ENC-10", _both(inside, inside), _cross_packet),
    "cross-endpoint": SequenceOperator("TGT-4", _both(_without_client_packet, to_one_router), _cross_endpoint),
    "other-source": SequenceOperator("TGT-12", _both(to_one_router, to_one_router), _other_source),
}
"""All of them by name."""
