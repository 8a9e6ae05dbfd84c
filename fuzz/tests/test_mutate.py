"""Operators keep what they promise: judged by the specification's codec, not by the operators' own code."""

import pytest
from ipos_fuzz import Mutant, mutants
from ipos_fuzz.mutate import OPERATORS, UnknownOperatorError
from ipos_fuzz.subject import Subject
from ipos_spec import DecodeError, decode, vectors
from ipos_spec.addresses import is_group_mac, is_unicast_ipv4
from ipos_spec.packets import Acknowledgement, Packet, TcpConnectionPacket, acknowledges
from ipos_spec.requirements import registry

APPLICABLE = [
    pytest.param(name, operator, id=f"{name} {operator}")
    for name, frame in vectors.FRAMES.items()
    for operator in OPERATORS
    if OPERATORS[operator].applies(Subject.of(frame))
]
EXAMPLES = 150


def reason_to_discard(frame: bytes) -> str | None:
    """The requirement by which any router discards the frame, or None if a router could take it."""
    try:
        packet = decode(frame)
    except DecodeError as error:
        return error.requirement
    if is_group_mac(packet.ethernet.destination):
        return "ENC-12"
    if is_group_mac(packet.ethernet.source) or not usable(packet):
        return "ENC-13"
    if isinstance(packet, TcpConnectionPacket) and packet.connection.control_block.refusal():
        return "TCB-2"
    if isinstance(packet, Acknowledgement) and not acknowledges(packet, vectors.PACKETS["tcp-connection"]):
        return "ENC-7"
    return None


def usable(packet: Packet) -> bool:
    header = packet.header
    addresses, ports = [header.source_ip, header.destination_ip], [header.source_port, header.destination_port]
    if hasattr(packet, "connection"):
        addresses.append(packet.connection.server_ip)
        ports.append(packet.connection.server_port)
    return all(map(is_unicast_ipv4, addresses)) and all(ports)


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_original_is_nothing_to_discard(name: str) -> None:
    """Holds the judge above to account."""
    assert reason_to_discard(vectors.FRAMES[name]) is None


@pytest.mark.parametrize(("name", "operator"), APPLICABLE)
def test_promise_is_kept(name: str, operator: str) -> None:
    for mutant in mutants(vectors.FRAMES[name], EXAMPLES, 1, [operator]):
        assert mutant.operator == operator
        assert mutant.must_be_discarded == OPERATORS[operator].must_be_discarded
        reason = reason_to_discard(mutant.frame)
        if mutant.must_be_discarded:
            assert reason is not None, mutant.frame.hex()
        if operator in ("padding", "reserved-octets"):
            assert reason is None, mutant.frame.hex()


@pytest.mark.parametrize(
    ("operator", "requirement"),
    [
        ("truncation", "ENC-8"),
        ("wrong-checksum", "ENC-7"),
        ("unknown-type", "ENC-4"),
        ("unknown-protocol", "ENC-5"),
        ("unusable-address", "ENC-13"),
        ("port-zero", "ENC-13"),
        ("refused-control-block", "TCB-2"),
        ("unquiet-control-block", "TCB-2"),
    ],
)
def test_operator_violates_what_it_names_and_nothing_before_it(operator: str, requirement: str) -> None:
    """The repaired checksum lets a mutant through to the check that it is meant for."""
    made = mutants(vectors.FRAMES["tcp-connection"], EXAMPLES, 2, [operator])
    assert {reason_to_discard(mutant.frame) for mutant in made} == {requirement}


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name.startswith("inner-")])
@pytest.mark.parametrize("name", ["tcp", "udp"])
def test_inner_operators_violate_enc_10_or_8(name: str, operator: str) -> None:
    made = list(mutants(vectors.FRAMES[name], EXAMPLES, 3, [operator]))
    assert {reason_to_discard(mutant.frame) for mutant in made} == {OPERATORS[operator].requirement}


def test_boundary_mutants_get_past_the_checksum() -> None:
    """Most of them: those that change type, protocol or checksum themselves don't."""
    made = [
        reason_to_discard(mutant.frame) for mutant in mutants(vectors.FRAMES["tcp-connection"], 300, 4, ["boundary"])
    ]
    assert made.count("ENC-7") < 20
    assert made.count(None) > 100


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_same_seed_gives_the_same_mutants_and_another_seed_others(name: str) -> None:
    frame = vectors.FRAMES[name]
    assert list(mutants(frame, 30, 7)) == list(mutants(frame, 30, 7))
    assert list(mutants(frame, 30, 7)) != list(mutants(frame, 30, 8))


def test_all_applicable_operators_are_used() -> None:
    used = {mutant.operator for name in vectors.FRAMES for mutant in mutants(vectors.FRAMES[name], 300, 5)}
    assert used == set(OPERATORS)


def test_every_mutant_differs_from_its_original_unless_a_boundary_is_already_there() -> None:
    for name, frame in vectors.FRAMES.items():
        for mutant in mutants(frame, 300, 6):
            assert mutant.frame != frame or not mutant.must_be_discarded, (name, mutant)


def test_operators_name_requirements_that_exist() -> None:
    assert {operator.requirement for operator in OPERATORS.values()} <= set(registry())


def test_invalid_original_is_refused() -> None:
    with pytest.raises(DecodeError):
        next(mutants(b"\0" * 60, 1, 0))


@pytest.mark.parametrize("operators", [["explode"], ["inner-version"]])
def test_operator_that_is_not_there_or_does_not_apply(operators: list[str]) -> None:
    with pytest.raises(UnknownOperatorError, match=operators[0]):
        next(mutants(vectors.FRAMES["acknowledgement"], 1, 0, operators))


def test_mutants_are_values() -> None:
    (mutant,) = mutants(vectors.FRAMES["udp"], 1, 0)
    assert mutant == Mutant(*mutant)
