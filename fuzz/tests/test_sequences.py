"""Operators on sequences: each does what its name says, and nothing to the frames that it is not about."""

from collections import Counter

import pytest
from frames_of import TARGET, TEMPLATES
from ipos_conformance.frames import Client, Lan
from ipos_fuzz.mutate import UnknownOperatorError
from ipos_fuzz.operators.sequences import SEQUENCE_OPERATORS, Score, Sent, sequence_mutants
from ipos_fuzz.subject import Subject
from ipos_spec import decode
from ipos_spec.addresses import ipv4
from ipos_spec.errors import InnerPacketError
from ipos_spec.packets import TcpConnectionPacket
from ipos_spec.requirements import registry

ONE, OTHER = Client(ipv4("198.51.100.7"), 40_001), Client(ipv4("198.51.100.8"), 40_002)
OTHER_MAC = TARGET.peer[1].mac
EXAMPLES = 60


def connection_of(client: Client, source: bytes) -> tuple[Sent, ...]:
    """A connection packet, two packets of the client, and what the client says on the first LAN."""
    order = ("tcp-connection", "tcp", "tcp", "segment")
    by_kind: dict[str, bytes] = {}
    for template in TEMPLATES:
        by_kind.setdefault(Subject.of(template.of(client)).shape.kind, template.of(client))
    frames = [by_kind[kind] for kind in order]
    return tuple(
        Sent(Lan.FIRST, frame) if frame[12:14] == b"\x08\x00" else Sent(Lan.SECOND, frame[:6] + source + frame[12:])
        for frame in frames
    )


SCORE = Score(connection_of(ONE, TARGET.peer[0].mac), connection_of(OTHER, OTHER_MAC))


def made_by(operator: str) -> list[list[Sent]]:
    return [mutant.frames for mutant in sequence_mutants(SCORE, EXAMPLES, 1, [operator])]


def replaced(frames: list[Sent]) -> Sent:
    """The one frame that is not as it was, everything else being in its place."""
    assert len(frames) == len(SCORE.frames)
    ((before, after),) = [pair for pair in zip(SCORE.frames, frames, strict=True) if pair[0] != pair[1]]
    assert after.lan is before.lan
    return after


def in_order(frames: list[Sent], among: list[Sent]) -> bool:
    rest = iter(among)
    return all(frame in rest for frame in frames)


def test_repeat_adds_copies_behind_a_frame() -> None:
    for frames in made_by("repeat"):
        assert len(frames) > len(SCORE.frames)
        assert set(frames) == set(SCORE.frames)
        assert in_order(list(SCORE.frames), frames)


def test_repeat_all_is_everything_twice() -> None:
    assert made_by("repeat-all")[0] == list(SCORE.frames) * 2


def test_stale_repeat_comes_behind_a_later_frame() -> None:
    for frames in made_by("stale-repeat"):
        (again,) = (Counter(frames) - Counter(SCORE.frames)).elements()
        last = len(frames) - 1 - frames[::-1].index(again)
        assert frames[last - 1] != again or SCORE.frames.count(again) > 1
        assert frames[:last] + frames[last + 1 :] == list(SCORE.frames)


def test_drop_and_cut_short_leave_the_rest_in_order() -> None:
    assert {len(frames) for frames in made_by("drop")} == {len(SCORE.frames) - 1}
    assert {len(frames) for frames in made_by("cut-short")} == {1, 2, 3}
    assert all(in_order(frames, list(SCORE.frames)) for frames in made_by("drop"))
    assert all(frames == list(SCORE.frames[: len(frames)]) for frames in made_by("cut-short"))


@pytest.mark.parametrize("operator", ["exchange", "shuffle"])
def test_reordering_keeps_every_frame(operator: str) -> None:
    made = made_by(operator)
    assert all(Counter(frames) == Counter(SCORE.frames) for frames in made)
    assert any(frames != list(SCORE.frames) for frames in made)


def test_interleave_keeps_the_order_of_both_connections() -> None:
    for frames in made_by("interleave"):
        assert Counter(frames) == Counter(SCORE.frames + SCORE.other)
        assert in_order(list(SCORE.frames), frames)
        assert in_order(list(SCORE.other), frames)


def test_cross_reference_is_refused_for_the_client_inside() -> None:
    for frames in [*made_by("cross-reference"), *made_by("cross-packet")]:
        with pytest.raises(InnerPacketError, match=r"inner\.source_ip"):
            decode(replaced(frames).octets)


def test_cross_endpoint_is_a_right_connection_packet_for_the_other_client() -> None:
    for frames in made_by("cross-endpoint"):
        packet = decode(replaced(frames).octets)
        assert isinstance(packet, TcpConnectionPacket)
        assert packet.header.reference[:2] == OTHER


def test_other_source_changes_the_mac_alone() -> None:
    for frames in made_by("other-source"):
        octets = replaced(frames).octets
        assert octets[6:12] == OTHER_MAC
        assert Subject.of(octets)


def test_one_mutant_changes_one_frame_at_most() -> None:
    for frames in made_by("one-mutant"):
        assert sum(before != after for before, after in zip(SCORE.frames, frames, strict=True)) <= 1


def test_all_operators_are_used_and_name_requirements_that_exist() -> None:
    assert {mutant.operator for mutant in sequence_mutants(SCORE, 500, 2)} == set(SEQUENCE_OPERATORS)
    assert {operator.requirement for operator in SEQUENCE_OPERATORS.values()} <= set(registry())


def test_same_seed_gives_the_same_sequences() -> None:
    assert list(sequence_mutants(SCORE, 50, 3)) == list(sequence_mutants(SCORE, 50, 3))
    assert list(sequence_mutants(SCORE, 50, 3)) != list(sequence_mutants(SCORE, 50, 4))


def test_damaged_frames_are_carried_along() -> None:
    damaged = Score((Sent(Lan.SECOND, b"\0" * 20),), SCORE.other)
    used = {mutant.operator for mutant in sequence_mutants(damaged, 100, 5)}
    assert used == {"repeat", "repeat-all", "drop", "interleave"}


@pytest.mark.parametrize("operators", [["explode"], ["cross-packet"]])
def test_operator_that_is_not_there_or_does_not_apply(operators: list[str]) -> None:
    with pytest.raises(UnknownOperatorError, match=operators[0]):
        next(sequence_mutants(Score(SCORE.frames), 1, 0, operators))
